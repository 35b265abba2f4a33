import * as flow from '../../flows/factors/devices.ts'
import type { Operation } from '../operation.ts'
import { deviceCaller } from './device-caller.ts'

/** Forgets a device of the caller; it no longer replaces a second factor. */
export const forgetDevice: Operation<'ForgetDevice'> = async (context, input) => {
  const { user } = await deviceCaller(context, input.AccessToken)
  await flow.forgetDevice(context, user, input.DeviceKey)
  return {}
}
