// A sign-in from its first request to its tokens: a challenge becomes a state, and the client answers those challenges
// itself that need no user (the SRP proof, the secret of a new authenticator; protocol/authentication 3, 4, 5.2).
import { call, PoolError } from './call.ts'
import { hashAs, type Context } from './context.ts'
import { otpauthUri } from './otpauth.ts'
import { srpKeys, srpSignature, srpTimestamp, type SrpKeys } from './srp.ts'
import type { Factor, FirstFactor, OpenState, SentTo, State, States } from './state.ts'

type Strings = Readonly<Record<string, string>>

/** The answer of InitiateAuth and RespondToAuthChallenge. */
export type AuthAnswer = {
  readonly ChallengeName?: string
  readonly ChallengeParameters?: Strings
  readonly Session?: string
  readonly AvailableChallenges?: readonly string[]
  readonly AuthenticationResult?: {
    readonly AccessToken: string
    readonly IdToken: string
    readonly RefreshToken?: string
    readonly ExpiresIn: number
  }
}

/** A sign-in that waits for an answer. */
export type Pending = { readonly username: string; readonly userId: string; readonly session: string }

/** Proves a password when the service asks. */
type Proof = { readonly keys: SrpKeys; readonly password: string }

/** Our names of factors, by the names of the service. */
const factors: Readonly<Record<string, Factor>> = {
  SOFTWARE_TOKEN_MFA: 'totp',
  SMS_MFA: 'sms',
  EMAIL_OTP: 'email',
}
const firstFactors: Readonly<Record<string, FirstFactor>> = {
  PASSWORD_SRP: 'password',
  PASSWORD: 'password',
  EMAIL_OTP: 'email',
  SMS_OTP: 'sms',
  WEB_AUTHN: 'passkey',
}

const named = <Name>(table: Readonly<Record<string, Name>>, names: readonly string[]): Name[] => [
  ...new Set(names.flatMap((name) => (Object.hasOwn(table, name) ? [table[name] as Name] : []))),
]

/** The service's factors by our names; unknown factors are left out. */
export const factorsOf = (names: readonly string[]): Factor[] => named(factors, names)

const nameIn = <Name>(table: Readonly<Record<string, Name>>, choice: Name): string =>
  Object.keys(table).find((name) => table[name] === choice) ?? ''

const list = (json: string | undefined): string[] => JSON.parse(json ?? '[]') as string[]

/** The delivery of a code, from the service's answer. */
export const sentTo = (destination: string | undefined, medium: string | undefined): SentTo => ({
  destination: destination ?? '',
  medium: medium === 'SMS' ? 'sms' : 'email',
})

/** The state in which a sign-in starts, or starts again. */
export const startOf = ({ flow }: Context, username: string): States['password' | 'start'] =>
  flow === 'choice' || flow === 'custom' ? { step: 'start', username } : { step: 'password', username }

/** The signed-in state of an answer with tokens. @param before - the refresh token to keep if the answer has none */
export const signedIn = (
  { open }: Context,
  username: string,
  { AuthenticationResult: result }: AuthAnswer,
  before = '',
): States['signed-in'] | undefined =>
  result && {
    step: 'signed-in',
    username,
    tokens: {
      accessToken: result.AccessToken,
      idToken: result.IdToken,
      refreshToken: result.RefreshToken ?? before,
      expiresAt: open.now() + result.ExpiresIn * 1000,
    },
  }

// The Admin operations take the same members, and the pool's id.
const authenticate = (
  { signed, clientId, userPoolId }: Context,
  operation: string,
  input: object,
): Promise<AuthAnswer> =>
  signed.credentials
    ? call(signed, `Admin${operation}`, { ...input, ClientId: clientId, UserPoolId: userPoolId })
    : call(signed, operation, { ...input, ClientId: clientId })

/** (Admin)InitiateAuth. */
const initiate = (context: Context, flow: string, parameters: Strings): Promise<AuthAnswer> =>
  authenticate(context, 'InitiateAuth', { AuthFlow: flow, AuthParameters: parameters })

