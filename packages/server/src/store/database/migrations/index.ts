// Numbered, additive migrations: a published one never changes, and none drops data that an older version still reads.
import { foundation } from './001-foundation.ts'
import { devices } from './002-devices.ts'
import { passkeys } from './003-passkeys.ts'
import { sessionTracking } from './004-session-tracking.ts'
import { recoveryCodes } from './005-recovery-codes.ts'
import { resourceServers } from './006-resource-servers.ts'
import { keyPolicies } from './007-key-policies.ts'
import { sweepIndexes } from './008-sweep-indexes.ts'
import { locks } from './009-locks.ts'
import { ownerIndexes } from './010-owner-indexes.ts'
import { removals } from './011-removals.ts'
import { foldSearchRows } from './012-search-without-case.ts'
import { marks } from './013-marks.ts'
import { namesOfSettings } from './014-names-of-settings.ts'
import { groups } from './015-groups.ts'
import type { Database } from '../index.ts'

/** One step of the schema. Numbers rise; a missing number was never published. */
export type Migration = {
  readonly number: number
  readonly name: string
  readonly text: string
  /**
   * Changes rows before the migration counts as applied, in steps that may be repeated. It calls `lives` between the
   * steps.
   */
  readonly rows?: (database: Database, lives: () => Promise<void>) => Promise<void>
}

/** Every migration, in order. */
export const migrations: readonly Migration[] = [
  { number: 1, name: 'foundation', text: foundation },
  { number: 2, name: 'devices', text: devices },
  { number: 3, name: 'passkeys', text: passkeys },
  { number: 4, name: 'session-tracking', text: sessionTracking },
  { number: 5, name: 'recovery-codes', text: recoveryCodes },
  { number: 6, name: 'resource-servers', text: resourceServers },
  { number: 7, name: 'key-policies', text: keyPolicies },
  { number: 8, name: 'sweep-indexes', text: sweepIndexes },
  { number: 9, name: 'locks', text: locks },
  { number: 10, name: 'owner-indexes', text: ownerIndexes },
  { number: 11, name: 'removals', text: removals },
  { number: 12, name: 'search-without-case', text: '', rows: foldSearchRows },
  { number: 13, name: 'marks', text: marks },
  { number: 14, name: 'names-of-settings', text: namesOfSettings },
  { number: 15, name: 'groups', text: groups },
]

/** The statements of a migration in the dialect of one database. */
export const statementsOf = (migration: Migration, keyText: string): string[] =>
  migration.text
    .replaceAll('KEYTEXT', keyText)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
