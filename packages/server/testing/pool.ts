// For tests of users: a pool with an app client, users in every state, and refusals compared by name and words.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { secretHash } from '../src/rules/secret-hash.ts'
import { makeTestApp, Refused, type TestApp, type TestOptions } from './app.ts'
import type { AdminGetUserResponse, CreateUserPoolClientRequest, CreateUserPoolRequest } from '../src/wire/model.gen.ts'

/** A pool and its app client on a server. */
export type PoolUnderTest = {
  readonly server: TestApp
  readonly UserPoolId: string
  readonly ClientId: string
  /** Of a confidential client. */
  readonly secret: string | undefined
}

/** What a test chooses of pool and client. */
export type PoolChoice = {
  /** Whether the pool asks for a second factor: the code of an authenticator app. */
  readonly mfa?: 'OFF' | 'OPTIONAL' | 'ON'
  readonly pool?: Partial<CreateUserPoolRequest>
  readonly client?: Partial<CreateUserPoolClientRequest>
}

/** A password that the default policy takes. */
export const goodPassword = 'Correct-horse-7'

/** Another. */
export const otherPassword = 'Battery-staple-8'

/** Every flow that a client may be permitted and a server knows without triggers. */
export const everyFlow: NonNullable<CreateUserPoolClientRequest['ExplicitAuthFlows']> = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
]

/** A pool and a public client that are there already. */
export const poolOn = (server: TestApp, UserPoolId: string, ClientId: string): PoolUnderTest => ({
  server,
  UserPoolId,
  ClientId,
  secret: undefined,
})

/** A pool at another server of the same database. */
export const onServer = (server: TestApp, at: PoolUnderTest): PoolUnderTest => ({ ...at, server })

/** Makes another client of a pool. */
export const addClient = async (
  at: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  client: Partial<CreateUserPoolClientRequest> = {},
): Promise<PoolUnderTest> => {
  const { server, UserPoolId } = at
  const { UserPoolClient } = await server.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'app',
    ExplicitAuthFlows: everyFlow,
    ...client,
  })
  return { server, UserPoolId, ClientId: UserPoolClient?.ClientId ?? '', secret: UserPoolClient?.ClientSecret }
}

/** Says whether a pool asks for the code of an authenticator app. */
export const setMfa = async (
  { server, UserPoolId }: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  mfa: NonNullable<PoolChoice['mfa']>,
): Promise<void> => {
  const factors = mfa === 'OFF' ? {} : { SoftwareTokenMfaConfiguration: { Enabled: true } }
  await server.call('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: mfa, ...factors })
}

/** Makes a pool that verifies e-mail addresses, and a client with every password flow. */
export const addPool = async (server: TestApp, { mfa, pool, client }: PoolChoice = {}): Promise<PoolUnderTest> => {
  const { UserPool } = await server.call('CreateUserPool', {
    PoolName: 'pool',
    AutoVerifiedAttributes: ['email'],
    ...pool,
  })
  const at = await addClient({ server, UserPoolId: UserPool?.Id ?? '' }, client)
  if (mfa) await setMfa(at, mfa)
  return at
}

/** A server on an in-memory SQLite with one such pool; closed after the test. */
export const startPool = async (
  t: TestContext,
  choice: PoolChoice = {},
  options: TestOptions = {},
): Promise<PoolUnderTest> => {
  const server = await makeTestApp(t, options)
  return addPool(server, choice)
}

/** Attributes as the wire lists them. */
export const listed = (attributes: Readonly<Record<string, string>>): { Name: string; Value: string }[] =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))

/** Attributes of an answer as a record. */
export const recordOf = (
  list: readonly { Name: string; Value?: string | undefined }[] | undefined,
): Record<string, string> => Object.fromEntries((list ?? []).map(({ Name, Value }) => [Name, Value ?? '']))

/** The secret hash of a name, as a member of an input; nothing for a public client. */
export const hashOf = (at: PoolUnderTest, username: string): { SecretHash?: string } =>
  at.secret === undefined ? {} : { SecretHash: secretHash(username, at.ClientId, at.secret) }

/** Signs a user up with the good password. */
export const signUpUser = async (
  at: PoolUnderTest,
  Username: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const { UserSub } = await at.server.call('SignUp', {
    ClientId: at.ClientId,
    Username,
    Password: goodPassword,
    UserAttributes: listed(attributes),
    ...hashOf(at, Username),
  })
  return UserSub
}

/** A confirmed user with the good password, made by an administrator; nothing is sent. */
export const addUser = async (
  at: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  Username: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const { server, UserPoolId } = at
  const { User } = await server.call('AdminCreateUser', {
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: listed(attributes),
  })
  await server.call('AdminSetUserPassword', { UserPoolId, Username, Password: goodPassword, Permanent: true })
  return recordOf(User?.Attributes)['sub'] ?? ''
}

/** A confirmed user whose e-mail address is verified. */
export const addVerifiedUser = (
  at: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  Username: string,
  email: string = `${Username}@example.com`,
): Promise<string> => addUser(at, Username, { email, email_verified: 'true' })

/** A user as an administrator sees it. */
export const userOf = async (
  at: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  Username: string,
): Promise<Omit<AdminGetUserResponse, 'UserAttributes'> & { attributes: Record<string, string> }> => {
  const { UserAttributes, ...user } = await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username })
  return { ...user, attributes: recordOf(UserAttributes) }
}

/** A refusal in one line. */
export const said = (error: unknown): string => {
  if (error instanceof Refused) return `${error.name}: ${error.message}`
  throw error
}

/** Asserts that a request is refused with exactly this name and these words. */
export const refused = async (request: Promise<unknown>, expected: string): Promise<void> => {
  const answer = await request.then(
    (result) => `no refusal but ${JSON.stringify(result)}`,
    (error: unknown) => said(error),
  )
  assert.equal(answer, expected)
}

/** A code of six digits that is another than this one. */
export const wrongCode = (code: string): string => (code === '000000' ? '000001' : '000000')

/** Refusals that many tests expect. */
export const refusals = {
  mismatch: 'CodeMismatchException: Invalid verification code provided, please try again.',
  expired: 'ExpiredCodeException: Invalid code provided, please request a code again.',
  incorrect: 'NotAuthorizedException: Incorrect username or password.',
  locked: 'NotAuthorizedException: Password attempts exceeded',
  limit: 'LimitExceededException: Attempt limit exceeded, please try after some time.',
  noUser: 'UserNotFoundException: User does not exist.',
  unwritable: 'NotAuthorizedException: A client attempted to write unauthorized attribute',
} as const
