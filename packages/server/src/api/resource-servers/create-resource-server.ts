import { invalidParameter, ServiceError } from '../../errors.ts'
import type { Operation } from '../operation.ts'
import { requestedScopes, serverShape } from './server-shape.ts'

/** The most resource servers of a pool (protocol/administration 8). */
const serverLimit = 25

/** Creates a resource server with its scopes (protocol/administration 8). */
export const createResourceServer: Operation<'CreateResourceServer'> = async ({ store }, input) => {
  const { id: poolId } = await store.pools.get(input.UserPoolId)
  const { Identifier: identifier, Name: name } = input
  const server = { poolId, identifier, name, scopes: requestedScopes(input.Scopes) }
  if ((await store.resourceServers.list(poolId, '', serverLimit)).length >= serverLimit) {
    throw new ServiceError('LimitExceededException', `A user pool can have at most ${serverLimit} resource servers.`)
  }
  const taken = (): Error => invalidParameter(`${identifier} already exists in user pool ${poolId}.`)
  await store.commit([store.resourceServers.add(server, taken)])
  return { ResourceServer: serverShape(server) }
}
