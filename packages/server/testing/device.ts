// For tests of devices: what a client library keeps of a device, and the proofs it makes with it
// (protocol/authentication 4.A).
import { begin, beginByPassword, respond } from './sign-in.ts'
import { goodPassword, type PoolUnderTest } from './pool.ts'
import { srpKeys, srpSignature, srpTimestamp, type SrpKeys } from '../../client/src/srp.ts'
import { padHex } from '../src/rules/srp.ts'
import type { AuthenticationResultType, Inputs, InitiateAuthResponse } from '../src/wire/model.gen.ts'

/** What a client keeps of a device. */
export type TestDevice = { readonly key: string; readonly groupKey: string; readonly password: string }

/** The sign-in that gave a device key, and what ConfirmDevice wants. */
export type Issued = {
  readonly device: TestDevice
  readonly tokens: AuthenticationResultType & { AccessToken: string; RefreshToken: string }
  readonly confirmation: Inputs['ConfirmDevice']
}

/** The secret that a device is confirmed with. */
export const devicePassword = 'nYWbUDOqr/6MuBBn6PJfso0fEl3I7xTNR+szPxg9uiAKAhfx2SRVyQ=='

const base64 = (hex: string): string => padHex(hex).toString('base64')

/** What is confirmed of the device key in an answer. @throws Error when it gave none */
export const issuedBy = async (
  at: PoolUnderTest,
  { AuthenticationResult: result, ChallengeName }: InitiateAuthResponse,
): Promise<Issued> => {
  const { DeviceKey: key, DeviceGroupKey: groupKey } = result?.NewDeviceMetadata ?? {}
  if (!result?.AccessToken || !result.RefreshToken || !key || !groupKey) throw new Error(`no key, but ${ChallengeName}`)
  const identity = { poolName: groupKey, username: key, password: devicePassword }
  const { salt, verifier } = await at.server.context.keys.makeSrpVerifier(identity)
  const { AccessToken, RefreshToken } = result
  return {
    device: { key, groupKey, password: devicePassword },
    tokens: { ...result, AccessToken, RefreshToken },
    confirmation: {
      AccessToken,
      DeviceKey: key,
      DeviceName: 'phone',
      DeviceSecretVerifierConfig: { Salt: base64(salt), PasswordVerifier: base64(verifier) },
    },
  }
}

/** A confirmed device of a user who signs in by password, and by the code of an authenticator app where one is given. */
export const confirmedDevice = async (at: PoolUnderTest, username: string, code?: () => string): Promise<Issued> => {
  const started = await beginByPassword(at, username)
  const answers = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code?.() ?? '' }
  const ended = code ? await respond(at, 'SOFTWARE_TOKEN_MFA', started.Session ?? '', answers) : started
  const issued = await issuedBy(at, ended)
  await at.server.call('ConfirmDevice', issued.confirmation)
  return issued
}

/** USER_PASSWORD_AUTH with a device key. */
export const startWith = (
  at: PoolUnderTest,
  USERNAME: string,
  DEVICE_KEY: string,
  PASSWORD: string = goodPassword,
): Promise<InitiateAuthResponse> => begin(at, { USERNAME, PASSWORD, DEVICE_KEY }, { AuthFlow: 'USER_PASSWORD_AUTH' })

/** Answers DEVICE_SRP_AUTH. */
export const answerDeviceSrp = (
  at: PoolUnderTest,
  challenge: InitiateAuthResponse,
  device: TestDevice,
  keys: SrpKeys,
): Promise<InitiateAuthResponse> =>
  respond(at, 'DEVICE_SRP_AUTH', challenge.Session ?? '', {
    USERNAME: challenge.ChallengeParameters?.['USERNAME'] ?? '',
    DEVICE_KEY: device.key,
    SRP_A: keys.A.toString(16),
  })

/** The answer to DEVICE_PASSWORD_VERIFIER, without a Session. */
export const proofOf = async (
  at: PoolUnderTest,
  { ChallengeParameters: asked = {} }: InitiateAuthResponse,
  device: TestDevice,
  keys: SrpKeys,
  timestamp: string = srpTimestamp(at.server.context.clock.now()),
): Promise<Inputs['RespondToAuthChallenge']> => {
  const secretBlock = asked['SECRET_BLOCK'] ?? ''
  const { key, groupKey, password } = device
  const exchange = { keys, salt: asked['SALT'] ?? '', B: asked['SRP_B'] ?? '', secretBlock, timestamp }
  return {
    ClientId: at.ClientId,
    ChallengeName: 'DEVICE_PASSWORD_VERIFIER',
    ChallengeResponses: {
      USERNAME: asked['USERNAME'] ?? '',
      DEVICE_KEY: key,
      PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
      PASSWORD_CLAIM_SIGNATURE: await srpSignature({ poolName: groupKey, userId: key, password, ...exchange }),
      TIMESTAMP: timestamp,
    },
  }
}

/** Answers DEVICE_SRP_AUTH, and makes the proof that answers what follows. */
export const proveDevice = async (
  at: PoolUnderTest,
  challenge: InitiateAuthResponse,
  device: TestDevice,
): Promise<Inputs['RespondToAuthChallenge']> => {
  const keys = srpKeys()
  return proofOf(at, await answerDeviceSrp(at, challenge, device, keys), device, keys)
}
