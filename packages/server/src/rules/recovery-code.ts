// How a recovery code looks: twelve characters that are not mistaken for one another, in groups of four.

/** The letters and digits of Crockford's Base32: no I, L, O, U. Sixty bits a code. */
export const recoveryCodeAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Characters of a code, without hyphens. */
export const recoveryCodeLength = 12

/** A code as people read it. */
export const shownRecoveryCode = (code: string): string => code.match(/.{4}/g)?.join('-') ?? code

/** A code as it was typed, read as generously as the alphabet allows. */
export const readRecoveryCode = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
