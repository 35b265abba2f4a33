import { openAccessToken } from '../../flows/callers/access-token.ts'
import * as flow from '../../flows/factors/devices.ts'
import type { Operation } from '../operation.ts'

/** Sets whether a device of the caller is remembered (protocol/authentication 7.1.3). */
export const updateDeviceStatus: Operation<'UpdateDeviceStatus'> = async (context, input) => {
  const { user } = await openAccessToken(context, input.AccessToken)
  await flow.updateDeviceStatus(context, user, input.DeviceKey, input.DeviceRememberedStatus)
  return {}
}
