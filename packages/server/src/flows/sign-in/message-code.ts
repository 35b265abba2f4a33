// Codes that were sent: as second factor, as first, or to make an address the user's second factor. A code leaves in the
// commit of its challenge; its keyed hash stands in the session alone, so that it is good for that session, once, and as
// long (protocol/authentication 2.3.2, 3.4, 3.5, 5.3.10).
import { limits } from '../../config.ts'
import { ServiceError } from '../../errors.ts'
import type { FirstFactor } from '../../rules/first-factors.ts'
import { activeFactors, nextStep } from '../../rules/next-step.ts'
import type { Proof, SecondFactor } from '../../rules/proofs.ts'
import type { UserChange, Write } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { firstFactorsOf } from '../factors/first-factors.ts'
import { mfaRulesOf, mfaUserOf } from '../factors/mfa.ts'
import { deliveryDetails, type AddressAttribute } from '../messages/delivery-details.ts'
import { sendCode } from '../messages/messages.ts'
import { tellOfChoice } from '../messages/notices.ts'
import { invalidSession, sessionSeconds } from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { afterConfirmation } from '../triggers/sign-up.ts'
import { changeUser } from '../users/change-user.ts'
import { simulatedDetails, unknownNameRow } from '../users/unknown-name.ts'
import type { Attempt, Challenge, ChallengeStep, CodeState, Passed, ReservedAttempt } from './attempt.ts'
import { required } from './field-fault.ts'
import type { CodeAnswer, CodeRole, CodeTold } from './values.ts'

/** The challenges by code. */
type CodeChallenge = 'email-code' | 'sms-code' | 'sms-sign-in-code'

/** What sets a challenge by code apart from the others. */
type Kind = {
  readonly challenge: CodeChallenge
  readonly medium: 'email' | 'sms'
  readonly attribute: AddressAttribute
  readonly firstFactor?: FirstFactor
  readonly secondFactor?: SecondFactor
  readonly proofs: Readonly<Record<CodeRole, Proof>>
}

const emailKind: Kind = {
  challenge: 'email-code',
  medium: 'email',
  attribute: 'email',
  firstFactor: 'email-otp',
  secondFactor: 'email',
  proofs: { 'first-factor': 'email-otp', 'second-factor': 'email', 'set-up': 'email' },
}

const smsProofs: Kind['proofs'] = { 'first-factor': 'sms-otp', 'second-factor': 'sms', 'set-up': 'sms' }

const smsKind: Kind = {
  challenge: 'sms-code',
  medium: 'sms',
  attribute: 'phone_number',
  secondFactor: 'sms',
  proofs: smsProofs,
}

const smsSignInKind: Kind = {
  challenge: 'sms-sign-in-code',
  medium: 'sms',
  attribute: 'phone_number',
  firstFactor: 'sms-otp',
  proofs: smsProofs,
}

const challengeOf = (kind: Kind) => ({
  issue: (attempt: Attempt, step: CodeStep) => issue(kind, attempt, step),
  read: ({ code }: CodeAnswer) => {
    required(code, 'code')
    return (attempt: ReservedAttempt, state: CodeState) => check(kind, attempt, { code, state })
  },
  readUnknown: ({ code }: CodeAnswer) => {
    required(code, 'code')
    return () => Promise.reject(wrongCode('no such user'))
  },
})

/** A code by e-mail. */
export const emailCode: Challenge<'email-code'> = challengeOf(emailKind)

/** A code by text message, as second factor. */
export const smsCode: Challenge<'sms-code'> = challengeOf(smsKind)

/** A code by text message, as first factor. */
export const smsSignInCode: Challenge<'sms-sign-in-code'> = challengeOf(smsSignInKind)

const wrongCode = (reason: string): WrongAnswer =>
  new WrongAnswer(new ServiceError('CodeMismatchException', 'Invalid code received for user', reason))

type CodeStep = ChallengeStep<CodeChallenge>

type IssuedCode = { readonly told: CodeTold; readonly state: CodeState; readonly writes: readonly Write[] }

const issue = async (kind: Kind, attempt: Attempt, step: CodeStep): Promise<IssuedCode> => {
  const { medium } = kind
  const { role } = step
  const { unknownName } = attempt.carried
  const code = attempt.context.random.digits(digitsOf(role))
  const address = unknownName ?? addressOf(attempt, kind, step)
  const { destination, writes } =
    unknownName === undefined
      ? await sendToUser(attempt, kind, { address, code })
      : countForUnknownName(attempt, kind, unknownName)
  return { told: { medium, destination, role }, writes, state: newState(attempt, role, code, address) }
}

/** A code that lets in by itself is longer (protocol/authentication 2.3.2). */
const digitsOf = (role: CodeRole): number => (role === 'first-factor' ? 8 : 6)

const addressOf = ({ user }: Attempt, { attribute }: Kind, step: CodeStep): string => {
  const address = step.role === 'set-up' ? step.address : user.attributes[attribute]
  if (address) return address
  throw new ServiceError('MFAMethodNotFoundException', `User does not have ${attribute} set.`)
}

