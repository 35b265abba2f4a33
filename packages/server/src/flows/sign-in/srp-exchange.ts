// One exchange of SRP, for passwords and for devices. A client shows its public value before it sees the server's, so
// the first request computes the whole exchange: the Session seals the key for the answer (protocol/authentication 4).
import { timingSafeEqual } from 'node:crypto'
import { limits } from '../../config.ts'
import type { RequestContext } from '../../context.ts'
import type { SrpExchange } from '../../keys/index.ts'
import { claimSignature, readPublicValue, readTimestamp } from '../../rules/srp.ts'
import { invalidSession, type OpenedSession } from '../sessions/session-token.ts'
import { incorrect } from '../sessions/wrong-answer.ts'
import { FieldFault, required } from './field-fault.ts'
import type { SrpClaim } from './values.ts'

/** A client's public value. @throws FieldFault for one that must be refused (requirements 28, 29) */
export const clientPublicValue = (given: string): string => {
  const value = readPublicValue(given)
  if (value === undefined) throw new FieldFault('public-value', 'malformed')
  return value
}

/** The server's half of an exchange, with the key that a client shares which knows the secret of the verifier. */
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

const exponentLength = 32

/** Refuses a claim that lacks something. @throws FieldFault */
export const requireClaim = ({ signature, time }: SrpClaim): void => {
  required(signature, 'signature')
  required(time, 'time')
}

/**
 * Refuses a claim in another text than the service signs, or ahead of the server's clock, which a development server may
 * have moved (protocol/authentication 4.7). A clock behind is no reason: a claim proves its own exchange alone, which is
 * minutes old and serves once, so that the time in it keeps no old claim from anything. The proof is not looked at.
 *
 * @throws FieldFault for a text that is no time; ServiceError NotAuthorizedException otherwise
 */
export const checkClaimTime = ({ clock }: RequestContext, text: string): void => {
  const time = readTimestamp(text)
  if (!time) throw new FieldFault('time', 'malformed')
  if (!time.canonical) throw incorrect('the time is not in the form of Thu Mar 5 07:08:09 UTC 2026')
  const aheadSeconds = (time.at - clock.now()) / 1000
  if (aheadSeconds <= limits.claimAheadSeconds) return
  throw incorrect(`the time of the claim is ${Math.round(aheadSeconds)} s ahead of the server’s`)
}

/** Who signs a claim: pool and user, or the group and key of a device (protocol/authentication 4.A). */
export type Signer = { readonly poolName: string; readonly username: string }

/**
 * Whether a claim proves that the client shares the key of the exchange that a session waits for. It is over the
 * Session itself, which clients are given as a block (protocol/authentication 4.5).
 *
 * @throws ServiceError NotAuthorizedException for a session of no exchange
 */
export const claimHolds = (session: OpenedSession | undefined, signer: Signer, claim: SrpClaim): boolean => {
  if (!session?.secret) throw invalidSession('the session holds no key of an exchange')
  const signature = Buffer.from(claim.signature, 'base64')
  const secretBlock = Buffer.from(session.token, 'utf8')
  const expected = claimSignature(session.secret, { ...signer, secretBlock, timestamp: claim.time })
  return expected.length === signature.length && timingSafeEqual(expected, signature)
}
