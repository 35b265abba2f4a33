// A sign-in, from its first request to its end. Every step returns here; this file alone decides what comes next, and
// commits once (protocol/authentication 3).
//
//           startSignIn                          answerChallenge
//    checkStart, then `begin` of the flow    openSession, then its user
//                └───────────────────┬─────────────────┘
//                                 Attempt   pool, client, user, and what the sign-in carries
//                                    │      a guess is counted, then checked; other requests must meet no lock
//                                 Passed    a proof, changes of the user, writes, a challenge that was chosen
//                                    │      in a custom sign-in the pool's functions say what follows
//                                 proceed   is a challenge chosen, or owed by rules/next-step.ts?
//                  yes ┌─────────────┴──────────────┐ no
//                    issue                         end
//     one commit: the challenge's writes      the door's `finish` commits, and gives tokens,
//     and a Session that waits for it         or a code for them
//
// An attempt carries from session to session (sessions/progress.ts): all proofs so far, the device key, the levels that
// are wanted, the steps of a custom sign-in, the unknown name. A challenge says what it tells the client, what its
// session remembers, and what passed (attempt.ts); it never calls another. Who decides: the caller among first factors
// (choice.ts) and second ones (select-factor.ts), the pool's functions among custom challenges (custom.ts); all else is
// owed by rules/next-step.ts, and tokens/ asks it once more. Doors speak by values.ts.
//
//   index.ts           the machine
//   values.ts          starts, answers and what is told, in plain values
//   field-fault.ts     a value that was sent and cannot be taken
//   attempt.ts         attempts, what passed, what a challenge is
//   opening.ts         what all flows begin with
//   password.ts        begins by password
//   srp.ts             begins by SRP; the challenge of a password's proof
//   srp-exchange.ts    one exchange of SRP, for passwords and devices
//   choice.ts          begins by choice; the challenge that lists first factors
//   step-up.ts         levels that a start by choice wants reached
//   after-sign-up.ts   begins by the Session of a confirmed sign-up
//   custom.ts          begins by challenges of the pool's own; those challenges
//   passkey.ts         the challenge of a passkey
//   message-code.ts    the challenges of codes by e-mail and text message
//   new-password.ts    the challenge to replace a temporary password
//   device-srp.ts      the challenges of a remembered device
//   select-factor.ts   the challenge that lists second factors
//   software-token.ts  the challenge of an authenticator app
//   recovery-code.ts   the answer by recovery code, in place of a second factor
//   mfa-setup.ts       the challenge to set up a second factor
//   enrolment.ts       an authenticator app is set up, within that challenge or by a signed-in user
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import type { NextStep } from '../../rules/next-step.ts'
import type { Pool, Session, User } from '../../store/index.ts'
import { requireKnownDevice, sentDeviceKey, withSentDevice } from '../factors/device-of-sign-in.ts'
import { owedBy } from '../factors/mfa.ts'
import { counted, countedOn, lockSubjectOf, requireUnlocked, uncountedHold } from '../sessions/guesses.ts'
import type { Carried } from '../sessions/progress.ts'
import { carriedBy, endSession, invalidSession, newSession, openSession, stateOf } from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import type { Grant } from '../tokens/index.ts'
import { beforeAuthentication } from '../triggers/sign-in.ts'
import { decoyOf } from '../users/decoy.ts'
import { findUser } from '../users/find-user.ts'
import { requireStanding } from '../users/standing.ts'
import { stepOfFactor, type Attempt, type Begun, type Challenge, type ChallengeStep } from './attempt.ts'
import type { Check, Issued, Passed, ReservedAttempt, States, Steps } from './attempt.ts'
import { beginByChoice, choice } from './choice.ts'
import { afterCustomStep, beginCustom, custom, customPassword } from './custom.ts'
import { device, deviceProof } from './device-srp.ts'
import { emailCode, smsCode, smsSignInCode } from './message-code.ts'
import { mfaSetup } from './mfa-setup.ts'
import { newPassword } from './new-password.ts'
import { checkStart, type Start } from './opening.ts'
import { passkey } from './passkey.ts'
import { beginByPassword } from './password.ts'
import { recoveryCode } from './recovery-code.ts'
import { selectFactor } from './select-factor.ts'
import { softwareToken } from './software-token.ts'
import { beginBySrp, passwordProof } from './srp.ts'
import type { Answers, ChallengeName, IssuedChallenge, Outcome, SignInRequest } from './values.ts'

