// The user replaces a temporary password and gives the attributes that are still missing
// (protocol/authentication 3.4).
import { invalidParameter, notAuthorized } from '../../errors.ts'
import { checkNewUserAttributes, checkWritable, readableAttributes } from '../../rules/attributes.ts'
import { checkPreferredUsername } from '../../rules/user-names.ts'
import { changeUser } from '../users/change-user.ts'
import { newCredentials } from '../users/passwords.ts'
import type { Attempt, Challenge } from './attempt.ts'
import { required } from './field-fault.ts'

type Attributes = Readonly<Record<string, string>>

/** The challenge of a new password. */
export const newPassword: Challenge<'new-password'> = {
  issue: async (attempt) => {
    const { pool, client, user } = attempt
    const readable = readableAttributes(pool.settings.schemaAttributes, client.settings.readAttributes)
    const shown = Object.entries(user.attributes).filter(([name]) => readable.has(name))
    return { told: { missing: missingAttributes(attempt), attributes: Object.fromEntries(shown) }, state: undefined }
  },
  take: async (attempt, { password, attributes: given }) => {
    const { context, pool, user } = attempt
    required(password, 'new-password')
    checkGiven(attempt, given)
    const credentials = await newCredentials(context, pool, user, password)
    const changed = changeUser(context, pool, user, {
      ...credentials,
      status: 'CONFIRMED',
      temporaryUntil: undefined,
      attributes: { ...user.attributes, ...given },
    })
    return { user: changed.user, writes: changed.writes, source: 'NewPasswordChallenge' }
  },
}

const missingAttributes = ({ pool, user }: Attempt): string[] =>
  pool.settings.schemaAttributes
    .filter(({ name, required: isRequired }) => isRequired && name !== 'sub' && user.attributes[name] === undefined)
    .map(({ name }) => name)

const checkGiven = (attempt: Attempt, given: Attributes): void => {
  const { pool, client, user } = attempt
  for (const name of missingAttributes(attempt)) {
    if (!given[name]) throw invalidParameter(`Invalid attributes given, ${name} is missing`)
  }
  checkWritable(pool.settings.schemaAttributes, client.settings.writeAttributes, Object.keys(given))
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(user.attributes, name)) throw notAuthorized(`Cannot modify an already provided ${name}`)
  }
  checkNewUserAttributes(pool.settings.schemaAttributes, given, { requireAll: false })
  checkPreferredUsername(pool.settings, given['preferred_username'])
}
