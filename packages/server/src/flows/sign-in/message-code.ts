// SMS_MFA, EMAIL_OTP and SMS_OTP: a code that was sent, as second factor, as first, or to make an address the user's
// second factor. The code leaves in the commit of its challenge; its keyed hash stands in the session alone, so that it
// is good for that session, once, and as long (protocol/authentication 2.3.2, 3.4, 3.5, 5.3.10).
import { limits } from '../../config.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import type { FirstFactor } from '../../rules/first-factors.ts'
import { activeFactors, nextStep } from '../../rules/next-step.ts'
import type { UserChange, Write } from '../../store/index.ts'
import { changeUser } from '../users/change-user.ts'
import { deliveryDetails, type AddressAttribute } from '../messages/delivery-details.ts'
import { firstFactorsOf } from '../factors/first-factors.ts'
import { sendCode } from '../messages/messages.ts'
import { mfaRulesOf, mfaUserOf } from '../factors/mfa.ts'
import { tellOfChoice } from '../messages/notices.ts'
import { nobodyOf, simulatedDetails } from '../users/unknown-name.ts'
import { afterConfirmation } from '../triggers/sign-up.ts'
import type { Answers, Asked, Attempt, Challenge, ChallengeStep, CountedAttempt, Passed } from './attempt.ts'
import { invalidSession, sessionSeconds, stateOf } from '../sessions/session-token.ts'
import type { Proof, SecondFactor } from '../../rules/proofs.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** What a code is for: what it proves differs. */
type Role = 'first-factor' | 'second-factor' | 'set-up'

/** What a session of a code remembers. */
type CodeState = {
  readonly role: Role
  /** Makes equal codes look different. */
  readonly salt: string
  readonly mac: string
  /** Where the code went, sealed; it proves that address and no other. */
  readonly address: string
}

/** A challenge by code, as the wire names it. */
type Kind = {
  readonly step: 'SMS_MFA' | 'EMAIL_OTP' | 'SMS_OTP'
  readonly attribute: AddressAttribute
  /** The keys under which an answer may hold the code. */
  readonly keys: readonly string[]
  readonly firstFactor?: FirstFactor
  readonly secondFactor?: SecondFactor
  readonly proofs: Readonly<Record<Role, Proof>>
}

const emailKind: Kind = {
  step: 'EMAIL_OTP',
  attribute: 'email',
  keys: ['EMAIL_OTP_CODE', 'EMAIL_MFA_CODE'],
  firstFactor: 'EMAIL_OTP',
  secondFactor: 'EMAIL_OTP',
  proofs: { 'first-factor': 'email-otp', 'second-factor': 'email', 'set-up': 'email' },
}

const smsProofs: Kind['proofs'] = { 'first-factor': 'sms-otp', 'second-factor': 'sms', 'set-up': 'sms' }

const smsMfaKind: Kind = {
  step: 'SMS_MFA',
  attribute: 'phone_number',
  keys: ['SMS_MFA_CODE'],
  secondFactor: 'SMS_MFA',
  proofs: smsProofs,
}

const smsSignInKind: Kind = {
  step: 'SMS_OTP',
  attribute: 'phone_number',
  keys: ['SMS_OTP_CODE'],
  firstFactor: 'SMS_OTP',
  proofs: smsProofs,
}

const wrongCode = (reason: string): WrongAnswer =>
  new WrongAnswer(new ServiceError('CodeMismatchException', 'Invalid code received for user', reason))

const roleOf = (next: ChallengeStep): Role => ('role' in next ? next.role : 'second-factor')

/** A code that lets in by itself is longer (protocol/authentication 2.3.2). */
const digitsOf = (role: Role): number => (role === 'first-factor' ? 8 : 6)

const macInput = (salt: string, code: string): string => JSON.stringify([salt, code])

const purpose = 'sign-in-code'

const addressOf = ({ user }: Attempt, { attribute }: Kind, next: ChallengeStep): string => {
  const address = 'address' in next ? next.address : user.attributes[attribute]
  if (address) return address
  throw new ServiceError('MFAMethodNotFoundException', `User does not have ${attribute} set.`)
}

const newState = (
  { context: { keys, random }, user }: Attempt,
  role: Role,
  code: string,
  address: string,
): CodeState => {
  const salt = random.uuid()
  const mac = keys.seal.mac(macInput(salt, code), purpose)
  return { role, salt, mac, address: keys.seal.sealRow(address, sealedPlaces.signInCode(user)) }
}

