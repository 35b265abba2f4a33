// The form of a recovery code: twelve easily distinguished characters, in groups of four.

/** The letters and digits of Crockford's Base32, without I, L, O and U. A code has sixty bits. */
export const recoveryCodeAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The number of characters of a code, without hyphens. */
export const recoveryCodeLength = 12

/** A code with hyphens, for people. */
export const shownRecoveryCode = (code: string): string => code.match(/.{4}/g)?.join('-') ?? code

/** Reads a typed code: it ignores case, spaces and hyphens, and takes O for 0, and I and L for 1. */
export const readRecoveryCode = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
