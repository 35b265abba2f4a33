import type { Operation } from '../operation.ts'

/** Switches on or off that the users of a pool are told by mail of changes to their password, addresses and factors. */
export const setUserPoolNotificationConfiguration: Operation<'SetUserPoolNotificationConfiguration'> = async (
  { store, clock },
  { UserPoolId, Enabled },
) => {
  const pool = await store.pools.get(UserPoolId)
  const settings = { ...pool.settings, notices: { enabled: Enabled } }
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return { UserPoolId, Enabled }
}
