import { openAccessToken } from '../../flows/callers/access-token.ts'
import { updateDeviceStatus as update } from '../../flows/factors/devices.ts'
import type { Operation } from '../operation.ts'

/** Has a device of the caller remembered, or not (protocol/authentication 7.1.3). */
export const updateDeviceStatus: Operation<'UpdateDeviceStatus'> = async (context, input) => {
  const { user } = await openAccessToken(context, input.AccessToken)
  await update(context, user, input.DeviceKey, input.DeviceRememberedStatus)
  return {}
}
