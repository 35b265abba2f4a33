// DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: a remembered device proves the secret it was confirmed with, in place
// of a second factor. Every step looks at the device anew: one that was forgotten, or is not remembered any more, proves
// nothing (protocol/authentication 3.8, 4.A, 7.1).
import type { RequestContext } from '../../context.ts'
import type { Device } from '../../store/index.ts'
import { deviceUnknown } from '../../store/devices.ts'
import { mfaRulesOf } from '../factors/mfa.ts'
import type { Asked, Attempt, Challenge, ChallengeStep } from './attempt.ts'
import { findDevice } from '../factors/device-of-sign-in.ts'
import { requireParameter } from './opening.ts'
import { incorrect } from './password.ts'
import { carriedBy, invalidSession, newSession } from '../sessions/session-token.ts'
import {
  beginExchange,
  checkTimestamp,
  claimHolds,
  claimOf,
  clientPublicValue,
  secretBlockOf,
  sessionOfBlock,
} from './srp.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

const verifierStep = 'DEVICE_PASSWORD_VERIFIER'

/** The verifier that ConfirmDevice stored, opened. */
export type DeviceVerifier = { readonly salt: string; readonly verifier: string }

const verifierOf = ({ keys }: RequestContext, device: Device): DeviceVerifier =>
  JSON.parse(
    keys.seal.openRow(device.verifierSealed, sealedPlaces.deviceVerifier(device)).toString('utf8'),
  ) as DeviceVerifier

/**
 * The device that the sign-in waits for, while it may still take the place of a second factor.
 *
 * @throws ServiceError ResourceNotFoundException when it was forgotten; NotAuthorizedException otherwise
 */
const rememberedDevice = async (attempt: Attempt): Promise<Device> => {
  if (attempt.admin) throw invalidSession('the admin operations know no devices')
  const device = await findDevice(attempt.context, attempt)
  if (!mfaRulesOf(attempt.pool).devices) throw invalidSession('the pool lets no device take the place of a factor')
  if (!device) throw deviceUnknown()
  if (!device.remembered) throw invalidSession('the device is not remembered any more')
  return device
}

// The answer names the device that was asked; a key that differs from the session's proves nothing in it.
const askedDevice = (attempt: Attempt, sent: string): Promise<Device> => {
  const asked = attempt.session && carriedBy(attempt.session).deviceKey
  if (sent !== asked) throw invalidSession('the session waits for another device')
  return rememberedDevice(attempt)
}

/** The challenge DEVICE_SRP_AUTH. */
export const deviceSrp: Challenge = {
  ask: async (attempt) => {
    const { key } = await rememberedDevice(attempt)
    return { parameters: { DEVICE_KEY: key, USERNAME: attempt.user.username } }
  },
  take: async (attempt, answers) => {
    const publicValue = requireParameter(answers, 'SRP_A')
    await askedDevice(attempt, requireParameter(answers, 'DEVICE_KEY'))
    return { writes: [], next: { step: verifierStep, publicValue } }
  },
}

const askForProof = async (attempt: Attempt, next: ChallengeStep): Promise<Asked> => {
  if (next.step !== verifierStep) throw new Error(`${next.step} is no proof of a device`)
  const { context, client, user, carried } = attempt
  const clientPublic = clientPublicValue(next.publicValue)
  const device = await rememberedDevice(attempt)
  const { salt, verifier } = verifierOf(context, device)
  const exchange = await beginExchange(context, clientPublic, verifier)
  const session = newSession(context, { client, user, step: verifierStep, progress: carried, secret: exchange.key })
  const parameters = {
    SALT: salt,
    SECRET_BLOCK: secretBlockOf(session.token),
    SRP_B: exchange.serverPublic,
    USERNAME: user.username,
    DEVICE_KEY: device.key,
  }
  return { parameters, session }
}

/** The challenge DEVICE_PASSWORD_VERIFIER. A wrong proof counts like a wrong password. */
export const devicePasswordVerifier: Challenge = {
  // Clients may send no Session: the SECRET_BLOCK holds it (protocol/authentication 3.6.6).
  sessionIn: (answers) => sessionOfBlock(requireParameter(answers, 'PASSWORD_CLAIM_SECRET_BLOCK')),
  ask: askForProof,
  read: (answers) => {
    const claim = claimOf(answers)
    const key = requireParameter(answers, 'DEVICE_KEY')
    return async (attempt) => {
      const { context, session } = attempt
      const device = await askedDevice(attempt, key)
      checkTimestamp(context, claim.timestamp)
      const signer = { poolName: device.groupKey, username: device.key }
      if (claimHolds(session, signer, claim)) {
        const sealed = context.keys.seal.sealAgain(device.verifierSealed, sealedPlaces.deviceVerifier(device))
        return {
          proof: 'device',
          writes: context.store.devices.sealAgain(device, sealed),
          source: 'AuthenticateDevice',
        }
      }
      throw new WrongAnswer(incorrect('the proof of the device does not hold'))
    }
  },
}
