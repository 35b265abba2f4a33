import { invalidParameter, resourceNotFound } from '../../errors.ts'
import { changeClient, openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'

/** Deletes one of two secrets of an app client; the last one stays (protocol/administration 2.3). */
export const deleteUserPoolClientSecret: Operation<'DeleteUserPoolClientSecret'> = async (context, input) => {
  const { client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  const secrets = client.secrets.filter(({ id }) => id !== input.ClientSecretId)
  if (secrets.length === client.secrets.length) {
    throw resourceNotFound(`Client secret ${input.ClientSecretId} does not exist.`)
  }
  if (secrets.length === 0) throw invalidParameter('The last secret of a client cannot be deleted.')
  await context.store.commit([changeClient(context, client, { secrets })])
  return {}
}
