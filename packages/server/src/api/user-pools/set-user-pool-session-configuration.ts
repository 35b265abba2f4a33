import { requireWhole } from '../whole-number.ts'
import type { Operation } from '../operation.ts'
import { checkSettings } from './pool-checks.ts'
import { sessionConfiguration } from './session-configuration.ts'

/** Sets whether a pool tracks sessions, and how many a user may have (protocol/authentication 7.4.1). */
export const setUserPoolSessionConfiguration: Operation<'SetUserPoolSessionConfiguration'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const { MaxPerUser: maxPerUser } = input.TokenSession
  requireWhole('tokenSession.maxPerUser', maxPerUser, { least: 1, most: 100 })
  const settings = {
    ...pool.settings,
    sessionTracking: { enabled: input.UserSessionTracking === 'ENABLED', maxPerUser },
  }
  checkSettings(context, settings, { region: pool.region })
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return sessionConfiguration({ ...pool, settings })
}
