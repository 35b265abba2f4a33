import type { Operation } from '../operation.ts'
import { checkSettings, requestedSettings } from './pool-request.ts'

/** Replaces the settings of a user pool (spec: administration 1.7). */
export const updateUserPool: Operation<'UpdateUserPool'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const settings = requestedSettings(input, pool.settings)
  checkSettings(context, settings, { region: pool.region, tierBefore: pool.settings.userPoolTier })
  await store.commit([store.pools.change(pool, { name: input.PoolName ?? pool.name, settings }, clock.now())])
  return {}
}