const challenges: { readonly [Name in ChallengeName]: Challenge<Name> } = {
  choice,
  custom,
  'custom-password': customPassword,
  device,
  'device-proof': deviceProof,
  'email-code': emailCode,
  'mfa-setup': mfaSetup,
  'new-password': newPassword,
  passkey,
  'password-proof': passwordProof,
  'recovery-code': recoveryCode,
  'select-factor': selectFactor,
  'sms-code': smsCode,
  'sms-sign-in-code': smsSignInCode,
  'software-token': softwareToken,
}

/** What ends a sign-in in which nothing is owed any more: gives what the door gives, and commits. */
export type Finish<Finished> = (context: RequestContext, grant: Grant) => Promise<Finished>

/**
 * Takes the first request of a sign-in.
 *
 * @param finish - ends the sign-in where nothing more is owed
 * @throws ServiceError by the order of protocol/authentication 3.2
 */
export const startSignIn = async <Finished>(
  context: RequestContext,
  start: Start,
  finish: Finish<Finished>,
): Promise<Outcome<Finished>> => {
  checkStart(context, start)
  const begun = await begin(context, start)
  const { attempt, opened } = begun
  const admit = (): Promise<void> => beforeAuthentication(context, { ...start, ...opened })
  if ('check' in begun) {
    const check: Check = async (reserved) => {
      await admit()
      return begun.check(reserved)
    }
    return guessed(attempt, { check }, finish)
  }
  await requireUnlocked(context, lockSubjectOf(context, attempt))
  await admit()
  return proceed(attempt, await begun.take(attempt), finish)
}

// How each flow begins (protocol/authentication 3.3).
const begin = (context: RequestContext, start: Start): Promise<Begun> => {
  switch (start.flow) {
    case 'password':
    case 'admin-password':
      return beginByPassword(context, start)
    case 'srp':
      return beginBySrp(context, start)
    case 'choice':
      return beginByChoice(context, start)
    default:
      return beginCustom(context, start)
  }
}

/** A request that answers a challenge. */
export type AnswerRequest<Name extends ChallengeName = ChallengeName> = SignInRequest & {
  /** The user name, in any form that leads to the user. */
  readonly name: string
  readonly session: string
  readonly answer: { readonly challenge: Name } & Answers[Name]
}

/**
 * Takes the answer to a challenge.
 *
 * @param finish - ends the sign-in where nothing more is owed
 * @throws ServiceError by the order of protocol/authentication 3.2; a wrong answer leaves the session open
 */
export const answerChallenge = async <Name extends ChallengeName, Finished>(
  context: RequestContext,
  request: AnswerRequest<Name>,
  finish: Finish<Finished>,
): Promise<Outcome<Finished>> => {
  const { pool, client, admin, name, clientMetadata, answer } = request
  const challenge: Challenge<Name> = challenges[answer.challenge]
  const steps = challenge.answeredAt ?? [answer.challenge]
  const session = await openSession(context, request.session, { client, steps })
  const user = await userOfSession(context, { pool, session, name })
  const deviceKey = sentDeviceKey(request)
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
  // Whether a user may sign in is not told before the first proof (requirement 15).
  if (carried.proved.length > 0) requireStanding(user, context.clock.now())
  const isKnown = carried.unknownName === undefined
  // A session waits for an answer to the challenge that gave it its state.
  const state = stateOf(session) as States[Name]
  if ('read' in challenge) {
    const { sessionLimit } = challenge
    const checkState = (isKnown ? challenge.read : (challenge.readUnknown ?? neverIssued))(answer)
    const check: Check = async (reserved) => {
      const passed = await checkState(reserved, state)
      return reserved.carried.custom
        ? afterCustomStep(reserved, reserved.carried.custom, answer.challenge, passed)
        : passed
    }
    return guessed(attempt, { check, sessionLimit }, finish)
  }
  await requireUnlocked(context, subject)
  if (!isKnown) return neverIssued()
  return proceed(attempt, await challenge.take(attempt, answer, state), finish)
}

const neverIssued = (): never => {
  throw invalidSession('no user has this name, and this challenge is never issued for an unknown name')
}

