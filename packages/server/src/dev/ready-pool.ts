// The pool and app client that the development server has ready. Their ids are always the same, so that scripts and
// test suites can name them.
import type { Context } from '../context.ts'
import { newSigningKeys } from '../flows/callers/signing.ts'
import type { ClientSettings } from '../rules/client-settings.ts'
import { defaultPoolSettings, type PoolSettings } from '../rules/pool-settings.ts'
import { readyClientId as clientId, readyPoolId } from '../rules/ready-pool.ts'
import type { Client, Pool } from '../store/index.ts'

/** The ids for a developer's client. */
export type ReadyPool = { readonly poolId: string; readonly clientId: string }

const settings = (): PoolSettings => ({
  ...defaultPoolSettings(),
  usernameAttributes: ['email'],
  autoVerifiedAttributes: ['email'],
  usernameConfiguration: { caseSensitive: false },
  mfaConfiguration: 'ON',
  softwareTokenMfaConfiguration: { enabled: true },
})

const clientSettings: ClientSettings = {
  clientName: 'development',
  explicitAuthFlows: [
    'ALLOW_ADMIN_USER_PASSWORD_AUTH',
    'ALLOW_USER_PASSWORD_AUTH',
    'ALLOW_USER_SRP_AUTH',
    'ALLOW_USER_AUTH',
    'ALLOW_REFRESH_TOKEN_AUTH',
  ],
  preventUserExistenceErrors: 'ENABLED',
}

/** Creates the ready pool and its client, if they are missing. */
export const ensureReadyPool = async (context: Context): Promise<ReadyPool> => {
  const { store, clock } = context
  const { region } = context.settings
  const poolId = readyPoolId(region)
  const ready = { poolId, clientId }
  if (await store.pools.find(poolId)) return ready
  const now = clock.now()
  const pool: Pool = {
    id: poolId,
    region,
    name: 'development',
    settings: settings(),
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  const client: Client = {
    id: clientId,
    poolId,
    name: 'development',
    settings: clientSettings,
    secrets: [],
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  await store.commit([store.pools.add(pool), store.clients.add(client), ...(await newSigningKeys(context, poolId))])
  return ready
}
