// Notices: mail to a user when a credential or address of the account changes, whoever changed it. They are off until a
// pool switches them on. The commit of the change also adds the notice, to the address that was verified before the
// change; a notice holds no code, link or secret (requirement 66; docs/decisions/notices.md).
import type { Context } from '../../context.ts'
import type { MfaPreference, Pool, User, Write } from '../../store/index.ts'
import { sendNotice } from './messages.ts'

/** Whether a pool sends notices. */
export const hasNotices = ({ settings }: Pool): boolean => settings.notices?.enabled === true

/** The kinds of notice, each with the subject and the sentence of its mail. */
const texts = {
  password: ['Your password was changed', 'the password was changed'],
  email: ['Your e-mail address was changed', 'the e-mail address was changed'],
  phone_number: ['Your phone number was changed', 'the phone number was changed'],
  'second-factors': ['Your second factor was changed', 'the choice of second factors was changed'],
  'authenticator-set-up': ['An authenticator app was set up', 'an authenticator app was set up'],
  'authenticator-removed': ['Your authenticator app was removed', 'the authenticator app was removed'],
  'passkey-added': ['A passkey was added', 'a passkey was added'],
  'passkey-removed': ['A passkey was removed', 'a passkey was removed'],
  'recovery-codes-made': ['New recovery codes were made', 'new recovery codes were made'],
  'recovery-codes-removed': ['Your recovery codes were removed', 'the recovery codes were removed'],
  'recovery-code-used': ['A recovery code was used', 'somebody signed in with a recovery code'],
} as const

/** A kind of notice. */
export type Notice = keyof typeof texts

/**
 * Sends a notice of a change, when the pool sends notices and the user has a verified e-mail address.
 *
 * @param user - the user before the change
 * @returns the writes for the commit of the change
 */
export const tell = (context: Context, pool: Pool, user: User, notice: Notice): Write[] => {
  const address = hasNotices(pool) ? verifiedEmail(user) : undefined
  return address === undefined ? [] : [noticeTo(context, pool, user, notice, address)]
}

const verifiedEmail = ({ attributes }: User): string | undefined =>
  attributes['email_verified'] === 'true' ? attributes['email'] || undefined : undefined

const noticeTo = (context: Context, pool: Pool, user: User, notice: Notice, address: string): Write => {
  const [subject, happened] = texts[notice]
  const when = new Date(context.clock.now()).toISOString().slice(0, 16).replace('T', ' ')
  const body = `This is about your account {username}: ${happened} on ${when} (UTC). If this is news to you, ask those who run the service for help at once.`
  return sendNotice(context, { pool, user, address, subject, body })
}

/**
 * Sends notices of a password and of addresses that a change of the user's record replaces or removes. A new e-mail
 * address gets a notice too, once it is verified.
 */
export const tellOfChange = (context: Context, pool: Pool, before: User, after: User): Write[] => {
  if (!hasNotices(pool)) return []
  const addresses = (['email', 'phone_number'] as const).filter(
    (name) => before.attributes[name] !== after.attributes[name],
  )
  const changed: Notice[] = passwordChanged(before, after) ? ['password', ...addresses] : addresses
  const fresh = before.attributes['email'] && addresses.includes('email') ? verifiedEmail(after) : undefined
  return [
    ...changed.flatMap((notice) => tell(context, pool, before, notice)),
    ...(fresh === undefined ? [] : [noticeTo(context, pool, after, 'email', fresh)]),
  ]
}

// A temporary password that replaces another one is not yet the user's own password: it causes no notice.
const passwordChanged = (before: User, after: User): boolean =>
  after.passwordHash !== before.passwordHash &&
  !(before.status === 'FORCE_CHANGE_PASSWORD' && after.status === 'FORCE_CHANGE_PASSWORD')

/** Sends a notice when the choice of second factors changes. */
export const tellOfChoice = (context: Context, pool: Pool, before: User, after: MfaPreference): Write[] =>
  sameChoice(before.mfa, after) ? [] : tell(context, pool, before, 'second-factors')

const sameChoice = (a: MfaPreference, b: MfaPreference): boolean =>
  a.preferred === b.preferred &&
  (a.webAuthn ?? false) === (b.webAuthn ?? false) &&
  a.enabled.length === b.enabled.length &&
  a.enabled.every((factor) => b.enabled.includes(factor))
