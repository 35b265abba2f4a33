import { updateDeviceStatus } from '../../flows/factors/devices.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Sets whether a device of a user is remembered. */
export const adminUpdateDeviceStatus: Operation<'AdminUpdateDeviceStatus'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await updateDeviceStatus(context, user, input.DeviceKey, input.DeviceRememberedStatus)
  return {}
}
