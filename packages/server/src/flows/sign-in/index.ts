// A sign-in from its first request to its tokens. Every step returns here; this file alone decides what comes next
// and commits once (protocol/authentication 3).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import type { Client, Pool, Session, User } from '../../store/index.ts'
import { requireSecretHash } from '../callers/app-client.ts'
import { beforeAuthentication } from '../triggers/sign-in.ts'
import { madeUpUser } from '../users/decoy.ts'
import { findUser } from '../users/find-user.ts'
import { owedBy } from '../factors/mfa.ts'
import { refresh, refreshSecretHash } from '../tokens/refresh.ts'
import { requireStanding } from '../users/standing.ts'
import { giveTokens, rotates, type Tokens } from '../tokens/index.ts'
import type { Answers, Attempt, Begun, Challenge, ChallengeStep, Check, CountedAttempt } from './attempt.ts'
import type { Passed, Start } from './attempt.ts'
import { beginByChoice, choice, choicePassword, choicePasswordSrp } from './choice.ts'
import { adminPassword, beginCustom, customChallenge, goOnCustom } from './custom.ts'
import { counted, countedOn, lockSubjectOf, requireUnlocked, uncountedHold } from '../sessions/guesses.ts'
import { emailCode, smsMfaCode, smsSignInCode } from './message-code.ts'
import { requireKnownDevice, sentDeviceKey, withSentDevice } from '../factors/device-of-sign-in.ts'
import { devicePasswordVerifier, deviceSrp } from './device-srp.ts'
import { mfaSetup } from './mfa-setup.ts'
import { newPassword } from './new-password.ts'
import { requireFlow, requireParameter } from './opening.ts'
import { beginByPassword } from './password.ts'
import { carriedBy, endSession, invalidSession, newSession, openSession } from '../sessions/session-token.ts'
import { selectMfaType } from './select-mfa-type.ts'
import { recoveryCode, recoveryCodeChallenge } from './recovery-code.ts'
import { softwareToken } from './software-token.ts'
import { beginBySrp, passwordVerifier } from './srp.ts'
import { webAuthn } from './web-authn.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import type { Carried, Progress } from '../sessions/progress.ts'

