import type { Operation } from '../operation.ts'
import { requestedScopes, serverShape } from './server-shape.ts'

/** Replaces the name and the scopes of a resource server (protocol/administration 8). */
export const updateResourceServer: Operation<'UpdateResourceServer'> = async ({ store }, input) => {
  const pool = await store.pools.get(input.UserPoolId)
  const before = await store.resourceServers.get(pool.id, input.Identifier)
  const server = { ...before, name: input.Name, scopes: requestedScopes(input.Scopes) }
  await store.commit([store.resourceServers.change(server)])
  return { ResourceServer: serverShape(server) }
}
