// The wire shape of an app client (protocol/administration 2.1).
import type { Context } from '../../context.ts'
import { secretsOf } from '../../flows/callers/app-client.ts'
import type { Client } from '../../store/index.ts'
import type { UserPoolClientType } from '../../wire/model.gen.ts'
import { seconds } from '../operation.ts'
import { toWire } from '../settings-case.ts'

/** A client with all its settings and its newest secret, in the clear as on Cognito. */
export const clientShape = (context: Context, client: Client): UserPoolClientType => {
  // The session of the managed login has separate operations.
  const { explicitAuthFlows, ssoSession: _, ...settings } = client.settings
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    ClientSecret: secretsOf(context, client).at(-1),
    LastModifiedDate: seconds(client.updatedAt),
    CreationDate: seconds(client.createdAt),
    ...toWire(settings),
    // Present even if no unit was given.
    TokenValidityUnits: settings.tokenValidityUnits ? toWire(settings.tokenValidityUnits) : {},
    // Validation lets only values of the model in.
    ExplicitAuthFlows: explicitAuthFlows as UserPoolClientType['ExplicitAuthFlows'],
  }
}