/** What a request of a sign-in came to. */
export type Outcome =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  | {
      readonly kind: 'challenge'
      readonly name: string
      readonly parameters: Readonly<Record<string, string>>
      readonly session: string
      /** The first factors that the user may choose (protocol/authentication 3.5). */
      readonly available: readonly string[] | undefined
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

const challenges: Readonly<Record<string, Challenge>> = {
  ADMIN_NO_SRP_AUTH: adminPassword,
  CUSTOM_CHALLENGE: customChallenge,
  DEVICE_PASSWORD_VERIFIER: devicePasswordVerifier,
  DEVICE_SRP_AUTH: deviceSrp,
  EMAIL_OTP: emailCode,
  MFA_SETUP: mfaSetup,
  NEW_PASSWORD_REQUIRED: newPassword,
  PASSWORD: choicePassword,
  PASSWORD_SRP: choicePasswordSrp,
  PASSWORD_VERIFIER: passwordVerifier,
  [recoveryCodeChallenge]: recoveryCode,
  SELECT_CHALLENGE: choice,
  SELECT_MFA_TYPE: selectMfaType,
  SMS_MFA: smsMfaCode,
  SMS_OTP: smsSignInCode,
  SOFTWARE_TOKEN_MFA: softwareToken,
  WEB_AUTHN: webAuthn,
}

/** How each flow begins (protocol/authentication 3.3). */
const begins: Readonly<Record<string, (context: RequestContext, start: Start) => Promise<Begun>>> = {
  USER_PASSWORD_AUTH: beginByPassword,
  ADMIN_USER_PASSWORD_AUTH: beginByPassword,
  ADMIN_NO_SRP_AUTH: beginByPassword,
  USER_SRP_AUTH: beginBySrp,
  USER_AUTH: beginByChoice,
  CUSTOM_AUTH: beginCustom,
}

const refreshFlows: readonly string[] = ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN']

const entryOf = <Entry>(table: Readonly<Record<string, Entry>>, name: string): Entry => {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined
  if (entry) return entry
  throw new ServiceError('UnsupportedOperationException', `${name} is not available in this version of Poolkeeper.`)
}

/**
 * Takes the first request of a sign-in, or a refresh.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2
 */
export const startSignIn = async (context: RequestContext, start: Start): Promise<Outcome> => {
  const { flow, admin } = start
  if (!admin && flow.startsWith('ADMIN_')) throw invalidParameter('Initiate Auth method not supported.')
  if (refreshFlows.includes(flow)) return startRefresh(context, start)
  const begun = await entryOf(begins, flow)(context, start)
  const { attempt, opened } = begun
  const admit = (): Promise<void> => beforeAuthentication(context, { ...start, ...opened })
  if ('check' in begun) {
    return guessed(attempt, async (reserved) => {
      await admit()
      return begun.check(reserved)
    })
  }
  await requireUnlocked(context, lockSubjectOf(context, attempt))
  await admit()
  return proceed(attempt, await begun.take(attempt))
}

/** Goes on with a sign-in after a guess, which is looked at when it was counted. */
const guessed = (attempt: Attempt, check: Check, sessionLimit?: number): Promise<Outcome> =>
  counted(countedOn(attempt, sessionLimit), async (hold) => {
    const reserved = { ...attempt, hold }
    const passed = await check(reserved)
    return passed.wrong ? goOnWrong(reserved, passed) : proceed(reserved, passed)
  })

// Whatever refuses the sign-in afterwards, such as a function that makes no other challenge, the answer was looked at
// and stays counted.
const goOnWrong = async (attempt: CountedAttempt, passed: Passed): Promise<Outcome> => {
  try {
    return await proceed(attempt, passed)
  } catch (error) {
    if (error instanceof ServiceError && error !== attempt.hold.lockedMeanwhile) throw new WrongAnswer(error)
    throw error
  }
}

const startRefresh = async (context: RequestContext, start: Start): Promise<Outcome> => {
  const { pool, client, parameters } = start
  if (rotates(client)) {
    throw new ServiceError(
      'UnsupportedOperationException',
      'Refresh tokens of this client rotate: use GetTokensFromRefreshToken.',
    )
  }
  requireFlow(start, 'REFRESH_TOKEN_AUTH')
  const tokens = await refresh(context, {
    pool,
    client,
    refreshToken: requireParameter(parameters, 'REFRESH_TOKEN'),
    requireSecret: refreshSecretHash(context, client, parameters['SECRET_HASH']),
    deviceKey: parameters['DEVICE_KEY'],
    rotate: false,
    unknown: 'Invalid Refresh Token',
    // Of the first request's, no trigger around tokens hears (protocol/administration 14.5).
    clientMetadata: {},
  })
  return { kind: 'tokens', tokens }
}

/**
 * Takes the answer to a challenge.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2; a wrong answer leaves the session open
 */
export const answerChallenge = async (context: RequestContext, answer: Answer): Promise<Outcome> => {
  const { pool, client, admin, answers, clientMetadata } = answer
  const challenge = entryOf(challenges, answer.challenge)
  const name = requireParameter(answers, 'USERNAME')
  requireSecretHash(context, client, { username: name, given: answers['SECRET_HASH'] })
  const steps = challenge.answeredAt ?? [answer.challenge]
  const session = await openSession(context, sessionTokenOf(challenge, answer), { client, steps })
  const user = await userOfSession(context, { pool, session, name })
  const deviceKey = sentDeviceKey(answer, answers)
  const carried = withSentDevice(carriedBy(session), deviceKey)
  const subject = lockSubjectOf(context, { pool, user, carried })
  const attempt: Attempt = {
    context,
    pool,
    client,
    user,
    admin,
    session,
    carried,
    sentDeviceKey: deviceKey,
    clientMetadata,
    hold: uncountedHold(context, subject),
  }
  // How a user stands is told to nobody before the first proof (requirement 15).
  if (carried.proved.length > 0) requireStanding(user, context.clock.now())
  const isKnown = carried.nobody === undefined
  if ('read' in challenge) {
    const check = (isKnown ? challenge.read : (challenge.readUnknown ?? notAsked))(answers)
    const checked: Check = async (reserved) => goOnCustom(reserved, answer.challenge, await check(reserved))
    return guessed(attempt, checked, challenge.sessionLimit)
  }
  await requireUnlocked(context, subject)
  const take = isKnown ? challenge.take : (challenge.takeUnknown ?? notAsked)
  return proceed(attempt, await take(attempt, answers))
}

const notAsked = (): never => {
  throw invalidSession('no user has this name, and this challenge is never asked of an unknown one')
}

// Where a Session is sent twice, both must be the same (protocol/authentication 3.6.6).
const sessionTokenOf = ({ sessionIn }: Challenge, { session, answers }: Answer): string => {
  const token = sessionIn ? sessionIn(answers) : session
  if (!token) throw invalidParameter('Missing required parameter Session')
  if (session !== undefined && session !== token) throw invalidSession('Session and SECRET_BLOCK are of two exchanges')
  return token
}

// The name may be any that leads to the user, but of no other user; and a sign-in that began before the password
// changed is void (protocol/authentication 3.4, 3.6.8; requirement 37). Nobody answers by the name that was typed or by
// the one that was told.
const userOfSession = async (
  context: RequestContext,
  { pool, session, name }: { readonly pool: Pool; readonly session: Session; readonly name: string },
): Promise<User> => {
  if (session.poolId !== pool.id) throw invalidSession('the session is another pool’s')
  const user = await findUser(context, pool, name)
  const { nobody } = carriedBy(session)
  if (nobody !== undefined && !user) {
    const stoodIn = madeUpUser(context, pool, nobody)
    if (name === nobody || name === stoodIn.username) return stoodIn
  }
  if (!user || user.id !== session.userId) throw invalidSession('the session is another user’s')
  if (user.credentialsAt !== session.credentialsAt) throw invalidSession('the password was changed meanwhile')
  return user
}

const carriedOn = ({ carried }: Attempt, passed: Passed): Carried => ({
  ...carried,
  ...passed.carried,
  proved: passed.proof ? [...carried.proved, passed.proof] : carried.proved,
})

const proceed = async (before: Attempt, passed: Passed): Promise<Outcome> => {
  const user = passed.user ?? before.user
  const right: Attempt = { ...before, user, carried: carriedOn(before, passed) }
  if (passed.next) return ask(right, passed.next, passed)
  if (right.carried.nobody !== undefined) throw invalidSession('nobody signs in')
  requireStanding(user, right.context.clock.now())
  const device = await requireKnownDevice(right)
  const attempt: Attempt = { ...right, carried: { ...right.carried, deviceKey: device?.key } }
  const next = await owedBy(attempt, device)
  if (next.step === 'tokens') return end(attempt, passed)
  if (next.step === 'impossible') throw new ServiceError('MFAMethodNotFoundException', next.because)
  return ask(attempt, next, passed)
}

const end = async (attempt: Attempt, passed: Passed): Promise<Outcome> => {
  const { context, pool, client, user, admin, carried, session, clientMetadata, hold } = attempt
  const { writes, source = 'Authentication' } = passed
  const grant = { pool, client, user, admin, carried, session, writes, source, clientMetadata, hold }
  return { kind: 'tokens', tokens: await giveTokens(context, grant) }
}

const ask = async (attempt: Attempt, next: ChallengeStep, passed: Passed): Promise<Outcome> => {
  const { context, client, user, carried, session, hold } = attempt
  const asked = await entryOf(challenges, next.step).ask(attempt, next)
  const progress: Progress = { ...carried, state: asked.state }
  const following = asked.session ?? newSession(context, { client, user, step: next.step, progress })
  await context.store.commit([
    ...(passed.wrong ? hold.goOnAfterWrong() : hold.goOn()),
    ...(session ? [endSession(context, session)] : []),
    ...passed.writes,
    ...(asked.writes ?? []),
    following.add,
  ])
  const { parameters, available } = asked
  return { kind: 'challenge', name: next.step, parameters, session: following.token, available }
}
