// Notices: a user is told by mail of what changed about the ways into the account, by whomever. Off until a pool switches
// them on. A notice leaves in the commit of its change, to the address that was verified before it, and holds nothing
// that opens anything (requirement 66; docs/decisions/notices.md).
import type { Context } from '../../context.ts'
import type { MfaPreference, Pool, User, Write } from '../../store/index.ts'
import { sendNotice } from './messages.ts'

/** Whether a pool tells its users. */
export const hasNotices = ({ settings }: Pool): boolean => settings.notices?.enabled === true

/** What is told of, in a few words as the subject and in a sentence. */
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

/** What a user is told of. */
export type Notice = keyof typeof texts

/**
 * Tells a user of a change, where the pool wants it and the user has a verified e-mail address.
 *
 * @param user - as it was before the change
 * @returns what belongs into the commit of the change
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
 * Tells of a password and of addresses that a change of the user's record replaces or takes away. A new e-mail address
 * is told too once it is verified.
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

// An administrator's temporary password in place of another is no password of the user's yet.
const passwordChanged = (before: User, after: User): boolean =>
  after.passwordHash !== before.passwordHash &&
  !(before.status === 'FORCE_CHANGE_PASSWORD' && after.status === 'FORCE_CHANGE_PASSWORD')

/** Tells of another choice of second factors. */
export const tellOfChoice = (context: Context, pool: Pool, before: User, after: MfaPreference): Write[] =>
  sameChoice(before.mfa, after) ? [] : tell(context, pool, before, 'second-factors')

const sameChoice = (a: MfaPreference, b: MfaPreference): boolean =>
  a.preferred === b.preferred &&
  (a.webAuthn ?? false) === (b.webAuthn ?? false) &&
  a.enabled.length === b.enabled.length &&
  a.enabled.every((factor) => b.enabled.includes(factor))
