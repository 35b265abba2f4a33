// Brings users over from another service: UserMigration is called for an unknown name, in a sign-in by password and in
// ForgotPassword, never in SRP. When it fails in any way, the caller gets the answer for an unknown name
// (protocol/administration 14.3, 14.4).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { releaseAliases, verifiedAddresses } from './aliases.ts'
import { addressTaken } from './change-user.ts'
import { claimNames } from './directory.ts'
import { findUser } from './find-user.ts'
import { newUser } from './new-user.ts'
import { migratedCredentials } from './passwords.ts'

type Metadata = Readonly<Record<string, string>>

/** A user who may come over. */
export type Migrating = {
  readonly pool: Pool
  readonly client: Client
  readonly username: string
  readonly clientMetadata: Metadata
  readonly validationData: Metadata
}

const response = {
  userAttributes: null,
  finalUserStatus: null,
  messageAction: null,
  desiredDeliveryMediums: null,
  forceAliasCreation: null,
  enableSMSMFA: null,
}

/**
 * Calls UserMigration for an unknown name that signs in by password. The password is stored without policy checks: the
 * function has verified it.
 *
 * @returns the user who came over, or undefined
 */
export const migrateSigningIn = async (
  context: RequestContext,
  migrating: Migrating & { readonly password: string },
): Promise<User | undefined> => {
  const { triggers } = context
  const { pool, client, username, password, validationData, clientMetadata } = migrating
  if (!triggers.has(pool, 'UserMigration')) return undefined
  return brought(context, migrating, async () => {
    const request = { password, validationData, clientMetadata }
    const call = { pool, clientId: client.id, username, source: 'Authentication', request, response }
    const answer = (await triggers.call('UserMigration', call)) ?? {}
    const draft = draftOf(context, migrating, answer)
    await store(context, migrating, { ...draft, ...(await migratedCredentials(context, draft, password)) }, answer)
  })
}

type Answer = Readonly<Record<string, unknown>>

const refused = (reason: string): ServiceError =>
  new ServiceError('InvalidLambdaResponseException', 'Unrecognizable lambda output', reason)

// The function may choose the user name only when the typed name is an alias of the user.
const nameOf = ({ pool, username }: Migrating, named: string | undefined, attributes: Metadata): string => {
  const isAlias = (pool.settings.aliasAttributes ?? []).some((name) => attributes[name] === username)
  if (named === undefined || named === username) return username
  if (isAlias) return named
  throw refused('the function names another user than the one who was typed')
}

const draftOf = (context: RequestContext, migrating: Migrating, answer: Answer): User => {
  // The types of all members were checked with the answer.
  const given = answer['userAttributes'] as Metadata | null | undefined
  if (!given) throw refused('the function gave no userAttributes')
  const { username: named, ...attributes } = given
  const status = answer['finalUserStatus'] === 'CONFIRMED' ? 'CONFIRMED' : 'RESET_REQUIRED'
  const username = nameOf(migrating, named, attributes)
  const draft = newUser(context, migrating.pool, { username, attributes, status, requireAll: true })
  if (answer['enableSMSMFA'] !== true) return draft
  if (!draft.attributes['phone_number']) throw refused('enableSMSMFA needs a phone_number')
  return { ...draft, mfa: { ...draft.mfa, enabled: ['sms'] } }
}

const store = async (context: RequestContext, { pool }: Migrating, user: User, answer: Answer): Promise<void> => {
  const force = answer['forceAliasCreation'] === true
  await context.store.commit([
    ...(force ? await releaseAliases(context, pool, user, verifiedAddresses(user.attributes)) : []),
    ...claimNames(context, pool, user, addressTaken),
    ...context.store.users.add(user),
  ])
}

const note = ({ log }: RequestContext, { client }: Migrating, error: ServiceError): void =>
  log.warn(
    { error: error.name, message: error.message, reason: error.reason },
    `Exception migrating user in app client ${client.id}`,
  )

// Two requests may bring the same user over at once; the later one finds the user that the other has stored.
const brought = async (
  context: RequestContext,
  migrating: Migrating,
  bring: () => Promise<void>,
): Promise<User | undefined> => {
  try {
    await bring()
  } catch (error) {
    if (!(error instanceof ServiceError) || error.name === 'TooManyRequestsException') throw error
    note(context, migrating, error)
  }
  return findUser(context, migrating.pool, migrating.username)
}

/**
 * Calls UserMigration for an unknown name in ForgotPassword. A user without a verified address for the code is not
 * brought over.
 *
 * @returns the user who came over, or undefined
 */
export const migrateForgotten = async (
  context: RequestContext,
  forgotten: Omit<Migrating, 'validationData'>,
): Promise<User | undefined> => {
  const { triggers } = context
  const { pool, client, username, clientMetadata } = forgotten
  if (!triggers.has(pool, 'UserMigration')) return undefined
  const migrating = { ...forgotten, validationData: {} }
  return brought(context, migrating, async () => {
    const request = { validationData: {}, clientMetadata }
    const call = { pool, clientId: client.id, username, source: 'ForgotPassword', request, response }
    const answer = (await triggers.call('UserMigration', call)) ?? {}
    const draft = draftOf(context, migrating, answer)
    if (verifiedAddresses(draft.attributes).length === 0) throw invalidParameter('no verified address', 'no code')
    await store(context, migrating, draft, answer)
  })
}
