import { openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { clientShape } from './client-shape.ts'

/** Describes an app client, including its newest secret (protocol/administration 2.1). */
export const describeUserPoolClient: Operation<'DescribeUserPoolClient'> = async (context, input) => {
  const { client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  return { UserPoolClient: clientShape(context, client) }
}
