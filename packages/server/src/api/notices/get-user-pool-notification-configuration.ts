import { hasNotices } from '../../flows/messages/notices.ts'
import type { Operation } from '../operation.ts'

/** Says whether a pool notifies its users of changes. */
export const getUserPoolNotificationConfiguration: Operation<'GetUserPoolNotificationConfiguration'> = async (
  { store },
  { UserPoolId },
) => ({ UserPoolId, Enabled: hasNotices(await store.pools.get(UserPoolId)) })
