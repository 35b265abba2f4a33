import type { Operation } from '../operation.ts'

/** Removes a resource server. Clients keep the names of its scopes, but get no tokens with them (protocol/administration 8). */
export const deleteResourceServer: Operation<'DeleteResourceServer'> = async ({ store }, input) => {
  const pool = await store.pools.get(input.UserPoolId)
  await store.commit([store.resourceServers.remove(await store.resourceServers.get(pool.id, input.Identifier))])
  return {}
}
