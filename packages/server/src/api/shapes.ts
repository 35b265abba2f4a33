// Wire shapes that several operations read or answer with.
import { invalidParameter } from '../errors.ts'
import type { DeliveryDetails } from '../flows/messages/delivery-details.ts'
import type { User } from '../store/index.ts'
import type { AttributeType, CodeDeliveryDetailsType, UserType } from '../wire/model.gen.ts'
import { seconds } from './operation.ts'

const flags: readonly string[] = ['email_verified', 'phone_number_verified']

// SDKs write booleans in lower or upper case; lower case is stored.
const valueOf = ({ Name, Value = '' }: AttributeType): string => (flags.includes(Name) ? Value.toLowerCase() : Value)

/** Attributes as a record. @throws ServiceError InvalidParameterException when one is named twice */
export const attributeRecord = (list: readonly AttributeType[] | undefined): Record<string, string> => {
  const entries = (list ?? []).map((attribute) => [attribute.Name, valueOf(attribute)] as const)
  const record = Object.fromEntries(entries)
  if (Object.keys(record).length < entries.length) throw invalidParameter('An attribute was given more than once.')
  return record
}

/** A user's attributes as a list, `sub` first. */
export const attributeList = (user: User, wanted: (name: string) => boolean = () => true): AttributeType[] =>
  [['sub', user.id] as const, ...Object.entries(user.attributes)]
    .filter(([name]) => wanted(name))
    .map(([Name, Value]) => ({ Name, Value }))

/** The delivery of a code. */
export const codeDeliveryDetails = (details: DeliveryDetails): CodeDeliveryDetailsType => ({
  Destination: details.destination,
  DeliveryMedium: details.attribute === 'email' ? 'EMAIL' : 'SMS',
  AttributeName: details.attribute,
})

/** A user, in the form of ListUsers and AdminCreateUser. */
export const userShape = (user: User, wanted?: (name: string) => boolean): UserType => ({
  Username: user.username,
  Attributes: attributeList(user, wanted),
  UserCreateDate: seconds(user.createdAt),
  UserLastModifiedDate: seconds(user.updatedAt),
  Enabled: user.enabled,
  UserStatus: user.status,
})
