// The store: the tables for all doors and flows to read, and `commit`, the only way to write.
import { limits } from '../config.ts'
import { accessKeys, type AccessKeys } from './access-keys.ts'
import { attempts, type Attempts } from './attempts.ts'
import { clients, type Clients } from './clients.ts'
import { clockMarks, type ClockMarks } from './clock.ts'
import { codes, type Codes } from './codes.ts'
import type { Database } from './database/index.ts'
import { directory, type Directory } from './directory.ts'
import { devices, type Devices } from './devices.ts'
import { locks, type Locks } from './locks.ts'
import { marks, type Marks } from './marks.ts'
import { outbox, type Outbox } from './outbox.ts'
import { passkeys, type Passkeys } from './passkeys.ts'
import { pools, type Pools } from './pools.ts'
import { groups, type Groups } from './groups.ts'
import { leases, type Leases } from './leases.ts'
import { probe } from './probe.ts'
import { recoveryCodes, type RecoveryCodes } from './recovery-codes.ts'
import { removals, type Removals } from './removals.ts'
import { resourceServers, type ResourceServers } from './resource-servers.ts'
import { sessions, type Sessions } from './sessions.ts'
import { signIns, type SignIns } from './sign-ins.ts'
import { storedSigningKeys, type StoredSigningKeys } from './signing-keys.ts'
import { softwareTokens, type SoftwareTokens } from './software-tokens.ts'
import { sweeps, type Sweep } from './sweep.ts'
import { users, type Users } from './users.ts'

export type { AccessKey } from './access-keys.ts'
export type { Client, ClientChange, ClientSecret } from './clients.ts'
export type { Code, CodePurpose } from './codes.ts'
export type { Database, Write } from './database/index.ts'
export type { Device } from './devices.ts'
export type { CountedAttempt, LockSubject } from './locks.ts'
export type { Group } from './groups.ts'
export type { MfaPreference } from './mfa-preference.ts'
export type { Message } from './outbox.ts'
export type { Passkey } from './passkeys.ts'
export type { Pool } from './pools.ts'
export type { ResourceServer, Scope } from './resource-servers.ts'
export type { Session } from './sessions.ts'
export type { SignIn, Tracked } from './sign-ins.ts'
export type { SigningUse, StoredSigningKey } from './signing-keys.ts'
export type { SoftwareToken } from './software-tokens.ts'
export type { Step } from './steps.ts'
export type { User, UserChange, UserCursor, UserPage, UserStatus } from './users.ts'

/** All tables of the service, and the ways to use them. */
export type Store = {
  readonly accessKeys: AccessKeys
  readonly attempts: Attempts
  readonly clients: Clients
  readonly clock: ClockMarks
  readonly codes: Codes
  readonly devices: Devices
  readonly directory: Directory
  readonly groups: Groups
  readonly leases: Leases
  readonly locks: Locks
  readonly marks: Marks
  readonly outbox: Outbox
  readonly passkeys: Passkeys
  readonly pools: Pools
  readonly recoveryCodes: RecoveryCodes
  readonly removals: Removals
  readonly resourceServers: ResourceServers
  readonly sessions: Sessions
  readonly signIns: SignIns
  readonly signingKeys: StoredSigningKeys
  readonly softwareTokens: SoftwareTokens
  /** The tables whose rows end. */
  readonly sweeps: readonly Sweep[]
  readonly users: Users
  /**
   * Writes the whole list or nothing.
   *
   * @throws the error of the first write that did not touch its number of rows
   */
  readonly commit: Database['commit']
  /** Resolves when the database takes writes: it writes a row that nothing reads. */
  readonly probe: () => Promise<void>
  /** Forgets the rows in memory; needed after a change of the database that did not go through `commit`. */
  readonly forget: () => void
}

/** The store of a migrated database. */
export const openStore = (database: Database): Store => {
  const settings = { pools: pools(database), clients: clients(database), signingKeys: storedSigningKeys(database) }
  const forget = (): void => {
    for (const table of Object.values(settings)) table.forget()
  }
  // Rows in memory are forgotten after a refusal too: an outdated row may have caused it.
  const commit: Store['commit'] = async (writes) => {
    try {
      await database.commit(writes)
    } finally {
      if (writes.some((write) => write.settings)) forget()
    }
  }
  return {
    ...settings,
    accessKeys: accessKeys(database),
    attempts: attempts(database),
    clock: clockMarks(database),
    codes: codes(database),
    devices: devices(database),
    directory: directory(database),
    groups: groups(database),
    leases: leases(database),
    locks: locks(database, limits),
    marks: marks(database),
    outbox: outbox(database),
    passkeys: passkeys(database),
    recoveryCodes: recoveryCodes(database),
    removals: removals(database),
    resourceServers: resourceServers(database),
    sessions: sessions(database),
    signIns: signIns(database),
    softwareTokens: softwareTokens(database),
    sweeps: sweeps(database),
    users: users(database),
    commit,
    probe: probe(database),
    forget,
  }
}
