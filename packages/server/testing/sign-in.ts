// For tests of signing in: a server with one pool, one app client, and users who have passwords and authenticator
// apps. Everything goes over the wire.
import type { TestContext } from 'node:test'
import { openPool, type PoolOptions, type UserPool } from '@poolkeeper/client'
import { decodeBase32 } from '../src/rules/base32.ts'
import { totpCode, totpStep } from '../src/rules/totp.ts'
import { makeTestApp, type TestApp, type TestOptions } from './app.ts'
import type { Inputs, InitiateAuthResponse } from '../src/wire/model.gen.ts'

/** The password of every user, unless a test says otherwise. */
export const password = 'Correct-horse-7'

/** What an authenticator app knows, and shows. */
export type Authenticator = {
  readonly secret: string
  /** The code of now, or of so many time steps away. */
  code(stepsAway?: number): string
}

/** The tokens of an answer; an empty refresh token where none came. */
export type GivenTokens = {
  readonly AccessToken: string
  readonly IdToken: string
  readonly RefreshToken: string
  readonly ExpiresIn: number
}

/** A server with a pool, an app client, and what its users do. */
export type SignInServer = TestApp & {
  readonly poolId: string
  readonly clientId: string
  /** Adds a confirmed user. @returns the `sub` */
  addUser(username: string): Promise<string>
  /** USER_PASSWORD_AUTH. */
  start(username: string, given?: string): Promise<InitiateAuthResponse>
  /** ADMIN_USER_PASSWORD_AUTH. */
  adminStart(username: string, given?: string): Promise<InitiateAuthResponse>
  /** RespondToAuthChallenge. */
  answer(challenge: string, session: string, responses: Record<string, string>): Promise<InitiateAuthResponse>
  /** Signs in where a password is enough. */
  signIn(username: string, given?: string): Promise<GivenTokens>
  /** Gives a signed-in user an authenticator app, which is verified with the code of now. */
  enrol(accessToken: string): Promise<Authenticator>
  /** Adds a user who has an authenticator app and prefers it; the code of now is unspent. */
  addUserWithApp(username: string): Promise<Authenticator>
  /** An authenticator app that holds a secret. */
  appOf(secret: string): Authenticator
  /** REFRESH_TOKEN_AUTH. */
  refresh(refreshToken: string): Promise<InitiateAuthResponse>
  setMfa(mfa: 'OFF' | 'OPTIONAL' | 'ON'): Promise<void>
}

/** The client package, in front of a server. */
export const clientOf = (
  { app, context, poolId, clientId }: Pick<SignInServer, 'app' | 'context' | 'poolId' | 'clientId'>,
  more: Partial<PoolOptions> = {},
): UserPool =>
  openPool({
    userPoolId: poolId,
    clientId,
    endpoint: 'http://127.0.0.1:9229',
    fetch: (input, init) => app.fetch(new Request(input, init)),
    now: () => context.clock.now(),
    ...more,
  })

/** What a test of signing in may choose. */
export type SignInOptions = {
  readonly mfa?: 'OFF' | 'OPTIONAL' | 'ON'
  readonly pool?: Partial<Inputs['CreateUserPool']>
  readonly client?: Partial<Inputs['CreateUserPoolClient']>
}

/** Every flow that a client may be permitted and this server knows without triggers. */
export const everyFlow: NonNullable<Inputs['CreateUserPoolClient']['ExplicitAuthFlows']> = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
]

/** The tokens of an answer. @throws Error when it has none */
export const tokensOf = ({ AuthenticationResult: result, ChallengeName }: InitiateAuthResponse): GivenTokens => {
  if (!result) throw new Error(`no tokens, but ${ChallengeName}`)
  const { AccessToken = '', IdToken = '', RefreshToken = '', ExpiresIn = 0 } = result
  return { AccessToken, IdToken, RefreshToken, ExpiresIn }
}

/** The payload of a token, unverified. */
export const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/** What users do on a server that has their pool and client already. */
export const signInServer = (app: TestApp, poolId: string, clientId: string): SignInServer => {
  const { call } = app
  const UserPoolId = poolId
  const ClientId = clientId
  const credentials = (USERNAME: string, PASSWORD: string) => ({ AuthParameters: { USERNAME, PASSWORD } })
  const start: SignInServer['start'] = (username, given = password) =>
    call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', ...credentials(username, given) })
  const appOf: SignInServer['appOf'] = (secret) => ({
    secret,
    code: (stepsAway = 0) => totpCode(decodeBase32(secret), totpStep(app.context.clock.now()) + stepsAway),
  })
  const addUser: SignInServer['addUser'] = async (Username) => {
    const { User } = await call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
    await call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
    return User?.Attributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
  }
  const signIn: SignInServer['signIn'] = async (username, given = password) => tokensOf(await start(username, given))
  const enrol: SignInServer['enrol'] = async (AccessToken) => {
    const { SecretCode = '' } = await call('AssociateSoftwareToken', { AccessToken })
    const authenticator = appOf(SecretCode)
    await call('VerifySoftwareToken', { AccessToken, UserCode: authenticator.code() })
    return authenticator
  }
  return {
    ...app,
    poolId,
    clientId,
    addUser,
    start,
    adminStart: (username, given = password) =>
      call('AdminInitiateAuth', {
        UserPoolId,
        ClientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        ...credentials(username, given),
      }),
    answer: (challenge, Session, ChallengeResponses) =>
      call('RespondToAuthChallenge', {
        ClientId,
        ChallengeName: challenge as Inputs['RespondToAuthChallenge']['ChallengeName'],
        Session,
        ChallengeResponses,
      }),
    signIn,
    enrol,
    addUserWithApp: async (username) => {
      await addUser(username)
      const { AccessToken } = await signIn(username)
      const authenticator = await enrol(AccessToken)
      const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
      await call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings })
      app.advance(30)
      return authenticator
    },
    appOf,
    refresh: (REFRESH_TOKEN) =>
      call('InitiateAuth', { ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN } }),
    setMfa: async (mfa) => {
      const factors = mfa === 'OFF' ? {} : { SoftwareTokenMfaConfiguration: { Enabled: true } }
      await call('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: mfa, ...factors })
    },
  }
}

/** Makes a pool and an app client on a server. */
export const addSignInPool = async (app: TestApp, options: SignInOptions = {}): Promise<SignInServer> => {
  const { UserPool } = await app.call('CreateUserPool', { PoolName: 'tests', ...options.pool })
  const UserPoolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'tests',
    ExplicitAuthFlows: everyFlow,
    ...options.client,
  })
  const server = signInServer(app, UserPoolId, UserPoolClient?.ClientId ?? '')
  if (options.mfa) await server.setMfa(options.mfa)
  return server
}

/** Starts a server with a pool and an app client; closed after the test. */
export const makeSignInServer = async (
  t: TestContext,
  options: SignInOptions & TestOptions = {},
): Promise<SignInServer> => addSignInPool(await makeTestApp(t, options), options)