// The name may be any that leads to the user, but of no other user; and a sign-in that began before the password changed
// is void (protocol/authentication 3.4, 3.6.8; requirement 37). A decoy answers by the name that was typed, or by its own.
const userOfSession = async (
  context: RequestContext,
  { pool, session, name }: { readonly pool: Pool; readonly session: Session; readonly name: string },
): Promise<User> => {
  if (session.poolId !== pool.id) throw invalidSession('the session is another pool’s')
  const user = await findUser(context, pool, name)
  const { unknownName } = carriedBy(session)
  if (unknownName !== undefined && !user) {
    const decoy = decoyOf(context, pool, unknownName)
    if (name === unknownName || name === decoy.username) return decoy
  }
  if (!user || user.id !== session.userId) throw invalidSession('the session is another user’s')
  if (user.credentialsAt !== session.credentialsAt) throw invalidSession('the password was changed meanwhile')
  return user
}

// A guess is looked at when it was counted.
const guessed = <Finished>(
  attempt: Attempt,
  { check, sessionLimit }: { readonly check: Check; readonly sessionLimit?: number | undefined },
  finish: Finish<Finished>,
): Promise<Outcome<Finished>> =>
  counted(countedOn(attempt, sessionLimit), async (hold) => {
    const reserved = { ...attempt, hold }
    const passed = await check(reserved)
    return passed.wrong ? goOnWrong(reserved, passed, finish) : proceed(reserved, passed, finish)
  })

// Whatever refuses the sign-in afterwards, such as a function that makes no other challenge, the answer was looked at
// and stays counted.
const goOnWrong = async <Finished>(
  attempt: ReservedAttempt,
  passed: Passed,
  finish: Finish<Finished>,
): Promise<Outcome<Finished>> => {
  try {
    return await proceed(attempt, passed, finish)
  } catch (error) {
    if (error instanceof ServiceError && error !== attempt.hold.lockedMeanwhile) throw new WrongAnswer(error)
    throw error
  }
}

const proceed = async <Finished>(
  before: Attempt,
  passed: Passed,
  finish: Finish<Finished>,
): Promise<Outcome<Finished>> => {
  const user = passed.user ?? before.user
  const after: Attempt = { ...before, user, carried: carriedOn(before, passed) }
  if (passed.next) return issue(after, passed.next, passed)
  if (after.carried.unknownName !== undefined) throw invalidSession('a sign-in for an unknown name never ends')
  requireStanding(user, after.context.clock.now())
  const known = await requireKnownDevice(after)
  const attempt: Attempt = { ...after, carried: { ...after.carried, deviceKey: known?.key } }
  const owed = await owedBy(attempt, known)
  if (owed.step === 'impossible') throw new ServiceError('MFAMethodNotFoundException', owed.because)
  return owed.step === 'done' ? end(attempt, passed, finish) : issue(attempt, stepFor(owed), passed)
}

const carriedOn = ({ carried }: Attempt, passed: Passed): Carried => ({
  ...carried,
  ...passed.carried,
  proved: passed.proof ? [...carried.proved, passed.proof] : carried.proved,
})

// The challenge that asks for what is owed.
const stepFor = (owed: Exclude<NextStep, { readonly step: 'done' | 'impossible' }>): ChallengeStep => {
  switch (owed.step) {
    case 'new-password':
    case 'device':
      return { challenge: owed.step }
    case 'select-factor':
    case 'mfa-setup':
      return { challenge: owed.step, choices: owed.choices }
    default:
      return stepOfFactor[owed.step]
  }
}

const end = async <Finished>(
  attempt: Attempt,
  { writes, source = 'Authentication' }: Passed,
  finish: Finish<Finished>,
): Promise<Outcome<Finished>> => {
  const { context, pool, client, user, admin, carried, session, clientMetadata, hold } = attempt
  const grant: Grant = { pool, client, user, admin, carried, session, writes, source, clientMetadata, hold }
  return { kind: 'finished', finished: await finish(context, grant) }
}

const issue = async (attempt: Attempt, step: ChallengeStep, passed: Passed): Promise<Outcome<never>> => {
  const { context, client, user, carried, session, hold } = attempt
  const { told, state, writes = [], secret } = await issuedBy(attempt, step)
  const progress = { ...carried, state }
  const following = newSession(context, { client, user, step: step.challenge, progress, secret })
  const issued = { challenge: step.challenge, ...told } as IssuedChallenge
  await context.store.commit([
    ...(passed.wrong ? hold.goOnAfterWrong() : hold.goOn()),
    ...(session ? [endSession(context, session)] : []),
    ...passed.writes,
    ...writes,
    following.add,
  ])
  return { kind: 'challenge', issued, username: user.username, session: following.token }
}

const issuedBy = <Name extends ChallengeName>(
  attempt: Attempt,
  step: { readonly challenge: Name } & Steps[Name],
): Promise<Issued<Name>> => challenges[step.challenge].issue(attempt, step)
