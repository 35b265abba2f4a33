// For tests of signing in: the steps of a sign-in at a pool, as an application takes them, and what comes of them.
import assert from 'node:assert/strict'
import { openPool, type PoolOptions, type UserPool } from '@poolkeeper/client'
import { enrol, type Authenticator } from './authenticator-app.ts'
import { addUser, goodPassword, hashOf, type PoolUnderTest } from './pool.ts'
import type {
  AdminInitiateAuthResponse,
  AuthenticationResultType,
  InitiateAuthRequest,
  InitiateAuthResponse,
  RespondToAuthChallengeRequest,
} from '../src/wire/model.gen.ts'

type Answers = Readonly<Record<string, string>>

/** The tokens of an answer; an empty refresh token where none came. */
export type GivenTokens = AuthenticationResultType & {
  readonly AccessToken: string
  readonly IdToken: string
  readonly RefreshToken: string
  readonly ExpiresIn: number
}

/** The tokens of an answer. @throws Error when it has none */
export const tokensOf = ({ AuthenticationResult: result, ChallengeName }: InitiateAuthResponse): GivenTokens => {
  if (!result) throw new Error(`no tokens, but ${ChallengeName}`)
  const { AccessToken = '', IdToken = '', RefreshToken = '', ExpiresIn = 0 } = result
  return { ...result, AccessToken, IdToken, RefreshToken, ExpiresIn }
}

/** The payload of a token, unverified. */
export const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/** Answers with the secret hash of their user name, where the client has a secret. */
const withHash = (at: PoolUnderTest, given: Answers): Answers => {
  const { SecretHash } = hashOf(at, given['USERNAME'] ?? '')
  return SecretHash === undefined ? given : { SECRET_HASH: SecretHash, ...given }
}

/** USER_AUTH. */
export const begin = (
  at: PoolUnderTest,
  parameters: Answers,
  members: Partial<InitiateAuthRequest> = {},
): Promise<InitiateAuthResponse> =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: withHash(at, parameters),
    ...members,
  })

/** USER_PASSWORD_AUTH with the good password. */
export const beginByPassword = (
  at: PoolUnderTest,
  USERNAME: string,
  PASSWORD: string = goodPassword,
): Promise<InitiateAuthResponse> => begin(at, { USERNAME, PASSWORD }, { AuthFlow: 'USER_PASSWORD_AUTH' })

/** ADMIN_USER_PASSWORD_AUTH with the good password. */
export const beginByAdmin = (
  at: PoolUnderTest,
  USERNAME: string,
  PASSWORD: string = goodPassword,
): Promise<AdminInitiateAuthResponse> =>
  at.server.call('AdminInitiateAuth', {
    UserPoolId: at.UserPoolId,
    ClientId: at.ClientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: withHash(at, { USERNAME, PASSWORD }),
  })

/** Signs in by password, to tokens. @throws Refused; Error when a challenge comes */
export const signIn = async (at: PoolUnderTest, username: string, password?: string): Promise<GivenTokens> =>
  tokensOf(await beginByPassword(at, username, password))

/** Adds a user who has an authenticator app and prefers it; the code of now is unspent. */
export const addUserWithApp = async (at: PoolUnderTest, username: string): Promise<Authenticator> => {
  await addUser(at, username)
  const { AccessToken } = await signIn(at, username)
  const authenticator = await enrol(at, AccessToken)
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await at.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings })
  at.server.advance(30)
  return authenticator
}

/** REFRESH_TOKEN_AUTH. */
export const refresh = (
  at: Pick<PoolUnderTest, 'server' | 'ClientId'>,
  REFRESH_TOKEN: string,
): Promise<InitiateAuthResponse> =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN },
  })

/** RespondToAuthChallenge. */
export const respond = (
  at: PoolUnderTest,
  ChallengeName: string,
  Session: string | undefined,
  answers: Answers,
  members: Partial<RespondToAuthChallengeRequest> = {},
): Promise<InitiateAuthResponse> =>
  at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: ChallengeName as RespondToAuthChallengeRequest['ChallengeName'],
    Session,
    ChallengeResponses: withHash(at, answers),
    ...members,
  })

/** The access token of an answer. */
export const accessTokenOf = ({ AuthenticationResult, ChallengeName }: InitiateAuthResponse): string => {
  assert.ok(AuthenticationResult?.AccessToken, `instead of tokens: ${ChallengeName}`)
  return AuthenticationResult.AccessToken
}

/** Session of a challenge, which must be this one. */
export const asked = (answer: InitiateAuthResponse, challenge: string): string => {
  assert.equal(answer.ChallengeName, challenge)
  return answer.Session ?? ''
}

/** The challenge that a password leads to. @throws Refused */
export const challengeOf = async (
  at: PoolUnderTest,
  USERNAME: string,
  PASSWORD: string,
): Promise<{ name: string; session: string }> => {
  const { ChallengeName, Session } = await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD },
  })
  return { name: ChallengeName ?? '', session: Session ?? '' }
}

/** The client package, in front of a pool. */
export const clientOf = (
  { server: { app, context }, UserPoolId, ClientId }: PoolUnderTest,
  more: Partial<PoolOptions> = {},
): UserPool =>
  openPool({
    userPoolId: UserPoolId,
    clientId: ClientId,
    endpoint: 'http://127.0.0.1:9229',
    fetch: (input, init) => app.fetch(new Request(input, init)),
    now: () => context.clock.now(),
    ...more,
  })
