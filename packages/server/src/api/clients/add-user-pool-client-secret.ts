import { invalidParameter, ServiceError } from '../../errors.ts'
import { changeClient, openClientOf } from '../../flows/callers/app-client.ts'
import { seconds, type Operation } from '../operation.ts'
import { generateSecret, newSecret, secretLimit } from './client-secret.ts'

/** Adds a secret to an app client. A generated secret is shown, this once (protocol/administration 2.3). */
export const addUserPoolClientSecret: Operation<'AddUserPoolClientSecret'> = async (context, input) => {
  const { client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  // A first secret would shut out all applications of a public client (protocol/administration 2.3.6).
  if (client.secrets.length === 0) throw invalidParameter('A secret can be added to a client that has one only.')
  if (client.secrets.length >= secretLimit) {
    throw new ServiceError('LimitExceededException', `Client secrets cannot exceed limit of ${secretLimit} secrets.`)
  }
  const plain = input.ClientSecret ?? generateSecret(context)
  const secret = newSecret(context, client, plain)
  await context.store.commit([changeClient(context, client, { secrets: [...client.secrets, secret] })])
  return {
    ClientSecretDescriptor: {
      ClientSecretId: secret.id,
      ...(input.ClientSecret === undefined ? { ClientSecretValue: plain } : {}),
      ClientSecretCreateDate: seconds(secret.createdAt),
    },
  }
}
