// Changes a user's attributes: checks the change, and keeps verification marks, names and codes in step with it
// (protocol/administration 1.5, 1.10, 4.4; requirements 55 to 57).
import type { RequestContext } from '../../context.ts'
import { limits } from '../../config.ts'
import { invalidParameter } from '../../errors.ts'
import { checkAttributeDeletion, checkAttributeUpdate, checkWritable } from '../../rules/attributes.ts'
import { checkPreferredUsername } from '../../rules/user-names.ts'
import type { Client, Code, Pool, User, Write } from '../../store/index.ts'
import { changeUser } from './change-user.ts'
import { checkCode, newCode } from '../messages/codes.ts'
import { deliveryDetails, type AddressAttribute, type DeliveryDetails } from '../messages/delivery-details.ts'
import { sendCode } from '../messages/messages.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** A change of attributes. An empty value removes the attribute. */
export type AttributeChange = {
  readonly pool: Pool
  /** The client that the user signed in with; undefined for an administrator. */
  readonly client: Client | undefined
  readonly user: User
  readonly changes: Readonly<Record<string, string>>
  readonly clientMetadata: Readonly<Record<string, string>>
}

const purposes = { email: 'verify-email', phone_number: 'verify-phone_number' } as const

/** Makes the code that verifies an address, and its message. */
export const sendVerification = async (
  context: RequestContext,
  verification: {
    readonly pool: Pool
    readonly client: Client | undefined
    readonly user: User
    readonly attribute: AddressAttribute
    readonly address: string
    /** Whether the address replaces another one once it is verified. */
    readonly pending: boolean
    readonly occasion: 'UpdateUserAttribute' | 'VerifyUserAttribute'
    readonly clientMetadata: Readonly<Record<string, string>>
  },
): Promise<{ writes: Write[]; delivery: DeliveryDetails }> => {
  const { attribute, address } = verification
  const lifetimeSeconds = limits.attributeCodeSeconds
  const { code, put } = newCode(context, verification.user, {
    purpose: purposes[attribute],
    attribute,
    lifetimeSeconds,
    ...(verification.pending
      ? { pending: context.keys.seal.sealRow(address, sealedPlaces.pendingAddress(verification.user, attribute)) }
      : {}),
  })
  const destination = { attribute, address }
  const message = await sendCode(context, { ...verification, destination, code, lifetimeSeconds })
  return { writes: [put, message], delivery: deliveryDetails(destination) }
}

/**
 * Removes attributes.
 *
 * @param deletion.client - the client that the user signed in with; undefined for an administrator
 * @throws ServiceError by protocol/administration 1.5
 */
export const deleteAttributes = async (
  context: RequestContext,
  deletion: Omit<AttributeChange, 'changes' | 'clientMetadata'> & { readonly names: readonly string[] },
): Promise<void> => {
  const { pool, client, user, names } = deletion
  if (client) checkWritable(pool.settings.schemaAttributes, client.settings.writeAttributes, names)
  checkAttributeDeletion(pool.settings.schemaAttributes, names, { byAdmin: client === undefined })
  const changes = Object.fromEntries(names.map((name) => [name, '']))
  const attributes = applied({ ...deletion, changes, clientMetadata: {} }, [])
  await context.store.commit(changeUser(context, pool, user, { attributes }).writes)
}

const addresses: readonly AddressAttribute[] = ['email', 'phone_number']

const flagOf = (attribute: AddressAttribute): string => `${attribute}_verified`

const applied = (
  { user, changes }: AttributeChange,
  held: readonly AddressAttribute[],
): Readonly<Record<string, string>> => {
  const attributes = new Map(Object.entries(user.attributes))
  for (const [name, value] of Object.entries(changes)) {
    if (held.some((attribute) => name === attribute || name === flagOf(attribute))) continue
    if (value === '') attributes.delete(name)
    else attributes.set(name, value)
  }
  for (const attribute of addresses) {
    const changed = attributes.get(attribute) !== user.attributes[attribute]
    if (!attributes.has(attribute)) attributes.delete(flagOf(attribute))
    else if (changed && changes[flagOf(attribute)] === undefined) attributes.set(flagOf(attribute), 'false')
  }
  return Object.fromEntries(attributes)
}

const openPending = ({ keys }: RequestContext, { poolId, userId, attribute, pending }: Code): string | undefined =>
  pending && keys.seal.openRow(pending, sealedPlaces.pendingAddress({ poolId, id: userId }, attribute)).toString('utf8')

// The new address that still waits for its code.
const pendingAddress = async (
  context: RequestContext,
  user: User,
  attribute: AddressAttribute,
): Promise<string | undefined> => {
  const code = await context.store.codes.find(user.poolId, user.id, purposes[attribute])
  return code && code.expiresAt > context.clock.now() ? openPending(context, code) : undefined
}