const sendToUser = async (
  attempt: Attempt,
  { attribute }: Kind,
  { address, code }: { readonly address: string; readonly code: string },
): Promise<{ destination: string; writes: Write[] }> => {
  const { context, pool, client, user, clientMetadata } = attempt
  const { store, clock } = context
  const destination = { attribute, address }
  const message = await sendCode(context, {
    pool,
    client,
    user,
    destination,
    occasion: 'Authentication',
    code,
    lifetimeSeconds: sessionSeconds(client),
    clientMetadata,
  })
  const count = store.attempts.count(user, purpose, limits.signInCodesPerHour, clock.now())
  return { destination: deliveryDetails(destination).destination, writes: [count, message] }
}

// An unknown name is counted and answered like a user, and nothing is sent (protocol/authentication 2.4).
const countForUnknownName = (
  { context, pool }: Attempt,
  { attribute }: Kind,
  name: string,
): { destination: string; writes: Write[] } => {
  const { store, clock } = context
  const row = unknownNameRow(context, pool, name)
  const count = store.attempts.count(row, purpose, limits.signInCodesPerHour, clock.now())
  return { destination: simulatedDetails(context, pool, [attribute], name).destination, writes: [count] }
}

const purpose = 'sign-in-code'

const newState = (
  { context: { keys, random }, user }: Attempt,
  role: CodeRole,
  code: string,
  address: string,
): CodeState => {
  const salt = random.uuid()
  const mac = keys.seal.mac(macInput(salt, code), purpose)
  return { role, salt, mac, address: keys.seal.sealRow(address, sealedPlaces.signInCode(user)) }
}

const macInput = (salt: string, code: string): string => JSON.stringify([salt, code])

const check = async (
  kind: Kind,
  attempt: ReservedAttempt,
  { code, state }: { readonly code: string; readonly state: CodeState },
): Promise<Passed> => {
  const { keys } = attempt.context
  const { role, salt, mac, address: sealed } = state
  if (!keys.seal.macMatches(macInput(salt, code), purpose, mac)) throw wrongCode('another code was sent')
  const address = keys.seal.openRow(sealed, sealedPlaces.signInCode(attempt.user)).toString('utf8')
  await requireStillDue(attempt, kind, role)
  if (role !== 'set-up' && attempt.user.attributes[kind.attribute] !== address) {
    throw invalidSession('the address that the code went to is the user’s no more')
  }
  return passedBy(attempt, kind, role, address)
}

// What was allowed when the code was sent must be allowed still: pool and user may have changed since.
const requireStillDue = async (
  { context, pool, user, carried }: Attempt,
  kind: Kind,
  role: CodeRole,
): Promise<void> => {
  const { firstFactor, secondFactor } = kind
  if (role === 'first-factor') {
    if (firstFactor && (await firstFactorsOf(context, pool, user)).includes(firstFactor)) return
    throw invalidSession(`${kind.challenge} is no first factor of the user any more`)
  }
  const rules = mfaRulesOf(pool)
  const mfaUser = mfaUserOf(pool, user, await context.store.softwareTokens.find(pool.id, user.id))
  if (role === 'second-factor') {
    if (secondFactor && activeFactors(rules, mfaUser).includes(secondFactor)) return
    throw invalidSession(`${kind.challenge} is no second factor of the user any more`)
  }
  const due = nextStep(rules, mfaUser, carried.proved)
  if (secondFactor && due.step === 'mfa-setup' && due.choices.includes(secondFactor)) return
  throw invalidSession(`${kind.challenge} is no factor that the user may set up any more`)
}

// A right code verifies the address; one that lets in by itself confirms the user too (protocol/authentication 3.5,
// 5.3.10).
const passedBy = async (attempt: Attempt, kind: Kind, role: CodeRole, address: string): Promise<Passed> => {
  const { context, pool, client, user, clientMetadata } = attempt
  const { attribute, proofs } = kind
  const proof = proofs[role]
  const change = changeBy(attempt, kind, role, address)
  const verified = user.attributes[`${attribute}_verified`] === 'true'
  if (verified && role !== 'set-up' && change.status === undefined) return { proof, writes: [] }
  const changed = changeUser(context, pool, user, change)
  const notices = tellOfChoice(context, pool, user, changed.user.mfa)
  if (change.status === undefined) return { proof, user: changed.user, writes: [...changed.writes, ...notices] }
  await afterConfirmation(context, { pool, client, user: changed.user, clientMetadata })
  const spent = context.store.codes.remove(pool.id, user.id, 'sign-up')
  return { proof, user: changed.user, writes: [spent, ...changed.writes] }
}

const changeBy = ({ user }: Attempt, kind: Kind, role: CodeRole, address: string): UserChange => {
  const { attribute, secondFactor } = kind
  const attributes = { ...user.attributes, [attribute]: address, [`${attribute}_verified`]: 'true' }
  if (role === 'set-up' && secondFactor) {
    return { attributes, mfa: { ...user.mfa, enabled: [...new Set([...user.mfa.enabled, secondFactor])] } }
  }
  return role === 'first-factor' && user.status === 'UNCONFIRMED' ? { attributes, status: 'CONFIRMED' } : { attributes }
}
