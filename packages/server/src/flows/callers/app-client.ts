// The room of callers: it identifies the caller of a request and limits the number of requests. This file finds the app
// client that a request names, its pool and its secrets; the door checks the caller's proof of a secret.
//
//   app-client.ts       the app client of a request, its pool, its secrets
//   access-token.ts     the user of an access token
//   signing.ts          the keys that sign a pool's tokens, and the issuer that they name
//   scopes.ts           the custom scopes of a pool
//   take-share.ts       takes an unsigned request from its share, before any slow work
//   shares.ts           counts the recent requests of each source, client and pool
//   trusted-proxies.ts  the proxies whose X-Forwarded-For header is believed
import type { Context, RequestContext } from '../../context.ts'
import { resourceNotFound } from '../../errors.ts'
import type { Client, ClientChange, Pool, Write } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** An app client and its pool. */
export type AppClient = { readonly client: Client; readonly pool: Pool }

/**
 * Finds an app client and its pool.
 *
 * @throws ServiceError ResourceNotFoundException when the client or its pool does not exist
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
 * Finds an app client in a named pool, for administration.
 *
 * @throws ServiceError ResourceNotFoundException when the pool does not exist, or has no such client
 */
export const openClientOf = async ({ store }: Context, poolId: string, clientId: string): Promise<AppClient> => {
  const pool = await store.pools.find(poolId)
  if (!pool) throw resourceNotFound(`User pool ${poolId} does not exist.`)
  return { pool, client: await store.clients.getOf(poolId, clientId) }
}

/** The secrets of a client, in the clear; empty for a public client. */
export const secretsOf = ({ keys }: Context, client: Client): string[] =>
  client.secrets.map(({ sealed }) => keys.seal.openRow(sealed, sealedPlaces.clientSecret(client)).toString('utf8'))

/** Changes a client. Secrets that were sealed in a former format or under a former key are sealed again. */
export const changeClient = ({ store, keys, clock }: Context, client: Client, to: ClientChange): Write => {
  const secrets = (to.secrets ?? client.secrets).map((secret) => ({
    ...secret,
    sealed: keys.seal.sealAgain(secret.sealed, sealedPlaces.clientSecret(client)) ?? secret.sealed,
  }))
  return store.clients.change(client, { ...to, secrets }, clock.now())
}
