import { completeRegistration } from '../../flows/factors/passkeys.ts'
import type { Operation } from '../operation.ts'

/** Ends the registration of a passkey (protocol/authentication 7.2.3). */
export const completeWebAuthnRegistration: Operation<'CompleteWebAuthnRegistration'> = async (context, input) => {
  await completeRegistration(context, input.AccessToken, input.Credential)
  return {}
}
