import { forgetDevice } from '../../flows/factors/devices.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Forgets a device of a user. */
export const adminForgetDevice: Operation<'AdminForgetDevice'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await forgetDevice(context, user, input.DeviceKey)
  return {}
}
