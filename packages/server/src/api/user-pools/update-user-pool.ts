import type { Operation } from '../operation.ts'
import { refuseMfaWithoutFactor } from './mfa-settings.ts'
import { checkSettings } from './pool-checks.ts'
import { requestedSettings } from './pool-request.ts'

/** Changes the settings of a user pool. Absent members keep the setting or set the default (absent-members.ts). */
export const updateUserPool: Operation<'UpdateUserPool'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  refuseMfaWithoutFactor(input, pool.settings)
  const settings = requestedSettings(input, pool.settings)
  checkSettings(context, settings, { region: pool.region, tierBefore: pool.settings.userPoolTier })
  await store.commit([store.pools.change(pool, { name: input.PoolName ?? pool.name, settings }, clock.now())])
  return {}
}
