// Users. A name leads to a user by two reads by key, one of the directory and one of the user. An attribute leads to
// users by one read of search rows and one read of users. No join crosses the owners of rows, because the owners may be
// stored on different machines.
import { ServiceError } from '../errors.ts'
import { withMarks } from '../rules/attributes.ts'
import { prepare, type Database, type Statement, type Value, type Write } from './database/index.ts'
import { directory } from './directory.ts'
import { heldPreference, storedPreference, type MfaPreference, type StoredPreference } from './mfa-preference.ts'
import { rowsOf } from './rows.ts'
import { search, type SearchAttribute } from './search.ts'
import type { KeyOf, Row } from './tables.ts'

/** The status of a user (protocol/administration 4.1). */
export type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'RESET_REQUIRED' | 'FORCE_CHANGE_PASSWORD' | 'EXTERNAL_PROVIDER'

/** A user. */
export type User = UserRow<MfaPreference>

type UserRow<Mfa> = Row<
  'users',
  {
    readonly status: UserStatus
    readonly attributes: Readonly<Record<string, string>>
    readonly passwordHistory: readonly string[]
    readonly mfa: Mfa
  }
>

type StoredUser = UserRow<StoredPreference>

/** The members of a user that `change` may change. */
export type UserChange = Partial<
  Pick<
    User,
    | 'status'
    | 'enabled'
    | 'attributes'
    | 'passwordHash'
    | 'srpSealed'
    | 'passwordHistory'
    | 'credentialsAt'
    | 'temporaryUntil'
    | 'mfa'
  >
>

/** The position of the last user of a page. */
export type UserCursor = { readonly value: string | number; readonly userId: string }

/** A request for a page of users: those whose value of `by` lies from `low` to `high` and comes after the cursor. */
export type UserPage = {
  readonly by: 'id' | 'username' | 'status' | 'enabled' | SearchAttribute
  readonly low: string | number
  readonly high: string | number
  readonly cursor: UserCursor
  readonly limit: number
}

export type Users = {
  /** The user of a folded name: user name, alias or `sub`. */
  find(poolId: string, name: string): Promise<User | undefined>
  /** The user of a `sub`. */
  get(poolId: string, userId: string): Promise<User | undefined>
  /** The users of a page, in its order; `next` is the cursor of the next page, if there is one. */
  list(poolId: string, page: UserPage): Promise<{ users: User[]; next: UserCursor | undefined }>
  /** The number of users of a pool, at most `most`. */
  count(poolId: string, most: number): Promise<number>
  /** Adds a user, and the rows by which ListUsers finds it. */
  add(user: User): Write[]
  /** Changes a user and its search rows; refused when the user has changed since it was read. */
  change(user: User, to: UserChange, now: number): Write[]
  /**
   * The guard of every sign-in: it touches the user only if the user is enabled and confirmed, has the credentials with
   * which the sign-in began, and if client and pool exist.
   */
  signIn(user: User, guard: SignInGuard): Write
  /** Replaces the sealed verifier by one that was sealed again; no write without one. */
  sealAgain(user: User, sealed: string | undefined): Write[]
  /** Stores a new hash of the same password, unless the password changed meanwhile. */
  rehash(user: User, before: string, after: string): Write
}

/** The conditions under which tokens are given. */
export type SignInGuard = {
  readonly clientId: string
  readonly credentialsAt: number
  readonly otherwise: () => Error
}

