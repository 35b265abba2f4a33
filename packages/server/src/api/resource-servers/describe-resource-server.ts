import type { Operation } from '../operation.ts'
import { serverShape } from './server-shape.ts'

/** Describes a resource server (protocol/administration 8). */
export const describeResourceServer: Operation<'DescribeResourceServer'> = async ({ store }, input) => {
  const pool = await store.pools.get(input.UserPoolId)
  return { ResourceServer: serverShape(await store.resourceServers.get(pool.id, input.Identifier)) }
}
