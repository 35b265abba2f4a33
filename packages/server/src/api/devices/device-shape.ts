// Devices on the wire (protocol/authentication 7.1.9).
import type { RequestContext } from '../../context.ts'
import { cognitoArn } from '../../rules/arn.ts'
import type { Device, Pool, User } from '../../store/index.ts'
import type { AttributeType, DeviceType } from '../../wire/model.gen.ts'
import { seconds } from '../operation.ts'

const ownAttributes = (device: Device): AttributeType[] => [
  { Name: 'device_status', Value: 'valid' },
  ...(device.name === undefined ? [] : [{ Name: 'device_name', Value: device.name }]),
  ...(device.lastIp === undefined ? [] : [{ Name: 'last_ip_used', Value: device.lastIp }]),
]

const wider = ({ settings }: RequestContext, pool: Pool, user: User, device: Device): AttributeType[] => {
  const owner = `${user.username}.${pool.id}`
  const arn = cognitoArn(pool.region, settings.accountId, `owner/${owner}/device/${device.key}`)
  return [
    { Name: 'dev:device_arn', Value: arn },
    { Name: 'dev:device_owner', Value: owner },
    { Name: 'dev:device_remembered_status', Value: device.remembered ? 'remembered' : 'not_remembered' },
    { Name: 'dev:device_sdk', Value: 'aws-sdk' },
  ]
}

const shapeOf = (device: Device, attributes: AttributeType[]): DeviceType => ({
  DeviceKey: device.key,
  DeviceAttributes: attributes,
  DeviceCreateDate: seconds(device.createdAt),
  DeviceLastModifiedDate: seconds(device.updatedAt),
  DeviceLastAuthenticatedDate: seconds(device.lastAuthenticatedAt),
})

/** A device, in the form of ListDevices. */
export const listedDevice = (device: Device): DeviceType => shapeOf(device, ownAttributes(device))

/** A device with all its attributes, in the form of the other operations. */
export const deviceShape = (context: RequestContext, pool: Pool, user: User, device: Device): DeviceType =>
  shapeOf(device, [...ownAttributes(device), ...wider(context, pool, user, device)])
