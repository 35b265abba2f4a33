// USER_SRP_AUTH and PASSWORD_VERIFIER: a password proved without being sent. A client shows A before it sees B, so the
// first request computes the whole exchange. The SECRET_BLOCK is a Session that seals its key and names a row; an answer
// uses the row up. A user who does not exist gets a steady made-up challenge that no answer fits
// (protocol/authentication 2.4, 4; requirements 13, 28 to 32).
import { timingSafeEqual } from 'node:crypto'
import { limits } from '../../config.ts'
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import type { SrpExchange } from '../../keys/index.ts'
import { claimSignature, minimalHex, readPublicValue, readTimestamp, srpPrime } from '../../rules/srp.ts'
import type { Pool, User } from '../../store/index.ts'
import { srpPoolName } from '../users/passwords.ts'
import type {
  Answers,
  Asked,
  Attempt,
  Begun,
  Challenge,
  ChallengeStep,
  Check,
  CountedAttempt,
  Passed,
  Start,
} from './attempt.ts'
import { madeUp } from '../users/decoy.ts'
import { attemptOf, openUser, requireFlow, requireParameter } from './opening.ts'
import { incorrect } from './password.ts'
import { invalidSession, newSession, type OpenedSession } from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

const verifierStep = 'PASSWORD_VERIFIER'

type Verifier = { readonly salt: string; readonly verifier: string }

const exponentLength = 32

/** A client's A. @throws ServiceError InvalidParameterException for one that must be refused (requirements 28, 29) */
export const clientPublicValue = (given: string): string => {
  const value = readPublicValue(given)
  if (value === undefined) throw invalidParameter('SRP_A is not a valid public value.')
  return value
}

/** The server's half of an exchange, with the key that a client shares which knows what the verifier is of. */
export const beginExchange = async (
  context: RequestContext,
  clientPublic: string,
  verifier: string,
): Promise<SrpExchange> => {
  const exponent = context.random.bytes(exponentLength)
  const exchange = await context.keys.modularPower.srpExchange({ clientPublic, verifier, exponent })
  // One chance in 2^256; drawing again is the rule (protocol/authentication 4.3).
  return exchange ?? beginExchange(context, clientPublic, verifier)
}

/** Who signs a claim: pool and user, or the groups and keys of a device (protocol/authentication 4.A). */
export type Signer = { readonly poolName: string; readonly username: string }

/**
 * Whether a claim proves that the client shares the key of the exchange that this session is of.
 *
 * @throws ServiceError NotAuthorizedException for a session of no exchange
 */
export const claimHolds = (
  session: OpenedSession | undefined,
  signer: Signer,
  { signature, secretBlock, timestamp }: SentClaim,
): boolean => {
  const key = session?.secret
  if (!key) throw invalidSession('the session holds no key of an exchange')
  const expected = claimSignature(key, { ...signer, secretBlock, timestamp })
  return expected.length === signature.length && timingSafeEqual(expected, signature)
}

/** The SECRET_BLOCK is the Session in Base64, as clients expect it (protocol/authentication 4.5). */
export const secretBlockOf = (session: string): string => Buffer.from(session, 'utf8').toString('base64')

/** The Session that a SECRET_BLOCK holds; both alphabets of Base64 are read (protocol/authentication 4.5). */
export const sessionOfBlock = (secretBlock: string): string => Buffer.from(secretBlock, 'base64').toString('utf8')

const storedVerifier = ({ keys }: RequestContext, user: User): Verifier | undefined =>
  user.srpSealed === undefined
    ? undefined
    : (JSON.parse(keys.seal.openRow(user.srpSealed, sealedPlaces.srpVerifier(user)).toString('utf8')) as Verifier)

const madeUpVerifier = (context: RequestContext, pool: Pool, name: string): Verifier => {
  const part = (index: number): string => madeUp(context, pool, name, `verifier ${index}`).toString('hex')
  const digits = Array.from({ length: 12 }, (_, index) => part(index)).join('')
  const salt = minimalHex(madeUp(context, pool, name, 'salt').subarray(0, 16))
  return { salt, verifier: (BigInt(`0x${digits}`) % srpPrime).toString(16) }
}

/**
 * Begins USER_SRP_AUTH. A wrong answer to its challenge says what a wrong password says; a right one goes on like it.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2
 */
