import { readPage, writePage } from '../../flows/paging.ts'
import type { Operation } from '../operation.ts'
import { seconds } from '../operation.ts'
import { toWire } from '../settings-case.ts'

/** Lists the user pools of a Region (protocol/administration 1.2). */
export const listUserPools: Operation<'ListUserPools'> = async (context, input) => {
  const { store, region } = context
  const list = { operation: 'ListUserPools', scope: [region] }
  const after = readPage(context, list, input.NextToken) as string | undefined
  // One row more than requested shows whether there is another page.
  const pools = await store.pools.list(region, after ?? '', input.MaxResults + 1)
  const shown = pools.slice(0, input.MaxResults)
  const last = pools.length > input.MaxResults ? shown.at(-1) : undefined
  return {
    UserPools: shown.map(({ id, name, settings, createdAt, updatedAt }) => ({
      Id: id,
      Name: name,
      ...toWire({ lambdaConfig: settings.lambdaConfig }),
      LastModifiedDate: seconds(updatedAt),
      CreationDate: seconds(createdAt),
    })),
    ...(last ? { NextToken: writePage(context, list, last.id) } : {}),
  }
}
