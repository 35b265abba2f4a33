// Devices that users confirmed, each with the verifier of a secret that only the device knows. What a device may skip
// hangs on its row: it is looked at by the very write that gives tokens (spec: authentication 7.1).
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A confirmed device. */
export type Device = {
  readonly poolId: string
  readonly userId: string
  /** The Region and a UUID. */
  readonly key: string
  readonly groupKey: string
  readonly name: string | undefined
  /** Salt and SRP verifier, sealed. */
  readonly verifierSealed: string
  /** Whether it may take the place of a second factor. */
  readonly remembered: boolean
  readonly lastIp: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastAuthenticatedAt: number
}

type Owner = { readonly poolId: string; readonly id: string }

export type Devices = {
  find(poolId: string, userId: string, key: string): Promise<Device | undefined>
  /** Up to `limit` devices of a user whose key comes after `after`, by key. */
  list(poolId: string, userId: string, after: string, limit: number): Promise<Device[]>
  /** Refused when the user has a device of that key. */
  add(device: Device): Write
  /** Changes whether a device is remembered; refused when the user has none of that key. */
  remember(user: Owner, key: string, remembered: boolean, now: number): Write
  /** Notes a sign-in; refused when the device is gone, or is not remembered where it must be. */
  signIn(user: Owner, key: string, at: DeviceSignIn): Write
  /** Refused when the user has none of that key. */
  remove(user: Owner, key: string): Write
}

/** A sign-in with a device. */
export type DeviceSignIn = {
  /** Whether the device takes the place of a second factor in it. */
  readonly mustBeRemembered: boolean
  readonly ip: string | undefined
  readonly now: number
  readonly otherwise: () => Error
}

/** The answer about a device that the user does not have; clients drop its key and go on without (7.1.6). */
export const deviceUnknown = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', 'Device does not exist.', 'the user has no device of this key')

/** The answer to a key that was confirmed before (7.1.5). */
export const deviceKeyExists = (): ServiceError =>
  new ServiceError('DeviceKeyExistsException', 'Device key already exists.', 'the key was confirmed before')

const deviceOf = (row: Record<string, Value>): Device => ({
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  key: String(row['device_key']),
  groupKey: String(row['group_key']),
  name: row['name'] === null ? undefined : String(row['name']),
  verifierSealed: String(row['verifier_sealed']),
  remembered: row['remembered'] === 1,
  lastIp: row['last_ip'] === null ? undefined : String(row['last_ip']),
  createdAt: Number(row['created_at']),
  updatedAt: Number(row['updated_at']),
  lastAuthenticatedAt: Number(row['last_authenticated_at']),
})

/** The table of devices. */
export const devices = (database: Database): Devices => {
  const { dialect } = database
  type Key = { poolId: string; userId: string; key: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('devices')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('device_key', '=', slot('key')),
  )
  const page = prepare<{ poolId: string; userId: string; after: string; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('devices')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('device_key', '>', slot('after'))
      .orderBy('device_key')
      .limit(slot('limit')),
  )
  type Row = Key & {
    groupKey: string
    name: string | null
    verifierSealed: string
    remembered: number
    lastIp: string | null
    createdAt: number
    updatedAt: number
    lastAuthenticatedAt: number
  }
  const insert = prepare<Row>(dialect, (db, slot) =>
    db
      .insertInto('devices')
      .values({
        pool_id: slot('poolId'),
        user_id: slot('userId'),
        device_key: slot('key'),
        group_key: slot('groupKey'),
        name: slot('name'),
        verifier_sealed: slot('verifierSealed'),
        remembered: slot('remembered'),
        last_ip: slot('lastIp'),
        created_at: slot('createdAt'),
        updated_at: slot('updatedAt'),
        last_authenticated_at: slot('lastAuthenticatedAt'),
      })
      .onConflict((conflict) => conflict.doNothing()),
  )
  const remember = prepare<Key & { remembered: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('devices')
      .set({ remembered: slot('remembered'), updated_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('device_key', '=', slot('key')),
  )
  const signIn = prepare<Key & { ip: string | null; now: number; least: number }>(dialect, (db, slot) =>
    db
      .updateTable('devices')
      .set({ last_ip: slot('ip'), last_authenticated_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('device_key', '=', slot('key'))
      .where('remembered', '>=', slot('least')),
  )
  const remove = prepare<Key>(dialect, (db, slot) =>
    db
      .deleteFrom('devices')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('device_key', '=', slot('key')),
  )
  return {
    find: async (poolId, userId, key) => {
      const [row] = await database.read(select({ poolId, userId, key }))
      return row && deviceOf(row)
    },
    list: async (poolId, userId, after, limit) =>
      (await database.read(page({ poolId, userId, after, limit }))).map(deviceOf),
    add: (device) => ({
      statement: insert({
        ...device,
        name: device.name ?? null,
        lastIp: device.lastIp ?? null,
        remembered: device.remembered ? 1 : 0,
      }),
      rows: 1,
      otherwise: deviceKeyExists,
    }),
    remember: ({ poolId, id }, key, remembered, now) => ({
      statement: remember({ poolId, userId: id, key, remembered: remembered ? 1 : 0, now }),
      rows: 1,
      otherwise: deviceUnknown,
    }),
    signIn: ({ poolId, id }, key, { mustBeRemembered, ip, now, otherwise }) => ({
      statement: signIn({ poolId, userId: id, key, ip: ip ?? null, now, least: mustBeRemembered ? 1 : 0 }),
      rows: 1,
      otherwise,
    }),
    remove: ({ poolId, id }, key) => ({
      statement: remove({ poolId, userId: id, key }),
      rows: 1,
      otherwise: deviceUnknown,
    }),
  }
}
