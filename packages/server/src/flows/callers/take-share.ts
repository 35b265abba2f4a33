// Takes the share of an open request, before anything slow is done for it (requirement 123). Signed requests take none:
// they are the operator's own, and wait in the shares of their access keys.
import type { ShareKind } from '../../config.ts'
import type { RequestContext } from '../../context.ts'
import { tooManyRequests } from '../../errors.ts'

/** The slow work by which a request begins: of passwords, or of the powers of SRP. */
export type SlowWork = 'passwords' | 'powers'

/** What a request asks for. */
export type Asked = {
  readonly kinds: readonly ShareKind[]
  /** The app client that it names, whether there is one or not. */
  readonly clientId?: string | undefined
  readonly begins?: SlowWork | undefined
}

/**
 * Takes a request from the shares of its source, its client and its pool. A request that begins by slow work, and whose
 * source has no place in the queue of it, is refused here rather than after its attempt was counted.
 *
 * @throws ServiceError TooManyRequestsException that names the share or the queue in `limit`
 */
export const takeShare = async (context: RequestContext, { kinds, clientId, begins }: Asked): Promise<void> => {
  if (kinds.length === 0) return
  const { store, shares, network, clock } = context
  shares.check(kinds, network, clock.now())
  refuseWithoutPlace(context, begins)
  const client = clientId === undefined ? undefined : await store.clients.find(clientId)
  shares.take(kinds, { source: network, clientId: client?.id, poolId: client?.poolId }, clock.now())
}

const refuseWithoutPlace = ({ keys }: RequestContext, begins: SlowWork | undefined): void => {
  if (begins === 'passwords' && !keys.passwords.hasPlace())
    throw tooManyRequests('queue/password-checks', 'too many password checks wait')
  if (begins === 'powers' && !keys.modularPower.hasPlace())
    throw tooManyRequests('queue/powers', 'too many powers wait')
}
