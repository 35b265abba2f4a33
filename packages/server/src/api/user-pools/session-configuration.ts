// The session configuration of a pool on the wire.
import { sessionTrackingOf } from '../../flows/tokens/session-tracking.ts'
import type { Pool } from '../../store/index.ts'
import type { GetUserPoolSessionConfigurationResponse } from '../../wire/model.gen.ts'

/** The answer of both operations (protocol/authentication 7.4.1). */
export const sessionConfiguration = (pool: Pool): GetUserPoolSessionConfigurationResponse => {
  const { enabled, maxPerUser } = sessionTrackingOf(pool)
  return {
    UserPoolId: pool.id,
    UserSessionTracking: enabled ? 'ENABLED' : 'DISABLED',
    TokenSession: { MaxPerUser: maxPerUser },
  }
}
