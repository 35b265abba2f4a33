// A sign-in from its first request to its tokens. Every step returns here; this file alone decides what comes next
// and commits once (spec: authentication 3).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import { allowsFlow, flowRefusal, type PermittedFlow } from '../../rules/client-settings.ts'
import { nextStep, type NextStep, type Proof } from '../../rules/next-step.ts'
import type { Client, Pool, Session, User } from '../../store/index.ts'
import { requireSecretHash } from '../app-client.ts'
import { findUser, hidesUsers, userNotFound } from '../find-user.ts'
import { mfaRulesOf, mfaUserOf } from '../mfa.ts'
import { refresh, refreshSecretHash } from '../refresh.ts'
import { refuseLocked, requireStanding } from '../standing.ts'
import { giveTokens, rotates, type Tokens } from '../tokens.ts'
import { WrongAnswer, type Answers, type Attempt, type Challenge, type Passed } from './attempt.ts'
import { countWrongAnswer } from './lock.ts'
import { mfaSetup } from './mfa-setup.ts'
import { newPassword } from './new-password.ts'
import { checkNobody, checkPasswordOf, incorrect } from './password.ts'
import { endSession, invalidSession, newSession, openSession } from './session-token.ts'
import { softwareToken } from './software-token.ts'
import { passwordVerifier, sessionOfBlock, srpChallenge, verifierStep } from './srp.ts'

/** What a request of a sign-in came to. */
export type Outcome =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  | {
      readonly kind: 'challenge'
      readonly name: string
      readonly parameters: Readonly<Record<string, string>>
      readonly session: string
    }

