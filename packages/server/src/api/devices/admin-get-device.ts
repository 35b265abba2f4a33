import { getDevice } from '../../flows/factors/devices.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'
import { deviceShape } from './device-shape.ts'

/** Describes a device of a user. */
export const adminGetDevice: Operation<'AdminGetDevice'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  return { Device: deviceShape(context, pool, user, await getDevice(context, user, input.DeviceKey)) }
}
