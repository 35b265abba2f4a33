import * as flow from '../../flows/users/list-users.ts'
import type { Operation } from '../operation.ts'
import { userShape } from '../shapes.ts'

const pageSize = 60

/** Lists users, all or by a filter (protocol/administration 4.3). */
export const listUsers: Operation<'ListUsers'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const limit = input.Limit || pageSize
  const { users, next } = await flow.listUsers(context, {
    pool,
    filter: input.Filter,
    limit,
    page: input.PaginationToken,
  })
  const wanted = input.AttributesToGet && new Set(input.AttributesToGet)
  return {
    Users: users.map((user) => userShape(user, wanted && ((name) => wanted.has(name)))),
    ...(next === undefined ? {} : { PaginationToken: next }),
  }
}