export const beginBySrp = async (context: RequestContext, start: Start): Promise<Begun> => {
  requireFlow(start, 'USER_SRP_AUTH')
  requireParameter(start.parameters, 'USERNAME')
  const publicValue = requireParameter(start.parameters, 'SRP_A')
  const opened = await openUser(context, start)
  const asked: Passed = { writes: [], next: { step: verifierStep, publicValue, name: opened.name } }
  return { attempt: attemptOf(context, start, opened), opened, take: async () => asked }
}

// The made-up verifier serves nobody, and a user without a password.
const askForProof = async ({ context, pool, client, user, carried }: Attempt, next: ChallengeStep): Promise<Asked> => {
  if (next.step !== verifierStep) throw new Error(`${next.step} is no proof by SRP`)
  const clientPublic = clientPublicValue(next.publicValue)
  const verifier = storedVerifier(context, user) ?? madeUpVerifier(context, pool, next.name)
  const exchange = await beginExchange(context, clientPublic, verifier.verifier)
  const session = newSession(context, { client, user, step: verifierStep, progress: carried, secret: exchange.key })
  const parameters = {
    SALT: verifier.salt,
    SECRET_BLOCK: secretBlockOf(session.token),
    SRP_B: exchange.serverPublic,
    USERNAME: user.username,
    USER_ID_FOR_SRP: user.username,
  }
  return { parameters, session }
}

/**
 * Refuses a claim in another text than the service signs, or ahead of the server's clock, which a development server may
 * have moved (protocol/authentication 4.7). A clock behind is no reason: a claim proves its own exchange alone, which
 * is minutes old and serves once, so that the time in it keeps no old claim from anything. The proof is not looked at.
 *
 * @throws ServiceError InvalidParameterException for a text that is no time; NotAuthorizedException otherwise
 */
export const checkTimestamp = ({ clock }: RequestContext, timestamp: string): void => {
  const time = readTimestamp(timestamp)
  if (!time) throw invalidParameter('TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.')
  if (!time.canonical) throw incorrect('TIMESTAMP is not in the form of Thu Mar 5 07:08:09 UTC 2026')
  const aheadSeconds = (time.at - clock.now()) / 1000
  if (aheadSeconds <= limits.claimAheadSeconds) return
  throw incorrect(`the time of the claim is ${Math.round(aheadSeconds)} s ahead of the server’s`)
}

/** A claim as it was sent. */
export type SentClaim = { readonly signature: Buffer; readonly secretBlock: Buffer; readonly timestamp: string }

/** The three parts of a claim. @throws ServiceError InvalidParameterException when one is missing */
export const claimOf = (answers: Answers): SentClaim => {
  return {
    signature: Buffer.from(requireParameter(answers, 'PASSWORD_CLAIM_SIGNATURE'), 'base64'),
    secretBlock: Buffer.from(requireParameter(answers, 'PASSWORD_CLAIM_SECRET_BLOCK'), 'base64'),
    timestamp: requireParameter(answers, 'TIMESTAMP'),
  }
}

// No claim fits a verifier that was made up: nobody knows what it is of (protocol/authentication 2.4).
const checkClaim = async ({ context, user, session }: CountedAttempt, claim: SentClaim): Promise<Passed> => {
  checkTimestamp(context, claim.timestamp)
  const signer = { poolName: srpPoolName(user.poolId), username: user.username }
  const holds = claimHolds(session, signer, claim)
  if (user.srpSealed === undefined)
    throw new WrongAnswer(incorrect('there is no such user, or the user has no SRP verifier'))
  if (!holds) throw new WrongAnswer(incorrect('the proof does not hold'))
  const sealed = context.keys.seal.sealAgain(user.srpSealed, sealedPlaces.srpVerifier(user))
  return { proof: 'password', writes: context.store.users.sealAgain(user, sealed) }
}

const readClaim = (answers: Answers): Check => {
  const claim = claimOf(answers)
  return (attempt) => checkClaim(attempt, claim)
}

/** The challenge PASSWORD_VERIFIER. */
export const passwordVerifier: Challenge = {
  // The plain flow sends no Session: its SECRET_BLOCK holds it (protocol/authentication 3.6.6).
  sessionIn: (answers) => sessionOfBlock(requireParameter(answers, 'PASSWORD_CLAIM_SECRET_BLOCK')),
  ask: askForProof,
  read: readClaim,
  readUnknown: readClaim,
}
