import { openClientOf } from '../../flows/callers/app-client.ts'
import { seconds, type Operation } from '../operation.ts'

/** Lists the secrets of an app client, without their values (protocol/administration 2.3). */
export const listUserPoolClientSecrets: Operation<'ListUserPoolClientSecrets'> = async (context, input) => {
  const { client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  return {
    ClientSecrets: client.secrets.map(({ id, createdAt }) => ({
      ClientSecretId: id,
      ClientSecretCreateDate: seconds(createdAt),
    })),
  }
}