/** Answers a challenge. @returns the next state */
export const respond = async (
  context: Context,
  pending: Pending,
  challenge: string,
  responses: Strings,
  proof?: Proof,
): Promise<State> => {
  const { userId: USERNAME, session } = pending
  const answer = await authenticate(context, 'RespondToAuthChallenge', {
    ChallengeName: challenge,
    ChallengeResponses: { ...responses, USERNAME, ...(await hashAs(context, 'SECRET_HASH', USERNAME)) },
    Session: session || undefined,
  })
  return settle(context, pending, answer, proof)
}

/** Answers the challenge of a second factor with a recovery code, an extension of Poolkeeper. @returns the next state */
export const recover = async (context: Context, pending: Pending, RecoveryCode: string): Promise<State> => {
  const { userId: Username, session: Session } = pending
  const { clientId: ClientId, open } = context
  const secret = await hashAs(context, 'SecretHash', Username)
  const input = { ClientId, Username, Session, RecoveryCode, ...secret }
  return settle(context, pending, await call<AuthAnswer>(open, 'Poolkeeper.RespondWithRecoveryCode', input))
}

const provePassword = async (context: Context, pending: Pending, asked: Strings, proof: Proof): Promise<State> => {
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = asked
  const timestamp = srpTimestamp(context.open.now())
  const { poolName } = context
  const signature = await srpSignature({ ...proof, poolName, userId: pending.userId, salt, B, secretBlock, timestamp })
  return respond(context, pending, 'PASSWORD_VERIFIER', {
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: signature,
    TIMESTAMP: timestamp,
  })
}

const setUp = async (context: Context, pending: Pending): Promise<State> => {
  const { SecretCode: secret, Session: session } = await call<{ SecretCode: string; Session: string }>(
    context.open,
    'AssociateSoftwareToken',
    { Session: pending.session },
  )
  return { step: 'set-up-totp', ...pending, session, ...authenticator(context, pending.username, secret) }
}

/** The secret for an authenticator app, and its URI. */
export const authenticator = (
  { issuer }: Context,
  account: string,
  secret: string,
): { secret: string; uri: string } => ({
  secret,
  uri: otpauthUri({ issuer, account, secret }),
})

type Ask = (pending: Pending, asked: Strings, answer: AuthAnswer) => OpenState

const codeSent =
  (challenge: States['enter-code']['challenge']): Ask =>
  (pending, asked) => ({
    step: 'enter-code',
    ...pending,
    challenge,
    sentTo: sentTo(asked['CODE_DELIVERY_DESTINATION'], asked['CODE_DELIVERY_DELIVERY_MEDIUM']),
  })

/** The states that follow directly from a challenge. */
const asks: Readonly<Record<string, Ask>> = {
  NEW_PASSWORD_REQUIRED: (pending, asked) => ({
    step: 'new-password',
    ...pending,
    requiredAttributes: list(asked['requiredAttributes']).map((name) => name.replace('userAttributes.', '')),
    attributes: JSON.parse(asked['userAttributes'] ?? '{}') as Strings,
  }),
  SOFTWARE_TOKEN_MFA: (pending, { FRIENDLY_DEVICE_NAME: device }) => ({
    step: 'enter-totp',
    ...pending,
    ...(device !== undefined && { device }),
  }),
  SMS_MFA: codeSent('SMS_MFA'),
  SMS_OTP: codeSent('SMS_OTP'),
  EMAIL_OTP: codeSent('EMAIL_OTP'),
  SELECT_MFA_TYPE: (pending, asked) => ({
    step: 'select-mfa',
    ...pending,
    choices: factorsOf(list(asked['MFAS_CAN_CHOOSE'])),
  }),
  SELECT_CHALLENGE: (pending, _, answer) => ({
    step: 'select-challenge',
    ...pending,
    choices: named(firstFactors, answer.AvailableChallenges ?? []),
  }),
  WEB_AUTHN: (pending, asked) => ({
    step: 'use-passkey',
    ...pending,
    options: JSON.parse(asked['CREDENTIAL_REQUEST_OPTIONS'] ?? '{}') as unknown,
  }),
  CUSTOM_CHALLENGE: (pending, asked) => ({ step: 'custom-challenge', ...pending, parameters: asked }),
}

