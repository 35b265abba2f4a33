import { openAccessToken } from '../../flows/callers/access-token.ts'
import * as flow from '../../flows/factors/devices.ts'
import type { Operation } from '../operation.ts'

/** Confirms the device key that the sign-in of the access token gave (protocol/authentication 7.1.3 to 7.1.5). */
export const confirmDevice: Operation<'ConfirmDevice'> = async (context, input) => {
  const caller = await openAccessToken(context, input.AccessToken)
  const { consentNeeded } = await flow.confirmDevice(context, caller, {
    key: input.DeviceKey,
    name: input.DeviceName,
    salt: input.DeviceSecretVerifierConfig?.Salt,
    verifier: input.DeviceSecretVerifierConfig?.PasswordVerifier,
  })
  return { UserConfirmationNecessary: consentNeeded }
}
