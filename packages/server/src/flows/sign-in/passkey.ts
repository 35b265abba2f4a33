// A passkey as first factor, or as both factors in a pool configured for that. The challenge stands in the session and
// is used up with it; the signature counter rises in the commit that ends the sign-in
// (protocol/authentication 3.4, 5.3.11, 7.2; W3C Web Authentication, 7.2).
import { notAuthorized, type ServiceError } from '../../errors.ts'
import type { Passkey, Pool, User } from '../../store/index.ts'
import { firstFactorsOf } from '../factors/first-factors.ts'
import { passkeysFor, relyingPartyOf, userVerificationOf } from '../factors/relying-party.ts'
import {
  CredentialFault,
  isOfUser,
  readAssertion,
  verifyAssertion,
  type Assertion,
  type Signed,
} from '../factors/web-authn.ts'
import { invalidSession } from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import type { Attempt, Challenge, Issued, Passed, PasskeyState, ReservedAttempt } from './attempt.ts'
import { FieldFault, required } from './field-fault.ts'

/** The challenge of a passkey. It is never issued for an unknown name: a decoy has no passkey. */
export const passkey: Challenge<'passkey'> = {
  issue: (attempt) => issue(attempt),
  read: ({ credential }) => {
    required(credential, 'credential')
    return (attempt, state) => check(attempt, credential, state)
  },
}

const issue = async ({ context, pool, user }: Attempt): Promise<Issued<'passkey'>> => {
  const relyingParty = relyingPartyOf(context, pool)
  const passkeys = await passkeysFor(context, pool, user)
  if (relyingParty === undefined || passkeys.length === 0) throw invalidSession('the user has no passkey here any more')
  const challenge = context.random.bytes(32).toString('base64url')
  const requireUserVerification = userVerificationOf(pool) === 'required' || countsAsTwo(pool, user)
  const options = {
    challenge,
    timeout: 180_000,
    rpId: relyingParty,
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, type: 'public-key', transports }) as const),
    userVerification: requireUserVerification ? 'required' : 'preferred',
  } as const
  return { told: { options }, state: { challenge, relyingParty, requireUserVerification } }
}

// A passkey is two factors where the pool says so and the user chose it, and then only by verifying its user
// (protocol/authentication 5.3.11).
const countsAsTwo = ({ settings }: Pool, { mfa }: User): boolean =>
  settings.webAuthnConfiguration?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION' && mfa.webAuthn === true

const check = async (attempt: ReservedAttempt, credential: string, state: PasskeyState): Promise<Passed> => {
  const { context, pool, user } = attempt
  const offered = await firstFactorsOf(context, pool, user)
  if (!offered.includes('passkey')) throw invalidSession('the user may not sign in by passkey any more')
  const { used, counter, userVerified } = await signedBy(attempt, state, credential)
  if (!rises(used.counter, counter)) throw counterFell(attempt, used, counter)
  const refused = (): ServiceError => wrong('the passkey was used or removed meanwhile')
  return {
    proof: userVerified && countsAsTwo(pool, user) ? 'passkey-two-factors' : 'passkey',
    writes: [context.store.passkeys.advance(used, counter, refused)],
  }
}

const wrong = (reason: string): ServiceError => notAuthorized('Passkey verification failed.', reason)

const signedBy = async (
  attempt: Attempt,
  state: PasskeyState,
  credential: string,
): Promise<Signed & { readonly used: Passkey }> => {
  try {
    const assertion = readAssertion(parsed(credential))
    const used = await passkeyOf(attempt, assertion)
    return { ...(await verifyAssertion(assertion, used, state)), used }
  } catch (error) {
    throw refusalOf(error)
  }
}

const parsed = (credential: string): unknown => {
  try {
    return JSON.parse(credential)
  } catch (error) {
    if (error instanceof SyntaxError) throw new FieldFault('credential', 'no-json')
    throw error
  }
}

const refusalOf = (error: unknown): unknown => {
  if (!(error instanceof CredentialFault)) return error
  if (error.fault !== 'malformed') return new WrongAnswer(wrong(error.message))
  return new FieldFault('credential', 'malformed', error.message)
}

const passkeyOf = async ({ context, pool, user }: Attempt, assertion: Assertion): Promise<Passkey> => {
  const found = (await passkeysFor(context, pool, user)).find(({ id }) => id === assertion.id)
  if (!found) throw new WrongAnswer(wrong('the user has no such passkey for this relying party'))
  if (!isOfUser(assertion, user.id)) throw new WrongAnswer(wrong('the passkey is of another user'))
  return found
}

const rises = (stored: number, given: number): boolean => given > stored || (given === 0 && stored === 0)

// Two authenticators that hold one key count apart (WebAuthn, 6.1.1). It is said in the log: the user ought to know.
const counterFell = ({ context }: Attempt, { id, counter }: Passkey, given: number): WrongAnswer => {
  const fields = { passkey: id, stored: counter, given }
  context.log.warn(fields, 'the signature counter of a passkey did not rise: it may have been copied')
  return new WrongAnswer(wrong('the signature counter did not rise'))
}
