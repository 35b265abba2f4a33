// Rows as the store keeps them, for tests that write without the service.
import type { User } from '../src/store/index.ts'

/** A user of this program, confirmed, with neither address nor password, but for what a test has otherwise. */
export const userRow = (row: Partial<User> & Pick<User, 'poolId' | 'id'>): User => ({
  username: row.id,
  status: 'CONFIRMED',
  enabled: true,
  attributes: {},
  passwordHash: undefined,
  srpSealed: undefined,
  passwordHistory: [],
  credentialsAt: row.createdAt ?? 0,
  temporaryUntil: undefined,
  mfa: { enabled: [] },
  version: 1,
  createdAt: 0,
  updatedAt: row.createdAt ?? 0,
  ...row,
})
