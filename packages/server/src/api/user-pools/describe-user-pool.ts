import type { Operation } from '../operation.ts'
import { poolShape } from './pool-shape.ts'

/** Describes a user pool (protocol/administration 1.2). */
export const describeUserPool: Operation<'DescribeUserPool'> = async (context, input) => ({
  UserPool: await poolShape(context, await context.store.pools.get(input.UserPoolId)),
})
