// The password policy (protocol/authentication 2.7; requirements 1 to 4).
import { invalidParameter, ServiceError } from '../errors.ts'

/** A pool's policy for passwords. */
export type PasswordPolicy = {
  readonly minimumLength: number
  readonly requireUppercase: boolean
  readonly requireLowercase: boolean
  readonly requireNumbers: boolean
  readonly requireSymbols: boolean
  /** The number of last passwords, including the present one, that may not be used again; 0 or absent for none. */
  readonly passwordHistorySize?: number | undefined
  /** 0 means 7. */
  readonly temporaryPasswordValidityDays?: number | undefined
}

/** The words of an operation for a violation (protocol/authentication 2.7.3, 2.7.4). */
export type PolicyWording = 'policy' | 'password policy'

/** The default policy of a pool (protocol/administration 1.2). */
export const defaultPasswordPolicy: PasswordPolicy = {
  minimumLength: 8,
  requireUppercase: true,
  requireLowercase: true,
  requireNumbers: true,
  requireSymbols: true,
  temporaryPasswordValidityDays: 7,
}

const longest = 256

// A space counts as a symbol where it is neither first nor last; such passwords are refused before
// (protocol/authentication 2.7.2, 2.7.5).
const symbols = '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+- '

const violation = (policy: PasswordPolicy, password: string): string | undefined => {
  const characters = Array.from(password)
  const has = (test: (character: string) => boolean): boolean => characters.some(test)
  if (characters.length < policy.minimumLength) return 'Password not long enough'
  if (policy.requireUppercase && !has((c) => c >= 'A' && c <= 'Z')) return 'Password must have uppercase characters'
  if (policy.requireLowercase && !has((c) => c >= 'a' && c <= 'z')) return 'Password must have lowercase characters'
  if (policy.requireNumbers && !has((c) => c >= '0' && c <= '9')) return 'Password must have numeric characters'
  if (policy.requireSymbols && !has((c) => symbols.includes(c))) return 'Password must have symbol characters'
  return undefined
}

/**
 * Refuses a password that violates the policy of a pool. It names the first violation: length, upper case, lower case,
 * digits, symbols.
 *
 * @throws ServiceError InvalidPasswordException; InvalidParameterException for one that is too long, or begins or ends
 * with white space
 */
export const checkPassword = (policy: PasswordPolicy, password: string, wording: PolicyWording): void => {
  const constraint = (text: string): Error =>
    invalidParameter(`1 validation error detected: Value at 'password' failed to satisfy constraint: ${text}`)
  if (Array.from(password).length > longest) {
    throw constraint(`Member must have length less than or equal to ${longest}`)
  }
  if (/^\s|\s$/.test(password)) {
    throw constraint('Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$')
  }
  const found = violation(policy, password)
  if (found) throw new ServiceError('InvalidPasswordException', `Password did not conform with ${wording}: ${found}`)
}

const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
const lower = 'abcdefghijkmnpqrstuvwxyz'
const digits = '23456789'
const marks = '!#%*+-=?@_'

/** The source of randomness for a password. */
export type TextSource = { text(length: number, alphabet: string): string }

/** Makes a temporary password that satisfies the policy: at least 12 characters, one of every class, evenly drawn. */
export const makePassword = (policy: PasswordPolicy, random: TextSource): string => {
  const length = Math.max(12, policy.minimumLength)
  const everything = upper + lower + digits + marks
  const classes = [upper, lower, digits, marks]
  // Repeating until every class occurs keeps the choice even among such passwords.
  for (;;) {
    const password = random.text(length, everything)
    if (classes.every((characters) => Array.from(password).some((c) => characters.includes(c)))) return password
  }
}
