// The session configuration of an app client on the wire.
import type { Client } from '../../store/index.ts'
import type { GetUserPoolClientSessionConfigurationResponse } from '../../wire/model.gen.ts'

/** The default time, in minutes, in which a client reuses a session of the managed login. */
const defaultMinutes = 60

/** The answer of both operations (protocol/authentication 7.4.2). */
export const clientSessionConfiguration = (client: Client): GetUserPoolClientSessionConfigurationResponse => ({
  UserPoolId: client.poolId,
  ClientId: client.id,
  SSOSession: { MaxValidityMinutes: client.settings.ssoSession?.maxValidityMinutes ?? defaultMinutes },
})
