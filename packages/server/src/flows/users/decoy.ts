// The decoy: the made-up user that stands in for an unknown name when the client hides which users exist. A name in a
// pool always has the same decoy, and every answer to its challenges is wrong (protocol/authentication 2.4; RFC 5054,
// 2.5.1.3).
import { createHmac } from 'node:crypto'
import type { RequestContext } from '../../context.ts'
import { foldName } from '../../rules/user-names.ts'
import type { Pool, User } from '../../store/index.ts'

/** The decoy of a name. Its id and user name have the form of real ones; it has no password, attributes or factors. */
export const decoyOf = (context: RequestContext, pool: Pool, name: string): User => {
  const id = uuidOf(decoyBytes(context, pool, name, 'id'))
  const byAddress = (pool.settings.usernameAttributes ?? []).length > 0
  return {
    poolId: pool.id,
    id,
    username: byAddress ? id : name,
    status: 'CONFIRMED',
    enabled: true,
    attributes: {},
    passwordHash: undefined,
    srpSealed: undefined,
    passwordHistory: [],
    credentialsAt: 0,
    temporaryUntil: undefined,
    mfa: { enabled: [] },
    version: 0,
    createdAt: 0,
    updatedAt: 0,
  }
}

/** Whether a user is a decoy. Stored users have versions from 1; a decoy has 0. */
export const isDecoy = ({ version }: User): boolean => version === 0

/** Bytes that are always the same for a name and pool, and cannot be predicted without the server's key. */
export const decoyBytes = ({ keys }: RequestContext, pool: Pool, name: string, purpose: string): Buffer => {
  const seed = keys.seal.mac(JSON.stringify([pool.id, foldName(pool.settings, name), purpose]), 'made-up-srp')
  return createHmac('sha256', seed).digest()
}

const uuidOf = (bytes: Buffer): string => {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
