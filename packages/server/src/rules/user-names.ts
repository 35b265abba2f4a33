// User names: their form, and how they are compared (protocol/authentication 2.1; protocol/administration 1.6).
import { invalidParameter } from '../errors.ts'

/** The settings of a pool that determine names. */
export type NameSettings = {
  readonly usernameAttributes?: readonly ('email' | 'phone_number')[] | undefined
  readonly aliasAttributes?: readonly ('email' | 'phone_number' | 'preferred_username')[] | undefined
  readonly usernameConfiguration?: { readonly caseSensitive: boolean } | undefined
}

/** The most characters of a user name (protocol/authentication 2.1.1). */
const longestName = 128

/** Whether a text is longer than a user name may be, in characters (code points). */
export const isTooLong = (name: string): boolean =>
  name.length > 2 * longestName || Array.from(name).length > longestName

/** Whether a text has the form of an e-mail address: one @ that is neither first nor last, no white space. */
export const isEmail = (text: string): boolean =>
  text.length <= 320 && /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(text) && !/[<>,;:"\\()[\]]/.test(text)

/** Whether a text is a phone number in E.164 form. */
export const isPhoneNumber = (text: string): boolean => /^\+[0-9]{1,15}$/.test(text)

/**
 * Folds a name for comparison in its pool. A pool without UsernameConfiguration is case-sensitive (protocol/authentication
 * 2.1.9).
 */
export const foldName = (settings: NameSettings, name: string): string =>
  settings.usernameConfiguration?.caseSensitive === false ? name.toLowerCase() : name

/** The kind of a user name. */
export type UsernameKind = 'username' | 'email' | 'phone_number'

const addressKind = (username: string): UsernameKind => {
  if (isEmail(username)) return 'email'
  return isPhoneNumber(username) ? 'phone_number' : 'username'
}

const signInForm = (attributes: readonly string[]): string => {
  if (attributes.length > 1) return 'Username should be either an email or a phone number.'
  return attributes[0] === 'email' ? 'Username should be an email.' : 'Username should be a phone number.'
}

/**
 * Checks the name of a new user.
 *
 * @returns the kind of the name; an address becomes the attribute of its kind
 * @throws ServiceError InvalidParameterException
 */
export const checkUsername = (settings: NameSettings, username: string): { kind: UsernameKind } => {
  const kind = addressKind(username)
  const signIn: readonly string[] = settings.usernameAttributes ?? []
  if (signIn.length > 0) {
    if (!signIn.includes(kind)) throw invalidParameter(signInForm(signIn))
    return { kind }
  }
  refuseAliasForm(settings, kind)
  return { kind: 'username' }
}

const refuseAliasForm = (settings: NameSettings, kind: UsernameKind): void => {
  const aliases: readonly string[] = settings.aliasAttributes ?? []
  if (kind === 'email' && aliases.includes('email')) {
    throw invalidParameter('Username cannot be of email format, since user pool is configured for email alias.')
  }
  if (kind === 'phone_number' && aliases.includes('phone_number')) {
    throw invalidParameter(
      'Username cannot be of phone number format, since user pool is configured for phone number alias.',
    )
  }
}

/**
 * Checks a preferred_username. If users sign in by it, it must have the form of a user name, so that no user can take
 * another's address as a name.
 *
 * @throws ServiceError InvalidParameterException
 */
export const checkPreferredUsername = (settings: NameSettings, value: string | undefined): void => {
  if (!value || !settings.aliasAttributes?.includes('preferred_username')) return
  if (isTooLong(value) || /[^\p{L}\p{M}\p{S}\p{N}\p{P}]/u.test(value)) {
    throw invalidParameter(`preferred_username must be a user name: up to ${longestName} characters, no white space.`)
  }
  refuseAliasForm(settings, addressKind(value))
}
