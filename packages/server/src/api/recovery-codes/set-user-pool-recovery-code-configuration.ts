import type { Operation } from '../operation.ts'

/** Switches recovery codes of a pool on or off. Existing codes stay, and work again when they are switched on again. */
export const setUserPoolRecoveryCodeConfiguration: Operation<'SetUserPoolRecoveryCodeConfiguration'> = async (
  { store, clock },
  { UserPoolId, Enabled },
) => {
  const pool = await store.pools.get(UserPoolId)
  const settings = { ...pool.settings, recoveryCodes: { enabled: Enabled } }
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return { UserPoolId, Enabled }
}
