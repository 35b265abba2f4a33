import { openAccessToken } from '../../flows/callers/access-token.ts'
import * as flow from '../../flows/factors/devices.ts'
import type { Operation } from '../operation.ts'
import { listedDevice } from './device-shape.ts'

/** Lists the caller's devices, in pages (protocol/authentication 7.1.9). */
export const listDevices: Operation<'ListDevices'> = async (context, input) => {
  const { user } = await openAccessToken(context, input.AccessToken)
  const operation = 'ListDevices'
  const { devices, next } = await flow.listDevices(context, {
    operation,
    user,
    limit: input.Limit,
    page: input.PaginationToken,
  })
  return { Devices: devices.map(listedDevice), ...(next === undefined ? {} : { PaginationToken: next }) }
}
