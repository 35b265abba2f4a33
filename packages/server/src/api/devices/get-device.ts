import * as flow from '../../flows/factors/devices.ts'
import type { Operation } from '../operation.ts'
import { deviceCaller } from './device-caller.ts'
import { deviceShape } from './device-shape.ts'

/** Describes a device of the caller (protocol/authentication 7.1.9). */
export const getDevice: Operation<'GetDevice'> = async (context, input) => {
  const { pool, user } = await deviceCaller(context, input.AccessToken)
  return { Device: deviceShape(context, pool, user, await flow.getDevice(context, user, input.DeviceKey)) }
}
