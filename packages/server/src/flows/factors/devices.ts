// Remembered devices: gives a new sign-in a device key, confirms it and checks it in a refresh; lists, changes and
// forgets devices for users and administrators (protocol/authentication 6.3.6, 7.1).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { isVerifier, minimalHex } from '../../rules/srp.ts'
import { deviceKeyExists, deviceUnknown } from '../../store/devices.ts'
import type { Device, Pool, SignIn, User } from '../../store/index.ts'
import type { Caller } from '../callers/access-token.ts'
import { readPage, writePage } from '../paging.ts'
import { detailsOf, type SignInDetails } from '../sessions/sign-in-details.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** Whether a pool tracks devices: any setting of its DeviceConfiguration is present (protocol/authentication 7.1.1). */
export const tracksDevices = ({ settings }: Pool): boolean =>
  Object.values(settings.deviceConfiguration ?? {}).some((setting) => setting !== undefined)

/** The device key of a new sign-in; the access token of that sign-in confirms it (protocol/authentication 7.1.2). */
export type NewDevice = { readonly key: string; readonly groupKey: string }

/** The device data of a new sign-in. */
export type SignInDevice = {
  readonly newDevice: NewDevice | undefined
  readonly deviceKey: string | undefined
  readonly details: SignInDetails
}

/**
 * Finds the device data of a new sign-in: the known device, or a key for a new one. Admin operations have no devices.
 *
 * @param known - the device of the user whose key was sent
 */
export const deviceOfSignIn = (
  context: RequestContext,
  { pool, admin }: { readonly pool: Pool; readonly admin: boolean },
  known: Device | undefined,
): SignInDevice => {
  if (!tracksDevices(pool)) return { newDevice: undefined, deviceKey: undefined, details: {} }
  if (admin) return { newDevice: undefined, deviceKey: undefined, details: { withoutDevice: true } }
  if (known) return { newDevice: undefined, deviceKey: known.key, details: {} }
  const newDevice = newDeviceOf(context, pool)
  return { newDevice, deviceKey: newDevice.key, details: { groupKey: newDevice.groupKey } }
}

/** The characters of a Region's name that fit into a device key, which has at most 55 characters. */
const regionLength = 18

const groupKeyAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

const newDeviceOf = ({ random }: RequestContext, { region }: Pool): NewDevice => ({
  key: `${region.slice(0, regionLength)}_${random.uuid()}`,
  groupKey: `-${random.text(10, groupKeyAlphabet)}`,
})

/**
 * Checks the device key of a refresh (protocol/authentication 6.3.6). While a pool tracks devices, the request must
 * carry the sign-in's device key, confirmed or not; tokens of an Admin operation have none and are refused.
 *
 * @returns the reason of the refusal, for the log; undefined when the refresh is allowed
 */
export const refusesDevice = (pool: Pool, signIn: SignIn, sent: string | undefined): string | undefined => {
  if (!tracksDevices(pool)) return undefined
  if (detailsOf(signIn).withoutDevice) return 'the pool tracks devices, and an admin operation gave the token'
  if (signIn.deviceKey === undefined || signIn.deviceKey === sent) return undefined
  return sent === undefined ? 'the device key is missing' : 'the device key is another'
}

/** The input of ConfirmDevice. */
export type DeviceConfirmation = {
  readonly key: string
  readonly name: string | undefined
  /** Salt and verifier in Base64, as the client made them. */
  readonly salt: string | undefined
  readonly verifier: string | undefined
}

/**
 * Confirms the device key of the caller's sign-in.
 *
 * @returns whether the client must ask the user for consent to remember the device (protocol/authentication 7.1.3)
 * @throws ServiceError InvalidParameterException when the key is not that of the sign-in, or the verifier is invalid;
 * DeviceKeyExistsException
 */
export const confirmDevice = async (
  context: RequestContext,
  caller: Caller,
  confirmation: DeviceConfirmation,
): Promise<{ consentNeeded: boolean }> => {
  const { store, clock, remoteAddress } = context
  const { pool, user, signIn } = caller
  const { key, name } = confirmation
  const now = clock.now()
  const groupKey = issuedGroupKey(context, caller, key)
  const consentNeeded = pool.settings.deviceConfiguration?.deviceOnlyRememberedOnUserPrompt === true
  const device: Device = {
    poolId: pool.id,
    userId: user.id,
    key,
    groupKey,
    name,
    verifierSealed: sealVerifier(context, { poolId: pool.id, userId: user.id, key }, confirmation),
    remembered: !consentNeeded,
    lastIp: remoteAddress,
    createdAt: now,
    updatedAt: now,
    lastAuthenticatedAt: signIn.authAt,
  }
  await store.commit([
    store.signIns.holdDevice(signIn, key, now, () => invalidKey('the sign-in ended meanwhile')),
    store.devices.add(device),
  ])
  return { consentNeeded }
}

