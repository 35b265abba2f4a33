import { listDevices } from '../../flows/factors/devices.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'
import { deviceShape } from './device-shape.ts'

/** Lists a user's devices, in pages. */
export const adminListDevices: Operation<'AdminListDevices'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const operation = 'AdminListDevices'
  const page = { operation, user, limit: input.Limit, page: input.PaginationToken }
  const { devices, next } = await listDevices(context, page)
  return {
    Devices: devices.map((device) => deviceShape(context, pool, user, device)),
    ...(next === undefined ? {} : { PaginationToken: next }),
  }
}
