import { changeClient, openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { checkSettings, requestedSettings } from './client-request.ts'
import { clientShape } from './client-shape.ts'

/** Changes the settings of an app client; id, secrets and creation date stay (protocol/administration 2.1). */
export const updateUserPoolClient: Operation<'UpdateUserPoolClient'> = async (context, input) => {
  const { store, clock } = context
  const { pool, client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  const name = input.ClientName ?? client.name
  const settings = requestedSettings(input, { ...client.settings, clientName: name })
  await checkSettings(context, pool, { settings, hasSecret: client.secrets.length > 0, occasion: 'updating' })
  await store.commit([changeClient(context, client, { name, settings })])
  return { UserPoolClient: clientShape(context, { ...client, name, settings, updatedAt: clock.now() }) }
}