// A name that leads to nobody is counted and answered like a user, and nothing is sent (protocol/authentication 2.4).
const toNobody = (attempt: Attempt, kind: Kind, name: string): { destination: string; writes: Write[] } => {
  const { context, pool } = attempt
  const { store, clock } = context
  const count = store.attempts.count(nobodyOf(context, pool, name), purpose, limits.signInCodesPerHour, clock.now())
  return { destination: simulatedDetails(context, pool, [kind.attribute], name).destination, writes: [count] }
}

const toUser = async (
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

const ask = async (kind: Kind, attempt: Attempt, next: ChallengeStep): Promise<Asked> => {
  const role = roleOf(next)
  const { nobody } = attempt.carried
  const code = attempt.context.random.digits(digitsOf(role))
  const address = nobody ?? addressOf(attempt, kind, next)
  const { destination, writes } =
    nobody === undefined ? await toUser(attempt, kind, { address, code }) : toNobody(attempt, kind, nobody)
  return {
    parameters: {
      CODE_DELIVERY_DELIVERY_MEDIUM: kind.attribute === 'email' ? 'EMAIL' : 'SMS',
      CODE_DELIVERY_DESTINATION: destination,
      USER_ID_FOR_SRP: attempt.user.username,
    },
    writes,
    state: newState(attempt, role, code, address),
    ...(role === 'first-factor' ? { available: [kind.step] } : {}),
  }
}

const givenCode = ({ keys }: Kind, answers: Answers): string => {
  const given = keys.map((key) => answers[key]).find((code) => code)
  if (given) return given
  throw invalidParameter(`Missing required parameter ${keys[0]}`)
}

// What was allowed when the code was sent must be allowed still: pool and user may have changed since.
const requireStillDue = async ({ context, pool, user, carried }: Attempt, kind: Kind, role: Role): Promise<void> => {
  const { firstFactor, secondFactor } = kind
  if (role === 'first-factor') {
    if (firstFactor && (await firstFactorsOf(context, pool, user)).includes(firstFactor)) return
    throw invalidSession(`${kind.step} is no first factor of the user any more`)
  }
  const rules = mfaRulesOf(pool)
  const mfaUser = mfaUserOf(pool, user, await context.store.softwareTokens.find(pool.id, user.id))
  if (role === 'second-factor') {
    if (secondFactor && activeFactors(rules, mfaUser).includes(secondFactor)) return
    throw invalidSession(`${kind.step} is no second factor of the user any more`)
  }
  const due = nextStep(rules, mfaUser, carried.proved)
  if (secondFactor && due.step === 'MFA_SETUP' && due.choices.includes(secondFactor)) return
  throw invalidSession(`${kind.step} is no factor that the user may set up any more`)
}

const changeBy = ({ user }: Attempt, kind: Kind, role: Role, address: string): UserChange => {
  const { attribute, secondFactor } = kind
  const attributes = { ...user.attributes, [attribute]: address, [`${attribute}_verified`]: 'true' }
  if (role === 'set-up' && secondFactor) {
    return { attributes, mfa: { ...user.mfa, enabled: [...new Set([...user.mfa.enabled, secondFactor])] } }
  }
  return role === 'first-factor' && user.status === 'UNCONFIRMED' ? { attributes, status: 'CONFIRMED' } : { attributes }
}

// A right code verifies the address; one that lets in by itself confirms the user too (protocol/authentication 3.5,
// 5.3.10).
const passedBy = async (attempt: Attempt, kind: Kind, role: Role, address: string): Promise<Passed> => {
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

const check = async (kind: Kind, attempt: CountedAttempt, given: string): Promise<Passed> => {
  const { keys } = attempt.context
  const { role, salt, mac, address: sealed } = stateOf(attempt.session) as CodeState
  if (!keys.seal.macMatches(macInput(salt, given), purpose, mac)) throw wrongCode('another code was sent')
  const address = keys.seal.openRow(sealed, sealedPlaces.signInCode(attempt.user)).toString('utf8')
  await requireStillDue(attempt, kind, role)
  if (role !== 'set-up' && attempt.user.attributes[kind.attribute] !== address) {
    throw invalidSession('the address that the code went to is the user’s no more')
  }
  return passedBy(attempt, kind, role, address)
}

const challengeOf = (kind: Kind): Challenge => ({
  ask: (attempt, next) => ask(kind, attempt, next),
  read: (answers) => {
    const given = givenCode(kind, answers)
    return (attempt) => check(kind, attempt, given)
  },
  readUnknown: (answers) => {
    givenCode(kind, answers)
    return () => Promise.reject(wrongCode('no such user'))
  },
})

/** The challenge EMAIL_OTP. */
export const emailCode: Challenge = challengeOf(emailKind)

/** The challenge SMS_MFA. */
export const smsMfaCode: Challenge = challengeOf(smsMfaKind)

/** The challenge SMS_OTP. */
export const smsSignInCode: Challenge = challengeOf(smsSignInKind)
