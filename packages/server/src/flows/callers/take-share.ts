// Takes an unsigned request from its share, before any slow work (requirement 123). Signed requests come from the
// operator: they take no share here, and wait in the shares of their access keys.
import type { ShareKind } from '../../config.ts'
import type { RequestContext } from '../../context.ts'
import { tooManyRequests } from '../../errors.ts'

/** The slow work with which a request begins: password hashing or SRP powers. */
export type SlowWork = 'passwords' | 'powers'

/** The share kinds and the first work of a request. */
export type Asked = {
  readonly kinds: readonly ShareKind[]
  /** The app client id in the request, which need not exist. */
  readonly clientId?: string | undefined
  readonly begins?: SlowWork | undefined
}

/**
 * Takes a request from the shares of its source, its client and its pool. When a request begins with slow work and its
 * source has no place left in the queue, it is refused here, before its attempt is counted.
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
