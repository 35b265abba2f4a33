// Finds the device of a sign-in, from the device key that the caller sent and the devices of the user
// (protocol/authentication 7.1.2, 7.1.6 to 7.1.8).
import type { RequestContext } from '../../context.ts'
import { cutText } from '../../rules/text.ts'
import type { Device, Pool, User } from '../../store/index.ts'
import { deviceUnknown } from '../../store/devices.ts'
import type { Carried } from '../sessions/progress.ts'
import { tracksDevices } from './devices.ts'

/** A longer key than this is cut: no device has one. */
const longestKept = 56

/**
 * The device key of a request; undefined when the pool tracks no devices, and in the Admin operations
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

/** Continues a sign-in with the device key that was sent. It replaces another key, whose proof is then void. */
export const withSentDevice = (carried: Carried, sent: string | undefined): Carried => {
  if (sent === undefined || sent === carried.deviceKey) return carried
  return { ...carried, deviceKey: sent, proved: carried.proved.filter((proof) => proof !== 'device') }
}

/** The sign-in whose device is looked up. */
export type DeviceSearch = {
  readonly pool: Pool
  readonly user: User
  readonly admin: boolean
  readonly carried: Carried
}

/**
 * The device of a sign-in, read now; undefined when the pool tracks no devices, or the user has no device of that key.
 */
export const findDevice = async (
  { store }: RequestContext,
  { pool, user, admin, carried }: DeviceSearch,
): Promise<Device | undefined> =>
  admin || carried.deviceKey === undefined || !tracksDevices(pool)
    ? undefined
    : store.devices.find(pool.id, user.id, carried.deviceKey)

/**
 * The device of a sign-in that has passed its challenge. An unknown key from an earlier request is ignored: the client
 * gets that refusal elsewhere, and repeats its answer without the key (protocol/authentication 7.5.7).
 *
 * @throws ServiceError ResourceNotFoundException when the current request sent a key that the user does not have
 */
export const requireKnownDevice = async (
  attempt: DeviceSearch & { readonly context: RequestContext; readonly sentDeviceKey: string | undefined },
): Promise<Device | undefined> => {
  const device = await findDevice(attempt.context, attempt)
  if (!device && attempt.sentDeviceKey !== undefined) throw deviceUnknown()
  return device
}
