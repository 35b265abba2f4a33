// A remembered device proves the secret it was confirmed with, in place of a second factor: first it shows a public
// value, then it answers the exchange. Every step looks at the device anew: one that was forgotten, or is not remembered
// any more, proves nothing (protocol/authentication 3.8, 4.A, 7.1).
import type { RequestContext } from '../../context.ts'
import type { Device } from '../../store/index.ts'
import { deviceUnknown } from '../../store/devices.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { findDevice } from '../factors/device-of-sign-in.ts'
import { mfaRulesOf } from '../factors/mfa.ts'
import { carriedBy, invalidSession } from '../sessions/session-token.ts'
import { incorrect, WrongAnswer } from '../sessions/wrong-answer.ts'
import type { Attempt, Challenge } from './attempt.ts'
import { required } from './field-fault.ts'
import { beginExchange, checkClaimTime, claimHolds, clientPublicValue, requireClaim } from './srp-exchange.ts'

/** The challenge to a device to show its public value. */
export const device: Challenge<'device'> = {
  issue: async (attempt) => {
    const { key } = await rememberedDevice(attempt)
    return { told: { deviceKey: key }, state: undefined }
  },
  take: async (attempt, { publicValue, deviceKey }) => {
    required(publicValue, 'public-value')
    await askedDevice(attempt, required(deviceKey, 'device-key'))
    return { writes: [], next: { challenge: 'device-proof', publicValue } }
  },
}

/** The challenge of a device's proof. A wrong one counts like a wrong password. */
export const deviceProof: Challenge<'device-proof'> = {
  issue: async (attempt, { publicValue }) => {
    const { context } = attempt
    const clientPublic = clientPublicValue(publicValue)
    const remembered = await rememberedDevice(attempt)
    const { salt, verifier } = verifierOf(context, remembered)
    const { serverPublic, key } = await beginExchange(context, clientPublic, verifier)
    return { told: { salt, serverPublic, deviceKey: remembered.key }, state: undefined, secret: key }
  },
  read: (answer) => {
    requireClaim(answer)
    const deviceKey = required(answer.deviceKey, 'device-key')
    return async (attempt) => {
      const { context, session } = attempt
      const asked = await askedDevice(attempt, deviceKey)
      checkClaimTime(context, answer.time)
      const signer = { poolName: asked.groupKey, username: asked.key }
      if (!claimHolds(session, signer, answer)) {
        throw new WrongAnswer(incorrect('the proof of the device does not hold'))
      }
      const sealed = context.keys.seal.sealAgain(asked.verifierSealed, sealedPlaces.deviceVerifier(asked))
      const writes = context.store.devices.sealAgain(asked, sealed)
      return { proof: 'device', writes, source: 'AuthenticateDevice' }
    }
  },
}

// The answer names the device that was asked; a key that differs from the session's proves nothing in it.
const askedDevice = (attempt: Attempt, sent: string): Promise<Device> => {
  const asked = attempt.session && carriedBy(attempt.session).deviceKey
  if (sent !== asked) throw invalidSession('the session waits for another device')
  return rememberedDevice(attempt)
}

/**
 * The device that the sign-in waits for, while it may still take the place of a second factor.
 *
 * @throws ServiceError ResourceNotFoundException when it was forgotten; NotAuthorizedException otherwise
 */
const rememberedDevice = async (attempt: Attempt): Promise<Device> => {
  if (attempt.admin) throw invalidSession('the admin operations know no devices')
  const found = await findDevice(attempt.context, attempt)
  if (!mfaRulesOf(attempt.pool).devices) throw invalidSession('the pool lets no device take the place of a factor')
  if (!found) throw deviceUnknown()
  if (!found.remembered) throw invalidSession('the device is not remembered any more')
  return found
}

type DeviceVerifier = { readonly salt: string; readonly verifier: string }

// What ConfirmDevice stored.
const verifierOf = ({ keys }: RequestContext, found: Device): DeviceVerifier =>
  JSON.parse(
    keys.seal.openRow(found.verifierSealed, sealedPlaces.deviceVerifier(found)).toString('utf8'),
  ) as DeviceVerifier
