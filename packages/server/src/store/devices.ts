// Devices that users have confirmed, each with the verifier of a secret that only the device knows. The row decides
// whether the device may skip a factor: the commit that gives tokens checks it (protocol/authentication 7.1).
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** A confirmed device. */
export type Device = Row<'devices'>

type Owner = { readonly poolId: string; readonly id: string }

export type Devices = {
  find(poolId: string, userId: string, key: string): Promise<Device | undefined>
  /** Up to `limit` devices of a user whose key comes after `after`, by key. */
  list(poolId: string, userId: string, after: string, limit: number): Promise<Device[]>
  /** Adds a device; refused when the user has a device of that key. */
  add(device: Device): Write
  /** Changes whether a device is remembered; refused when the user has no device of that key. */
  remember(user: Owner, key: string, remembered: boolean, now: number): Write
  /** Records a sign-in; refused when the device does not exist any more, or must be remembered and is not. */
  signIn(user: Owner, key: string, at: DeviceSignIn): Write
  /** Replaces the sealed verifier by one that was sealed again; no write without one. */
  sealAgain(device: Device, sealed: string | undefined): Write[]
  /** Removes a device; refused when the user has no device of that key. */
  remove(user: Owner, key: string): Write
}

/** A sign-in with a device. */
export type DeviceSignIn = {
  /** Whether the device takes the place of a second factor in this sign-in. */
  readonly mustBeRemembered: boolean
  readonly ip: string | undefined
  readonly now: number
  readonly otherwise: () => Error
}

/**
 * The refusal of a device that the user does not have; clients then drop its key and continue without it
 * (protocol/authentication 7.1.6).
 */
export const deviceUnknown = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', 'Device does not exist.', 'the user has no device of this key')

/** The refusal of a key that was confirmed before (protocol/authentication 7.1.5). */
export const deviceKeyExists = (): ServiceError =>
  new ServiceError('DeviceKeyExistsException', 'Device key already exists.', 'the key was confirmed before')

/** The table of devices. */
export const devices = (database: Database): Devices => {
  const { dialect } = database
  const rows = rowsOf<'devices', Device>(database, 'devices')
  const replaceVerifier = rows.replaceText('verifierSealed')
  type Key = KeyOf<'devices'>
  const remember = prepare<Key & { remembered: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('devices')
      .set({ remembered: slot('remembered'), updated_at: slot('now') })
      .where((eb) => eb.and(rows.key(slot))),
  )
  const signIn = prepare<Key & { ip: string | null; now: number; least: number }>(dialect, (db, slot) =>
    db
      .updateTable('devices')
      .set({ last_ip: slot('ip'), last_authenticated_at: slot('now') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('remembered', '>=', slot('least')),
  )
  return {
    find: (poolId, userId, key) => rows.find({ poolId, userId, key }),
    list: (poolId, userId, after, limit) => rows.page({ poolId, userId }, after, limit),
    add: (device) => rows.insert(device, deviceKeyExists),
    remember: ({ poolId, id }, key, remembered, now) =>
      rows.one(remember({ poolId, userId: id, key, remembered: Number(remembered), now }), deviceUnknown),
    signIn: ({ poolId, id }, key, { mustBeRemembered, ip = null, now, otherwise }) =>
      rows.one(signIn({ poolId, userId: id, key, ip, now, least: Number(mustBeRemembered) }), otherwise),
    sealAgain: (device, sealed) =>
      sealed === undefined ? [] : [replaceVerifier(device, device.verifierSealed, sealed)],
    remove: ({ poolId, id }, key) => rows.remove({ poolId, userId: id, key }, deviceUnknown),
  }
}
