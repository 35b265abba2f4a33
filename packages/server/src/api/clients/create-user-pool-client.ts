import { invalidParameter, ServiceError } from '../../errors.ts'
import type { Client } from '../../store/index.ts'
import type { Operation } from '../operation.ts'
import { checkSettings, defaultClientSettings, requestedSettings } from './client-request.ts'
import { generateSecret, newClientId, newSecret } from './client-secret.ts'
import { clientShape } from './client-shape.ts'

/** The most clients of a pool (protocol/administration 13.4). */
const clientLimit = 1000

/** Creates an app client, with a secret if the request gives one or asks for one (protocol/administration 2.1, 2.2). */
export const createUserPoolClient: Operation<'CreateUserPoolClient'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const { ClientSecret: given, GenerateSecret: generate = false, ClientName: name } = input
  if (generate && given !== undefined) {
    throw invalidParameter('GenerateSecret and ClientSecret cannot be used together.')
  }
  const plain = generate ? generateSecret(context) : given
  const settings = requestedSettings(input, defaultClientSettings(name))
  await checkSettings(context, pool, { settings, hasSecret: plain !== undefined, occasion: 'creating' })
  if ((await store.clients.count(pool.id, clientLimit)) >= clientLimit) {
    throw new ServiceError('LimitExceededException', `A user pool can have at most ${clientLimit} clients.`)
  }
  const id = newClientId(context)
  const now = clock.now()
  const client: Client = {
    id,
    poolId: pool.id,
    name,
    settings,
    secrets: plain === undefined ? [] : [newSecret(context, { poolId: pool.id, id, secrets: [] }, plain)],
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  context.subject.client = id
  await store.commit([store.clients.add(client)])
  return { UserPoolClient: clientShape(context, client) }
}
