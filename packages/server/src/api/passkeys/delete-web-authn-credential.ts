import { removePasskey } from '../../flows/factors/passkeys.ts'
import type { Operation } from '../operation.ts'

/** Removes a passkey of the caller (protocol/authentication 7.2). */
export const deleteWebAuthnCredential: Operation<'DeleteWebAuthnCredential'> = async (context, input) => {
  await removePasskey(context, input.AccessToken, input.CredentialId)
  return {}
}
