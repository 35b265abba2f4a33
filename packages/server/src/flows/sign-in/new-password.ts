// NEW_PASSWORD_REQUIRED: the user replaces a temporary password and gives the attributes that are still missing
// (protocol/authentication 3.4).
import { invalidParameter, notAuthorized } from '../../errors.ts'
import { checkNewUserAttributes, checkWritable, readableAttributes } from '../../rules/attributes.ts'
import { checkPreferredUsername } from '../../rules/user-names.ts'
import { changeUser } from '../users/change-user.ts'
import { newCredentials } from '../users/passwords.ts'
import type { Answers, Attempt, Challenge } from './attempt.ts'

const prefix = 'userAttributes.'

const missingAttributes = ({ pool, user }: Attempt): string[] =>
  pool.settings.schemaAttributes
    .filter(({ name, required }) => required && name !== 'sub' && user.attributes[name] === undefined)
    .map(({ name }) => name)

const givenAttributes = (answers: Answers): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answers)
      .filter(([name, value]) => name.startsWith(prefix) && value !== '')
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )

const checkGiven = (attempt: Attempt, given: Record<string, string>): void => {
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

/** The challenge NEW_PASSWORD_REQUIRED. */
export const newPassword: Challenge = {
  ask: async (attempt) => {
    const { pool, client, user } = attempt
    const readable = readableAttributes(pool.settings.schemaAttributes, client.settings.readAttributes)
    const shown = Object.entries(user.attributes).filter(([name]) => readable.has(name))
    return {
      parameters: {
        USER_ID_FOR_SRP: user.username,
        requiredAttributes: JSON.stringify(missingAttributes(attempt).map((name) => prefix + name)),
        userAttributes: JSON.stringify(Object.fromEntries(shown)),
      },
    }
  },
  take: async (attempt, answers) => {
    const { context, pool, user } = attempt
    const password = answers['NEW_PASSWORD']
    if (!password) throw invalidParameter('Missing required parameter NEW_PASSWORD')
    const given = givenAttributes(answers)
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
