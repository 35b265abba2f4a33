import type { Operation } from '../operation.ts'

/** Switches the notices of a pool on or off: mail to users about changes of their password, addresses and factors. */
export const setUserPoolNotificationConfiguration: Operation<'SetUserPoolNotificationConfiguration'> = async (
  { store, clock },
  { UserPoolId, Enabled },
) => {
  const pool = await store.pools.get(UserPoolId)
  const settings = { ...pool.settings, notices: { enabled: Enabled } }
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return { UserPoolId, Enabled }
}
