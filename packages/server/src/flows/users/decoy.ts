// The user who would answer to a name that leads to nobody, where a client hides who exists: always the same one for
// a name and pool, and none that an answer could fit (protocol/authentication 2.4; RFC 5054, 2.5.1.3).
import { createHmac } from 'node:crypto'
import type { RequestContext } from '../../context.ts'
import { foldName } from '../../rules/user-names.ts'
import type { Pool, User } from '../../store/index.ts'

/** Bytes that are steady for a name and pool, and unlike any other without the server's key. */
export const madeUp = ({ keys }: RequestContext, pool: Pool, name: string, what: string): Buffer => {
  const seed = keys.seal.mac(JSON.stringify([pool.id, foldName(pool.settings, name), what]), 'made-up-srp')
  return createHmac('sha256', seed).digest()
}

const uuidOf = (bytes: Buffer): string => {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

/** The user who would answer to this name: the same form of id and name as a real one, and nothing else. */
export const madeUpUser = (context: RequestContext, pool: Pool, name: string): User => {
  const id = uuidOf(madeUp(context, pool, name, 'id'))
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

/** Whether a user is such a one: whoever is kept has a version that counts from 1. */
export const isMadeUp = ({ version }: User): boolean => version === 0
