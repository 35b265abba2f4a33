// Takes the share of an open request, before anything slow is done for it (requirement 123). Signed requests take none:
// they are the operator's own, and wait in the shares of their access keys.
import type { ShareKind } from '../../config.ts'
import type { RequestContext } from '../../context.ts'

/**
 * Takes a request from the shares of its source, its client and its pool.
 *
 * @param clientId - the app client that the request names, whether there is one or not
 * @throws ServiceError TooManyRequestsException that names the share in `limit`
 */
export const takeShare = async (
  { store, shares, network, clock }: RequestContext,
  kinds: readonly ShareKind[],
  clientId: string | undefined,
): Promise<void> => {
  if (kinds.length === 0) return
  shares.check(kinds, network, clock.now())
  const client = clientId === undefined ? undefined : await store.clients.find(clientId)
  shares.take(kinds, { source: network, clientId: client?.id, poolId: client?.poolId }, clock.now())
}
