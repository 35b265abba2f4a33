import { openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'

/** Deletes an app client; its tokens become invalid (protocol/administration 2). */
export const deleteUserPoolClient: Operation<'DeleteUserPoolClient'> = async (context, input) => {
  const { store, clock } = context
  const { client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  await store.commit([store.clients.remove(client), store.removals.client(client, clock.now())])
  return {}
}