/** The table of users. */
export const users = (database: Database): Users => {
  const { dialect } = database
  const rows = rowsOf<'users', StoredUser>(database, 'users')
  const names = directory(database)
  const searched = search(database)
  const replaceHash = rows.replaceText('passwordHash')
  const replaceVerifier = rows.replaceText('srpSealed')
  type Key = KeyOf<'users'>

  const guard = prepare<Key & { clientId: string; credentialsAt: number }>(dialect, (db, slot) =>
    db
      .updateTable('users')
      // This update changes no value: it makes a sign-in and a change of the user wait for each other.
      .set((eb) => ({ credentials_at: eb.ref('credentials_at') }))
      .where((eb) => eb.and(rows.key(slot)))
      .where('enabled', '=', 1)
      .where('status', 'in', ['CONFIRMED', 'EXTERNAL_PROVIDER'])
      .where('credentials_at', '=', slot('credentialsAt'))
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('clients')
            .innerJoin('pools', 'pools.pool_id', 'clients.pool_id')
            .select('client_id')
            .where('client_id', '=', slot('clientId'))
            .where('clients.pool_id', '=', slot('poolId'))
            .where('pools.deleted_at', 'is', null),
        ),
      ),
  )

  const get = async (poolId: string, id: string): Promise<User | undefined> => {
    const user = await rows.find({ poolId, id })
    return user && heldUser(user)
  }
  const pageByColumn = pagesByColumn(database)
  /** The positions of a page in the order of the index, each with its user, unless the user was removed meanwhile. */
  const places = async (poolId: string, page: UserPage): Promise<readonly Place[]> => {
    const { by, low, high, cursor, limit } = page
    const range = { low, high, value: cursor.value, userId: cursor.userId, limit }
    if (isColumn(by)) {
      const listed = await rows.read(pageByColumn[by]({ ...range, poolId }))
      return listed.map((user) => ({ value: columnValue(user, by), userId: user.id, user }))
    }
    const texts = { low: String(low), high: String(high), value: String(cursor.value) }
    const found = await searched.page(poolId, by, { ...range, ...texts })
    const byId = await rows.findAll(
      { poolId },
      found.map(({ userId }) => userId),
    )
    const known = new Map(byId.map((user) => [user.id, user]))
    return found.map(({ value, userId }) => ({ value, userId, user: known.get(userId) }))
  }
  return {
    find: async (poolId, name) => {
      const id = await names.find(poolId, name)
      return id === undefined ? undefined : get(poolId, id)
    },
    get,
    list: async (poolId, page) => {
      // Reads one user more than the page holds, to know whether there is a next page.
      const found = await places(poolId, { ...page, limit: page.limit + 1 })
      const shown = found.slice(0, page.limit)
      const last = found.length > page.limit ? shown.at(-1) : undefined
      return {
        users: shown.flatMap(({ user }) => (user ? [heldUser(user)] : [])),
        next: last && { value: last.value, userId: last.userId },
      }
    },
    count: (poolId, most) => rows.count({ poolId }, most),
    add: (user) => [rows.insert(storedUser(user), changedMeanwhile), ...searched.change(user, {}, user.attributes)],
    change: (user, to, now) => [
      rows.update(storedUser({ ...user, ...to, updatedAt: now }), changedMeanwhile),
      ...(to.attributes ? searched.change(user, user.attributes, to.attributes) : []),
    ],
    signIn: ({ poolId, id }, { clientId, credentialsAt, otherwise }) =>
      rows.one(guard({ poolId, id, clientId, credentialsAt }), otherwise),
    rehash: replaceHash,
    sealAgain: (user, sealed) =>
      user.srpSealed === undefined || sealed === undefined ? [] : [replaceVerifier(user, user.srpSealed, sealed)],
  }
}

const changedMeanwhile = (): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Too many requests', 'the user was changed by another request')

const heldUser = (user: StoredUser): User => ({
  ...user,
  attributes: withMarks(user.attributes),
  mfa: heldPreference(user.mfa),
})

const storedUser = (user: User): StoredUser => ({ ...user, mfa: storedPreference(user.mfa) })

type Place = UserCursor & { readonly user: StoredUser | undefined }

const columns = { id: 'user_id', username: 'username', status: 'status', enabled: 'enabled' } as const

type ListedColumn = keyof typeof columns

const isColumn = (by: UserPage['by']): by is ListedColumn => by in columns

const columnValue = (user: StoredUser, by: ListedColumn): string | number =>
  by === 'enabled' ? Number(user.enabled) : user[by]

type Range = { poolId: string; low: Value; high: Value; value: Value; userId: string; limit: number }

const pagesByColumn = ({ dialect }: Database): Readonly<Record<ListedColumn, (range: Range) => Statement>> => {
  const pageBy = (by: ListedColumn): ((range: Range) => Statement) => {
    const column = columns[by]
    return prepare<Range>(dialect, (db, slot) =>
      db
        .selectFrom('users')
        .selectAll()
        .where('pool_id', '=', slot('poolId'))
        .where(column, '>=', slot('low') as string & number)
        .where(column, '<=', slot('high') as string & number)
        .where((eb) =>
          eb(eb.refTuple(column, 'user_id'), '>', eb.tuple(slot('value') as string & number, slot('userId'))),
        )
        .orderBy(column)
        .orderBy('user_id')
        .limit(slot('limit')),
    )
  }
  return { id: pageBy('id'), username: pageBy('username'), status: pageBy('status'), enabled: pageBy('enabled') }
}
