// Makes the database of a benchmark: one pool without MFA, one that requires it, each with the same users.
import type { Argon2Parameters, Settings } from '../packages/server/src/config.ts'
import { systemClock } from '../packages/server/src/clock.ts'
import type { Context } from '../packages/server/src/context.ts'
import { newSigningKeys } from '../packages/server/src/flows/callers/signing.ts'
import { makeKeys } from '../packages/server/src/keys/index.ts'
import { readSealKeys } from '../packages/server/src/keys/seal.ts'
import { systemRandom } from '../packages/server/src/random.ts'
import { defaultPoolSettings } from '../packages/server/src/rules/pool-settings.ts'
import { openDatabase } from '../packages/server/src/store/database/open-database.ts'
import { openStore } from '../packages/server/src/store/index.ts'
import { seedUsers } from './seed.ts'

/** A pool and its client. */
export type Ids = { readonly poolId: string; readonly clientId: string }

/** The pools of a benchmark. */
export type BenchPools = { readonly plain: Ids; readonly mfa: Ids; readonly rotating: Ids }

const flows = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_USER_AUTH',
] as const

/** Makes the database. */
export const prepare = async ({
  database: url,
  sealKeys,
  parameters,
  users,
}: {
  readonly database: string
  readonly sealKeys: string
  readonly parameters: Argon2Parameters
  readonly users: number
}): Promise<BenchPools> => {
  const now = systemClock.now
  const silent = { lost: () => {}, waits: () => {}, exposed: () => {} }
  const database = await openDatabase({ database: url, poolSize: 2, mode: 'serve', now, ...silent })
  const keys = makeKeys({
    sealKeys: readSealKeys(sealKeys),
    argon2: parameters,
    hashQueueLimit: 100,
    signingStock: 0,
  })
  const store = openStore(database)
  const context = { store, keys, clock: systemClock, random: systemRandom, settings: {} as Settings } as Context
  const make = async (name: string, mfa: 'ON' | 'OFF'): Promise<Ids> => {
    const poolId = `zz-local-1_bench${name}`
    const clientId = `bench${name}`.padEnd(26, '0')
    const at = { version: 1, createdAt: now(), updatedAt: now() }
    const settings = {
      ...defaultPoolSettings(),
      usernameAttributes: ['email'] as const,
      autoVerifiedAttributes: ['email'] as const,
      mfaConfiguration: mfa,
      softwareTokenMfaConfiguration: { enabled: true },
      policies: {
        ...defaultPoolSettings().policies,
        signInPolicy: { allowedFirstAuthFactors: ['PASSWORD' as const, 'WEB_AUTHN' as const] },
      },
      webAuthnConfiguration: { relyingPartyId: 'localhost' },
    }
    await store.commit([
      store.pools.add({ id: poolId, region: 'zz-local-1', name, settings, ...at }),
      store.clients.add({
        id: clientId,
        poolId,
        name,
        settings: { clientName: name, explicitAuthFlows: [...flows, 'ALLOW_REFRESH_TOKEN_AUTH'] },
        secrets: [],
        ...at,
      }),
      ...(await newSigningKeys(context, poolId)),
    ])
    await seedUsers(context, poolId, users, mfa === 'ON')
    return { poolId, clientId }
  }
  const plain = await make('plain', 'OFF')
  const rotating = { poolId: plain.poolId, clientId: 'benchrotating'.padEnd(26, '0') }
  const refreshTokenRotation = { feature: 'ENABLED', retryGracePeriodSeconds: 0 } as const
  await store.commit([
    store.clients.add({
      id: rotating.clientId,
      poolId: plain.poolId,
      name: 'rotating',
      settings: { clientName: 'rotating', explicitAuthFlows: flows, refreshTokenRotation },
      secrets: [],
      version: 1,
      createdAt: now(),
      updatedAt: now(),
    }),
  ])
  const prepared = { plain, mfa: await make('mfa', 'ON'), rotating }
  await database.close()
  return prepared
}