/** The first request of a sign-in. */
export type Start = {
  readonly pool: Pool
  readonly client: Client
  readonly admin: boolean
  readonly flow: string
  readonly parameters: Answers
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** The answer to a challenge. */
export type Answer = {
  readonly pool: Pool
  readonly client: Client
  readonly admin: boolean
  readonly challenge: string
  readonly session: string | undefined
  readonly answers: Answers
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** What a session remembers of a sign-in. */
export type Progress = { readonly proved: readonly Proof[]; readonly state?: unknown }

const challenges: Readonly<Record<string, Challenge>> = {
  MFA_SETUP: mfaSetup,
  NEW_PASSWORD_REQUIRED: newPassword,
  PASSWORD_VERIFIER: passwordVerifier,
  SOFTWARE_TOKEN_MFA: softwareToken,
}

const challengeOf = (name: string): Challenge => {
  const challenge = Object.hasOwn(challenges, name) ? challenges[name] : undefined
  if (challenge) return challenge
  throw new ServiceError('UnsupportedOperationException', `${name} is not available in this version of Poolkeeper.`)
}

/** Each password flow, and the permission that it needs (spec: authentication 3.1, 3.3). */
const passwordFlows: Readonly<Record<string, PermittedFlow>> = {
  USER_PASSWORD_AUTH: 'USER_PASSWORD_AUTH',
  ADMIN_USER_PASSWORD_AUTH: 'ADMIN_USER_PASSWORD_AUTH',
  ADMIN_NO_SRP_AUTH: 'ADMIN_USER_PASSWORD_AUTH',
}

const refreshFlows: readonly string[] = ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN']

const requireFlow = ({ flow, client }: Start): void => {
  const permission = Object.hasOwn(passwordFlows, flow) ? passwordFlows[flow] : undefined
  if (!permission) {
    throw new ServiceError('UnsupportedOperationException', `${flow} is not available in this version of Poolkeeper.`)
  }
  if (!allowsFlow(client.settings.explicitAuthFlows, permission)) throw flowRefusal(permission)
}

/** A parameter that the flow needs. @throws ServiceError InvalidParameterException when it is missing or empty */
export const requireParameter = (parameters: Answers, name: string): string => {
  const value = parameters[name]
  if (!value) throw invalidParameter(`Missing required parameter ${name}`)
  return value
}

/**
 * Takes the first request of a sign-in, or a refresh.
 *
 * @throws ServiceError by the order of spec authentication 3.2
 */
export const startSignIn = async (context: RequestContext, start: Start): Promise<Outcome> => {
  const { flow, admin } = start
  if (!admin && flow.startsWith('ADMIN_')) throw invalidParameter('Initiate Auth method not supported.')
  if (refreshFlows.includes(flow)) return startRefresh(context, start)
  return flow === 'USER_SRP_AUTH' ? startBySrp(context, start) : startByPassword(context, start)
}

// A wrong answer to this challenge says what a wrong password says; a right one goes on like it.
const startBySrp = async (context: RequestContext, start: Start): Promise<Outcome> => {
  const { pool, client, parameters } = start
  if (!allowsFlow(client.settings.explicitAuthFlows, 'USER_SRP_AUTH')) throw flowRefusal('USER_SRP_AUTH')
  const name = requireParameter(parameters, 'USERNAME')
  const publicValue = requireParameter(parameters, 'SRP_A')
  requireSecretHash(context, client, { username: name, given: parameters['SECRET_HASH'] })
  const user = await findUser(context, pool, name)
  if (!user && !hidesUsers(client)) throw userNotFound()
  if (user) refuseLocked(user, context.clock.now())
  const progress: Progress = { proved: [] }
  const challenge = await srpChallenge(context, { pool, client, user, name, publicValue, progress })
  await context.store.commit([challenge.session.add])
  return {
    kind: 'challenge',
    name: verifierStep,
    parameters: challenge.parameters,
    session: challenge.session.token,
  }
}

const startRefresh = async (context: RequestContext, start: Start): Promise<Outcome> => {
  const { pool, client, parameters, clientMetadata } = start
  if (rotates(client)) {
    throw new ServiceError(
      'UnsupportedOperationException',
      'Refresh tokens of this client rotate: use GetTokensFromRefreshToken.',
    )
  }
  if (!allowsFlow(client.settings.explicitAuthFlows, 'REFRESH_TOKEN_AUTH')) throw flowRefusal('REFRESH_TOKEN_AUTH')
  const tokens = await refresh(context, {
    pool,
    client,
    refreshToken: requireParameter(parameters, 'REFRESH_TOKEN'),
    requireSecret: refreshSecretHash(context, client, parameters['SECRET_HASH']),
    deviceKey: parameters['DEVICE_KEY'],
    rotate: false,
    unknown: 'Invalid Refresh Token',
    clientMetadata,
  })
  return { kind: 'tokens', tokens }
}

const startByPassword = async (context: RequestContext, start: Start): Promise<Outcome> => {
  const { pool, client, admin, parameters, clientMetadata } = start
  requireFlow(start)
  const username = requireParameter(parameters, 'USERNAME')
  const password = requireParameter(parameters, 'PASSWORD')
  requireSecretHash(context, client, { username, given: parameters['SECRET_HASH'] })
  const user = await findUser(context, pool, username)
  if (!user && !hidesUsers(client)) throw userNotFound()
  if (!user) return checkNobody(context, password)
  const attempt: Attempt = { context, pool, client, user, admin, session: undefined, proved: [], clientMetadata }
  const passed = await judged(attempt, () => checkPasswordOf(context, user, password))
  return proceed(attempt, passed)
}

/**
 * Takes the answer to a challenge.
 *
 * @throws ServiceError by the order of spec authentication 3.2; a wrong answer leaves the session open
 */
export const answerChallenge = async (context: RequestContext, answer: Answer): Promise<Outcome> => {
  const { pool, client, admin, answers, clientMetadata } = answer
  const challenge = challengeOf(answer.challenge)
  const username = requireParameter(answers, 'USERNAME')
  requireSecretHash(context, client, { username, given: answers['SECRET_HASH'] })
  const steps = challenge.answeredAt ?? [answer.challenge]
  const session = await openSession(context, sessionTokenOf(answer), { client, steps })
  const user = await userOfSession(context, pool, session, username)
  const { proved } = progressOf(session)
  const attempt: Attempt = { context, pool, client, user, admin, session, proved, clientMetadata }
  requireStanding(user, context.clock.now())
  return proceed(attempt, await judged(attempt, () => challenge.answer(attempt, answers)))
}

// The plain SRP flow sends no Session: its SECRET_BLOCK holds it. Where both come they must agree (3.6.6).
const sessionTokenOf = ({ challenge, session, answers }: Answer): string => {
  const block = challenge === verifierStep ? answers['PASSWORD_CLAIM_SECRET_BLOCK'] : undefined
  const token = block === undefined ? session : sessionOfBlock(block)
  if (!token) {
    throw invalidParameter(
      `Missing required parameter ${challenge === verifierStep ? 'PASSWORD_CLAIM_SECRET_BLOCK' : 'Session'}`,
    )
  }
  if (session !== undefined && session !== token) throw invalidSession('Session and SECRET_BLOCK are of two exchanges')
  return token
}

/** What a session remembers. */
export const progressOf = (session: Session): Progress => JSON.parse(session.state) as Progress

// The name may be any that leads to the user, but of no other user; and a sign-in that began before the password
// changed is void (3.4, 3.6.8; requirement 37).
const userOfSession = async (context: RequestContext, pool: Pool, session: Session, name: string): Promise<User> => {
  if (session.poolId !== pool.id) throw invalidSession('the session is another pool’s')
  const user = await findUser(context, pool, name)
  if (!user && session.step === verifierStep) throw incorrect('no such user')
  if (!user || user.id !== session.userId) throw invalidSession('the session is another user’s')
  if (user.credentialsAt !== session.credentialsAt) throw invalidSession('the password was changed meanwhile')
  return user
}

const judged = async (attempt: Attempt, check: () => Promise<Passed>): Promise<Passed> => {
  try {
    return await check()
  } catch (error) {
    if (error instanceof WrongAnswer) return countWrongAnswer(attempt, error)
    throw error
  }
}

const stepAfter = async ({ context, pool }: Attempt, user: User, proved: readonly Proof[]): Promise<NextStep> => {
  const token = await context.store.softwareTokens.find(pool.id, user.id)
  return nextStep(mfaRulesOf(pool), mfaUserOf(pool, user, token), proved)
}

const proceed = async (attempt: Attempt, passed: Passed): Promise<Outcome> => {
  const { context, pool, client, session, clientMetadata } = attempt
  const user = passed.user ?? attempt.user
  const proved = passed.proof ? [...attempt.proved, passed.proof] : attempt.proved
  requireStanding(user, context.clock.now())
  const next = await stepAfter(attempt, user, proved)
  if (next.step === 'tokens') {
    const source = passed.source ?? 'Authentication'
    const grant = { pool, client, user, proved, session, writes: passed.writes, source, clientMetadata }
    return { kind: 'tokens', tokens: await giveTokens(context, grant) }
  }
  if (next.step === 'impossible') throw new ServiceError('MFAMethodNotFoundException', next.because)
  return ask({ ...attempt, user, proved }, next, passed)
}

const ask = async (attempt: Attempt, next: NextStep, passed: Passed): Promise<Outcome> => {
  const { context, client, user, proved, session } = attempt
  const asked = await challengeOf(next.step).ask(attempt, next)
  const progress: Progress = { proved, state: asked.state }
  const following = newSession(context, { client, user, step: next.step, state: progress })
  await context.store.commit([
    ...(session ? [endSession(context, session)] : []),
    ...passed.writes,
    ...(asked.writes ?? []),
    following.add,
  ])
  return { kind: 'challenge', name: next.step, parameters: asked.parameters, session: following.token }
}