/** The state that an answer of the service leads to. @throws PoolError for a challenge this client does not know */
export const settle = async (
  context: Context,
  before: Pick<Pending, 'username'> & Partial<Pending>,
  answer: AuthAnswer,
  proof?: Proof,
): Promise<State> => {
  const { username } = before
  const done = signedIn(context, username, answer)
  if (done) return done
  const { ChallengeName: challenge = '', ChallengeParameters: asked = {}, Session: session = '' } = answer
  const userId = asked['USER_ID_FOR_SRP'] ?? asked['USERNAME'] ?? before.userId ?? username
  const pending = { username, userId, session }
  if (challenge === 'PASSWORD_VERIFIER' && proof) return provePassword(context, pending, asked, proof)
  if (challenge === 'MFA_SETUP') return setUp(context, pending)
  const ask = Object.hasOwn(asks, challenge) ? asks[challenge] : undefined
  if (ask) return ask(pending, asked, answer)
  throw new PoolError('UnsupportedChallenge', `The service asks ${challenge}, which this client cannot answer.`, 200)
}

const flowNames = { srp: 'USER_SRP_AUTH', password: 'USER_PASSWORD_AUTH', choice: 'USER_AUTH', custom: 'CUSTOM_AUTH' }

/** The parameters by which a flow with other first steps begins with the password. */
const preference: Partial<Record<Context['flow'], Strings>> = {
  choice: { PREFERRED_CHALLENGE: 'PASSWORD_SRP' },
  custom: { CHALLENGE_NAME: 'SRP_A' },
}

/** Begins a sign-in, with the password if it is given. @returns the next state */
export const begin = async (context: Context, username: string, password?: string): Promise<State> => {
  const { flow, signed } = context
  const admin = flow === 'password' && signed.credentials ? 'ADMIN_' : ''
  const parameters = { USERNAME: username, ...(await hashAs(context, 'SECRET_HASH', username)) }
  const keys = password !== undefined && flow !== 'password' ? srpKeys() : undefined
  const answer = await initiate(context, admin + flowNames[flow], {
    ...parameters,
    ...(keys && { ...preference[flow], SRP_A: keys.A.toString(16) }),
    ...(password !== undefined && !keys && { PASSWORD: password }),
  })
  return settle(context, { username }, answer, keys && password !== undefined ? { keys, password } : undefined)
}

/** Continues after a sign-up with the Session of its confirmation, if sign-in is by choice. @returns the next state */
export const continueSignUp = async (context: Context, username: string, session: string): Promise<State> => {
  const AuthParameters = { USERNAME: username, ...(await hashAs(context, 'SECRET_HASH', username)) }
  const input = { AuthFlow: flowNames.choice, AuthParameters, Session: session }
  return settle(context, { username }, await authenticate(context, 'InitiateAuth', input))
}

/** Answers SELECT_CHALLENGE with a factor; the password is proved by SRP. @returns the next state */
export const chooseFirstFactor = (
  context: Context,
  pending: Pending,
  choice: FirstFactor,
  password: string | undefined,
): Promise<State> => {
  const answer = { ANSWER: nameIn(firstFactors, choice) }
  if (password === undefined) return respond(context, pending, 'SELECT_CHALLENGE', answer)
  const keys = srpKeys()
  const responses = { ...answer, SRP_A: keys.A.toString(16) }
  return respond(context, pending, 'SELECT_CHALLENGE', responses, { keys, password })
}

/** Answers SELECT_MFA_TYPE. @returns the next state */
export const chooseFactor = (context: Context, pending: Pending, choice: Factor): Promise<State> =>
  respond(context, pending, 'SELECT_MFA_TYPE', { ANSWER: nameIn(factors, choice) })