/**
 * Sends the code that verifies an address of the caller: the new address that waits for its code, otherwise the current
 * one.
 *
 * @throws ServiceError InvalidParameterException when the attribute is not an address, or the user has no such address
 */
export const sendAttributeCode = async (
  context: RequestContext,
  codeRequest: Omit<AttributeChange, 'changes'> & { readonly attribute: string },
): Promise<DeliveryDetails> => {
  const { store, clock } = context
  const attribute = addressAttribute(codeRequest.attribute)
  const waitingAddress = await pendingAddress(context, codeRequest.user, attribute)
  const address = waitingAddress ?? codeRequest.user.attributes[attribute]
  if (!address) throw invalidParameter(`User does not have ${attribute} set.`)
  const { writes, delivery } = await sendVerification(context, {
    ...codeRequest,
    attribute,
    address,
    pending: waitingAddress !== undefined,
    occasion: 'VerifyUserAttribute',
  })
  const count = store.attempts.count(codeRequest.user, 'attribute-code', limits.attributeCodePerHour, clock.now())
  await store.commit([count, ...writes])
  return delivery
}

const addressAttribute = (name: string): AddressAttribute => {
  if (name === 'email' || name === 'phone_number') return name
  throw invalidParameter('Invalid attribute name. Only phone_number and email can be verified.')
}

/**
 * Verifies an address by its code; a new address that waited for the code replaces the old one.
 *
 * @throws ServiceError CodeMismatchException, ExpiredCodeException; AliasExistsException when the address belongs to
 * another user
 */
export const verifyAttribute = async (
  context: RequestContext,
  verification: { readonly pool: Pool; readonly user: User; readonly attribute: string; readonly code: string },
): Promise<void> => {
  const { store, clock } = context
  const { pool, user } = verification
  const attribute = addressAttribute(verification.attribute)
  const count = store.attempts.count(user, 'verify-attribute', limits.verifyAttributePerHour, clock.now())
  const tried = { subject: user, purpose: purposes[attribute], given: verification.code, count }
  const { stored, spend } = await checkCode(context, tried)
  const pending = openPending(context, stored)
  const address = pending ? { [attribute]: pending } : {}
  const attributes = { ...user.attributes, ...address, [flagOf(attribute)]: 'true' }
  await store.commit([spend, ...changeUser(context, pool, user, { attributes }).writes])
}

/**
 * Changes attributes.
 *
 * @returns the destinations of the codes that were sent
 * @throws ServiceError by protocol/administration 1.5; AliasExistsException when an address belongs to another user
 */
export const updateAttributes = async (
  context: RequestContext,
  change: AttributeChange,
): Promise<DeliveryDetails[]> => {
  const { pool, client, user } = change
  if (client)
    checkWritable(pool.settings.schemaAttributes, client.settings.writeAttributes, Object.keys(change.changes))
  checkAttributeUpdate(pool.settings.schemaAttributes, change.changes, {
    byAdmin: client === undefined,
    current: user.attributes,
  })
  checkPreferredUsername(pool.settings, change.changes['preferred_username'])
  const held = waiting(change)
  const changed = changeUser(context, pool, user, { attributes: applied(change, held) })
  const codes = await codesFor(context, change, changed.user, held)
  await context.store.commit([...changed.writes, ...codes.flatMap(({ writes }) => writes)])
  return codes.map(({ delivery }) => delivery)
}

/** The addresses whose old value stays until the new one is verified by its code (protocol/administration 1.10). */
const waiting = ({ pool, user, changes }: AttributeChange): AddressAttribute[] => {
  const held: readonly string[] =
    pool.settings.userAttributeUpdateSettings?.attributesRequireVerificationBeforeUpdate ?? []
  return addresses.filter(
    (attribute) =>
      held.includes(attribute) &&
      changes[attribute] &&
      changes[attribute] !== user.attributes[attribute] &&
      changes[flagOf(attribute)] !== 'true',
  )
}

// Sends a code to each new address that the pool verifies automatically, unless an administrator marked it as verified.
const codesFor = async (
  context: RequestContext,
  change: AttributeChange,
  after: User,
  held: readonly AddressAttribute[],
): Promise<{ writes: Write[]; delivery: DeliveryDetails }[]> => {
  const verified: readonly string[] = change.pool.settings.autoVerifiedAttributes ?? []
  const due = addresses.filter(
    (attribute) =>
      held.includes(attribute) ||
      (verified.includes(attribute) &&
        after.attributes[attribute] !== change.user.attributes[attribute] &&
        after.attributes[attribute] !== undefined &&
        after.attributes[flagOf(attribute)] !== 'true'),
  )
  return Promise.all(
    due.map((attribute) =>
      sendVerification(context, {
        ...change,
        user: after,
        attribute,
        address: change.changes[attribute] ?? '',
        pending: held.includes(attribute),
        occasion: 'UpdateUserAttribute',
      }),
    ),
  )
}
