// A password proved by SRP, without being sent. The client is told the server's half of an exchange, and answers with a
// signature that only the password can make; an answer uses the session up. A decoy gets a steady made-up challenge that
// no answer fits (protocol/authentication 2.4, 4; requirements 13, 28 to 32).
import type { RequestContext } from '../../context.ts'
import { minimalHex, srpPrime } from '../../rules/srp.ts'
import type { Pool, User } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { incorrect, WrongAnswer } from '../sessions/wrong-answer.ts'
import { decoyBytes } from '../users/decoy.ts'
import { srpPoolName } from '../users/passwords.ts'
import type { Begun, Challenge, Check, Passed, ReservedAttempt } from './attempt.ts'
import { attemptOf, openUser, type Start } from './opening.ts'
import { beginExchange, checkClaimTime, claimHolds, clientPublicValue, requireClaim } from './srp-exchange.ts'
import type { SrpClaim } from './values.ts'

/**
 * Begins a sign-in by SRP. A wrong answer to its challenge says what a wrong password says; a right one goes on like it.
 *
 * @throws ServiceError UserNotFoundException where the client does not hide users
 */
export const beginBySrp = async (context: RequestContext, start: Start<'srp'>): Promise<Begun> => {
  const { name, publicValue } = start
  const opened = await openUser(context, start)
  const asked: Passed = { writes: [], next: { challenge: 'password-proof', publicValue, name } }
  return { attempt: attemptOf(context, start, opened), opened, take: async () => asked }
}

/** The challenge of a password's proof. */
export const passwordProof: Challenge<'password-proof'> = {
  issue: async ({ context, pool, user }, { publicValue, name }) => {
    const clientPublic = clientPublicValue(publicValue)
    const { salt, verifier } = storedVerifier(context, user) ?? madeUpVerifier(context, pool, name)
    const { serverPublic, key } = await beginExchange(context, clientPublic, verifier)
    return { told: { salt, serverPublic }, state: undefined, secret: key }
  },
  read: (answer) => readProof(answer),
  readUnknown: (answer) => readProof(answer),
}

const readProof = (claim: SrpClaim): Check => {
  requireClaim(claim)
  return (attempt) => checkProof(attempt, claim)
}

// No claim fits a verifier that was made up: it is of no password (protocol/authentication 2.4).
const checkProof = async ({ context, user, session }: ReservedAttempt, claim: SrpClaim): Promise<Passed> => {
  checkClaimTime(context, claim.time)
  const signer = { poolName: srpPoolName(user.poolId), username: user.username }
  const holds = claimHolds(session, signer, claim)
  if (user.srpSealed === undefined)
    throw new WrongAnswer(incorrect('there is no such user, or the user has no SRP verifier'))
  if (!holds) throw new WrongAnswer(incorrect('the proof does not hold'))
  const sealed = context.keys.seal.sealAgain(user.srpSealed, sealedPlaces.srpVerifier(user))
  return { proof: 'password', writes: context.store.users.sealAgain(user, sealed) }
}

type Verifier = { readonly salt: string; readonly verifier: string }

const storedVerifier = ({ keys }: RequestContext, user: User): Verifier | undefined =>
  user.srpSealed === undefined
    ? undefined
    : (JSON.parse(keys.seal.openRow(user.srpSealed, sealedPlaces.srpVerifier(user)).toString('utf8')) as Verifier)

// For decoys, and for users without a password.
const madeUpVerifier = (context: RequestContext, pool: Pool, name: string): Verifier => {
  const part = (index: number): string => decoyBytes(context, pool, name, `verifier ${index}`).toString('hex')
  const digits = Array.from({ length: 12 }, (_, index) => part(index)).join('')
  const salt = minimalHex(decoyBytes(context, pool, name, 'salt').subarray(0, 16))
  return { salt, verifier: (BigInt(`0x${digits}`) % srpPrime).toString(16) }
}