/** The most bytes of a salt; clients make salts of 16 bytes. */
const longestSalt = 64

/**
 * Converts a number from Base64 to hexadecimal without leading zero digits (protocol/authentication 4.2); undefined
 * when the text is not Base64.
 */
const numberHex = (base64: string | undefined): string | undefined => {
  if (base64 === undefined || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return undefined
  return minimalHex(Buffer.from(base64, 'base64'))
}

const sealVerifier = (
  { keys }: RequestContext,
  device: Pick<Device, 'poolId' | 'userId' | 'key'>,
  confirmation: DeviceConfirmation,
): string => {
  const salt = numberHex(confirmation.salt)
  const verifier = numberHex(confirmation.verifier)
  if (salt === undefined || salt.length === 0 || salt.length > longestSalt * 2) {
    throw invalidParameter('DeviceSecretVerifierConfig has no valid Salt.')
  }
  if (verifier === undefined || !isVerifier(verifier)) {
    throw invalidParameter('DeviceSecretVerifierConfig has no valid PasswordVerifier.')
  }
  return keys.seal.sealRow(JSON.stringify({ salt, verifier }), sealedPlaces.deviceVerifier(device))
}

const invalidKey = (reason: string): Error => invalidParameter('Invalid device key given.', reason)

// Only the sign-in that gave a key can confirm it; a key that was forgotten cannot be confirmed again
// (protocol/authentication 7.1.4).
const issuedGroupKey = ({ clock }: RequestContext, { pool, signIn }: Caller, key: string): string => {
  if (!tracksDevices(pool)) throw invalidKey('the pool does not track devices')
  if (signIn.deviceKey !== key) throw invalidKey('the sign-in of this access token did not give the key')
  if (signIn.expiresAt <= clock.now()) throw invalidKey('the sign-in ended, or the device was forgotten')
  const { groupKey } = detailsOf(signIn)
  // A sign-in without a group key came from a known device.
  if (groupKey === undefined) throw deviceKeyExists()
  return groupKey
}

/** A device of a user. @throws ServiceError ResourceNotFoundException */
export const getDevice = async ({ store }: RequestContext, user: User, key: string): Promise<Device> => {
  const device = await store.devices.find(user.poolId, user.id, key)
  if (!device) throw deviceUnknown()
  return device
}

/**
 * Changes whether a device may take the place of a second factor. When it may not, sign-ins must prove a factor from
 * this commit on, also those under way.
 *
 * @throws ServiceError InvalidParameterException without a status, ResourceNotFoundException without such a device
 */
export const updateDeviceStatus = async (
  { store, clock }: RequestContext,
  user: User,
  key: string,
  status: 'remembered' | 'not_remembered' | undefined,
): Promise<void> => {
  if (status === undefined) throw invalidParameter('Missing required parameter DeviceRememberedStatus')
  await store.commit([store.devices.remember(user, key, status === 'remembered', clock.now())])
}

/**
 * Forgets a device: it no longer takes the place of a factor, its refresh tokens end, and its key cannot be confirmed
 * again.
 *
 * @throws ServiceError ResourceNotFoundException
 */
export const forgetDevice = async ({ store, clock }: RequestContext, user: User, key: string): Promise<void> =>
  store.commit([store.devices.remove(user, key), store.signIns.endRefresh(user, key, clock.now())])

/** A request for a page of a user's devices. */
export type DeviceListing = {
  /** The operation; its page tokens are refused by other operations. */
  readonly operation: string
  readonly user: User
  readonly limit: number | undefined
  readonly page: string | undefined
}

/** The most devices on a page. */
const pageSize = 60

/**
 * Lists a user's devices, by key.
 *
 * @returns one page, and the token of the next one when there is more
 * @throws ServiceError InvalidParameterException for a bad token
 */
export const listDevices = async (
  context: RequestContext,
  { operation, user, limit: asked, page }: DeviceListing,
): Promise<{ devices: Device[]; next: string | undefined }> => {
  const limit = asked || pageSize
  const pageScope = { operation, scope: [user.poolId, user.id] }
  const after = (readPage(context, pageScope, page) as string | undefined) ?? ''
  // Reads one row more than the page holds, to know whether there is a next page.
  const rows = await context.store.devices.list(user.poolId, user.id, after, limit + 1)
  const devices = rows.slice(0, limit)
  const last = rows.length > limit ? devices.at(-1) : undefined
  return { devices, next: last && writePage(context, pageScope, last.key) }
}
