// The room of callers: who asks, and how much they may ask. This file finds the app client that a request names, its pool
// and its secrets; the door takes the proof that the caller holds one of them.
//
//   app-client.ts       the app client of a request, its pool, its secrets
//   access-token.ts     the user that an access token speaks for
//   signing.ts          the keys that sign a pool's tokens, and the issuer that they name
//   scopes.ts           the custom scopes of a pool
//   take-share.ts       an open request takes its share, before anything slow
//   shares.ts           what each source, client and pool asked for of late
//   trusted-proxies.ts  the proxies that are believed about where requests come from
import type { Context, RequestContext } from '../../context.ts'
import { resourceNotFound } from '../../errors.ts'
import type { Client, ClientChange, Pool, Write } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** An app client with the pool it belongs to. */
export type AppClient = { readonly client: Client; readonly pool: Pool }

/**
 * Finds an app client and its pool.
 *
 * @throws ServiceError ResourceNotFoundException when there is no such client, or its pool is gone
 */
export const openClient = async (
  { store, subject }: Pick<RequestContext, 'store' | 'subject'>,
  clientId: string,
): Promise<AppClient> => {
  const client = await store.clients.get(clientId)
  subject.client ??= client.id
  subject.pool ??= client.poolId
  return { client, pool: await store.pools.get(client.poolId) }
}

/**
 * Finds an app client of a named pool, for administration.
 *
 * @throws ServiceError ResourceNotFoundException when pool or client are missing, or do not belong together
 */
export const openClientOf = async ({ store }: Context, poolId: string, clientId: string): Promise<AppClient> => {
  const pool = await store.pools.find(poolId)
  if (!pool) throw resourceNotFound(`User pool ${poolId} does not exist.`)
  return { pool, client: await store.clients.getOf(poolId, clientId) }
}

/** The secrets of a client, in the clear; empty for a public client. */
export const secretsOf = ({ keys }: Context, client: Client): string[] =>
  client.secrets.map(({ sealed }) => keys.seal.openRow(sealed, sealedPlaces.clientSecret(client)).toString('utf8'))

/** The change of a client; secrets that were sealed in a former way, or under a former key, are sealed anew by it. */
export const changeClient = ({ store, keys, clock }: Context, client: Client, to: ClientChange): Write => {
  const secrets = (to.secrets ?? client.secrets).map((secret) => ({
    ...secret,
    sealed: keys.seal.sealAgain(secret.sealed, sealedPlaces.clientSecret(client)) ?? secret.sealed,
  }))
  return store.clients.change(client, { ...to, secrets }, clock.now())
}
