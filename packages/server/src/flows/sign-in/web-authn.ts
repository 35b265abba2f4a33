// WEB_AUTHN: a signature of a passkey as first factor, in a pool that says so as both. The challenge stands in the
// session and is used up with it; the signature counter rises in the commit that gives tokens
// (protocol/authentication 3.4, 5.3.11, 7.2; W3C Web Authentication, 7.2).
import { invalidParameter, notAuthorized, type ServiceError } from '../../errors.ts'
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
import type { Asked, Attempt, Challenge, CountedAttempt, Passed } from './attempt.ts'
import { requireParameter } from './opening.ts'
import { invalidSession, stateOf } from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'

/** What a session of WEB_AUTHN remembers. */
type WebAuthnState = {
  readonly challenge: string
  readonly relyingParty: string
  readonly requireUserVerification: boolean
}

const wrong = (reason: string): ServiceError => notAuthorized('Passkey verification failed.', reason)

// A passkey is two factors where the pool says so and the user chose it, and then only by verifying its user
// (protocol/authentication 5.3.11).
const countsAsTwo = ({ settings }: Pool, { mfa }: User): boolean =>
  settings.webAuthnConfiguration?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION' && mfa.webAuthn === true

const ask = async ({ context, pool, user }: Attempt): Promise<Asked> => {
  const relyingParty = relyingPartyOf(context, pool)
  const passkeys = await passkeysFor(context, pool, user)
  if (relyingParty === undefined || passkeys.length === 0) throw invalidSession('the user has no passkey here any more')
  const challenge = context.random.bytes(32).toString('base64url')
  const requireUserVerification = userVerificationOf(pool) === 'required' || countsAsTwo(pool, user)
  const state: WebAuthnState = { challenge, relyingParty, requireUserVerification }
  const options = {
    challenge,
    timeout: 180_000,
    rpId: relyingParty,
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, type: 'public-key', transports })),
    userVerification: requireUserVerification ? 'required' : 'preferred',
  }
  return { parameters: { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(options) }, state }
}

const credentialIn = (sent: string): unknown => {
  try {
    return JSON.parse(sent)
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidParameter('CREDENTIAL is not valid JSON.')
    throw error
  }
}

const told = (error: unknown): unknown => {
  if (!(error instanceof CredentialFault)) return error
  if (error.fault !== 'malformed') return new WrongAnswer(wrong(error.message))
  return invalidParameter('CREDENTIAL is not a valid authentication response.', error.message)
}

const passkeyOf = async ({ context, pool, user }: Attempt, assertion: Assertion): Promise<Passkey> => {
  const passkey = (await passkeysFor(context, pool, user)).find(({ id }) => id === assertion.id)
  if (!passkey) throw new WrongAnswer(wrong('the user has no such passkey for this relying party'))
  if (!isOfUser(assertion, user.id)) throw new WrongAnswer(wrong('the passkey is of another user'))
  return passkey
}

// Two authenticators that hold one key count apart (WebAuthn, 6.1.1). It is said in the log: the user ought to know.
const counterFell = ({ context }: Attempt, { id, counter }: Passkey, given: number): WrongAnswer => {
  const fields = { passkey: id, stored: counter, given }
  context.log.warn(fields, 'the signature counter of a passkey did not rise: it may have been copied')
  return new WrongAnswer(wrong('the signature counter did not rise'))
}

const rises = (stored: number, given: number): boolean => given > stored || (given === 0 && stored === 0)

const signedBy = async (
  attempt: Attempt,
  state: WebAuthnState,
  sent: string,
): Promise<Signed & { readonly passkey: Passkey }> => {
  try {
    const assertion = readAssertion(credentialIn(sent))
    const passkey = await passkeyOf(attempt, assertion)
    return { ...(await verifyAssertion(assertion, passkey, state)), passkey }
  } catch (error) {
    throw told(error)
  }
}

const check = async (attempt: CountedAttempt, sent: string): Promise<Passed> => {
  const { context, pool, user, session } = attempt
  const offered = await firstFactorsOf(context, pool, user)
  if (!offered.includes('WEB_AUTHN')) throw invalidSession('the user may not sign in by passkey any more')
  const state = stateOf(session) as WebAuthnState
  const { passkey, counter, userVerified } = await signedBy(attempt, state, sent)
  if (!rises(passkey.counter, counter)) throw counterFell(attempt, passkey, counter)
  const refused = (): ServiceError => wrong('the passkey was used or removed meanwhile')
  return {
    proof: userVerified && countsAsTwo(pool, user) ? 'passkey-two-factors' : 'passkey',
    writes: [context.store.passkeys.advance(passkey, counter, refused)],
  }
}

/** The challenge WEB_AUTHN. It is asked of nobody: who does not exist has no passkey. */
export const webAuthn: Challenge = {
  ask,
  read: (answers) => {
    const sent = requireParameter(answers, 'CREDENTIAL')
    return (attempt) => check(attempt, sent)
  },
}
