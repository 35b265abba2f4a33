import { readPage, writePage } from '../../flows/paging.ts'
import type { Operation } from '../operation.ts'
import { serverShape } from './server-shape.ts'

const pageSize = 50

/** Lists the resource servers of a pool (protocol/administration 8). */
export const listResourceServers: Operation<'ListResourceServers'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const list = { operation: 'ListResourceServers', scope: [pool.id] }
  const after = readPage(context, list, input.NextToken) as string | undefined
  const limit = input.MaxResults ?? pageSize
  // One row more than requested shows whether there is another page.
  const servers = await context.store.resourceServers.list(pool.id, after ?? '', limit + 1)
  const shown = servers.slice(0, limit)
  const last = servers.length > limit ? shown.at(-1) : undefined
  return {
    ResourceServers: shown.map(serverShape),
    ...(last ? { NextToken: writePage(context, list, last.identifier) } : {}),
  }
}
