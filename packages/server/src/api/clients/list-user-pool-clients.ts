import { readPage, writePage } from '../../flows/paging.ts'
import type { Operation } from '../operation.ts'

const pageSize = 60

/** Lists the app clients of a pool (protocol/administration 2.1). No client registers itself with this server. */
export const listUserPoolClients: Operation<'ListUserPoolClients'> = async (context, input) => {
  const { store } = context
  const pool = await store.pools.get(input.UserPoolId)
  const list = { operation: 'ListUserPoolClients', scope: [pool.id, input.ClientType ?? ''] }
  const after = readPage(context, list, input.NextToken) as string | undefined
  if (input.ClientType === 'DCR') return { UserPoolClients: [] }
  const limit = input.MaxResults ?? pageSize
  // One row more than requested shows whether there is another page.
  const clients = await store.clients.list(pool.id, after ?? '', limit + 1)
  const shown = clients.slice(0, limit)
  const last = clients.length > limit ? shown.at(-1) : undefined
  return {
    UserPoolClients: shown.map(({ id, poolId, name }) => ({ ClientId: id, UserPoolId: poolId, ClientName: name })),
    ...(last ? { NextToken: writePage(context, list, last.id) } : {}),
  }
}
