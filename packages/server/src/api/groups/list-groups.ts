import { readPage, writePage } from '../../flows/paging.ts'
import type { Operation } from '../operation.ts'
import { groupShape } from './group-shape.ts'

const pageSize = 60

/** Lists the groups of a pool, by name (protocol/administration 3.7). */
export const listGroups: Operation<'ListGroups'> = async (context, input) => {
  const { store } = context
  const { id: poolId } = await store.pools.get(input.UserPoolId)
  const paging = { operation: 'ListGroups', scope: [poolId] }
  const after = readPage(context, paging, input.NextToken) as string | undefined
  const limit = input.Limit || pageSize
  // One row more than requested shows whether there is another page.
  const groups = await store.groups.page({ poolId }, after ?? '', limit + 1)
  const shown = groups.slice(0, limit)
  const last = groups.length > limit ? shown.at(-1) : undefined
  return {
    Groups: shown.map(groupShape),
    ...(last ? { NextToken: writePage(context, paging, last.name) } : {}),
  }
}
