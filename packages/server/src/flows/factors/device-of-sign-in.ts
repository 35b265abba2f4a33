// The device that a sign-in comes from: whose key the caller sent, and whether the user has it
// (protocol/authentication 7.1.2, 7.1.6 to 7.1.8).
import type { RequestContext } from '../../context.ts'
import { cutText } from '../../rules/text.ts'
import type { Device, Pool, User } from '../../store/index.ts'
import { deviceUnknown } from '../../store/devices.ts'
import type { Carried } from '../sessions/progress.ts'
import { tracksDevices } from './devices.ts'

/** Longer than any key, and no longer than that. */
const longestKept = 56

/**
 * The device key that a request sends; undefined where none counts, as in the Admin operations
 * (protocol/authentication 7.1.8).
 */
export const sentDeviceKey = ({
  pool,
  admin,
  deviceKey = '',
}: {
  readonly pool: Pool
  readonly admin: boolean
  readonly deviceKey: string | undefined
}): string | undefined => (admin || !tracksDevices(pool) ? undefined : cutText(deviceKey, longestKept) || undefined)

/** The device that a sign-in goes on with: a key that is sent takes the place of another, whose proof is void then. */
export const withSentDevice = (carried: Carried, sent: string | undefined): Carried => {
  if (sent === undefined || sent === carried.deviceKey) return carried
  return { ...carried, deviceKey: sent, proved: carried.proved.filter((proof) => proof !== 'device') }
}

/** Whose device is looked for. */
export type DeviceSearch = {
  readonly pool: Pool
  readonly user: User
  readonly admin: boolean
  readonly carried: Carried
}

/** The device of a sign-in, as it stands now; undefined where the pool tracks none, or the user has none of that key. */
export const findDevice = async (
  { store }: RequestContext,
  { pool, user, admin, carried }: DeviceSearch,
): Promise<Device | undefined> =>
  admin || carried.deviceKey === undefined || !tracksDevices(pool)
    ? undefined
    : store.devices.find(pool.id, user.id, carried.deviceKey)

/**
 * The device of a sign-in whose proof was right. A key of an earlier request that has become unknown is passed by: the
 * client was told, or will be, and repeats its answer without it (protocol/authentication 7.5.7).
 *
 * @throws ServiceError ResourceNotFoundException when this very request sent a key that the user does not have
 */
export const requireKnownDevice = async (
  attempt: DeviceSearch & { readonly context: RequestContext; readonly sentDeviceKey: string | undefined },
): Promise<Device | undefined> => {
  const device = await findDevice(attempt.context, attempt)
  if (!device && attempt.sentDeviceKey !== undefined) throw deviceUnknown()
  return device
}
