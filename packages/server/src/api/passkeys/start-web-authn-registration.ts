import { beginRegistration } from '../../flows/factors/passkeys.ts'
import type { Outputs } from '../../wire/model.gen.ts'
import type { Operation } from '../operation.ts'

type Options = Outputs['StartWebAuthnRegistration']['CredentialCreationOptions']

/** Begins the registration of a passkey (protocol/authentication 7.2.2). */
export const startWebAuthnRegistration: Operation<'StartWebAuthnRegistration'> = async (context, input) => ({
  CredentialCreationOptions: (await beginRegistration(context, input.AccessToken)) as unknown as Options,
})
