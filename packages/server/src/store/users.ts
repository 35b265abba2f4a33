// Users, and the rows by which they are found: the directory holds every name that leads to a user (each name once a
// pool), search holds the attributes that ListUsers may filter by, without regard to case.
import { ServiceError } from '../errors.ts'
import { withMarks } from '../rules/attributes.ts'
import type { DirectoryName } from '../rules/directory-names.ts'
import { foldSearch } from '../rules/search-fold.ts'
import { prepare, type Database, type Statement, type Value, type Write } from './database/index.ts'

/** What a user may be (spec: administration 4.1). */
export type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'RESET_REQUIRED' | 'FORCE_CHANGE_PASSWORD' | 'EXTERNAL_PROVIDER'

/** A second factor, as UserMFASettingList names it (spec: authentication 5.3.7). */
export type MfaFactor = 'SOFTWARE_TOKEN_MFA' | 'SMS_MFA' | 'EMAIL_OTP'

/** A user's choice of second factors. */
export type MfaPreference = {
  readonly enabled: readonly MfaFactor[]
  readonly preferred?: MfaFactor | undefined
  /** Whether a passkey with user verification counts as two factors. */
  readonly webAuthn?: boolean | undefined
}

/** A user. */
export type User = {
  readonly poolId: string
  /** The `sub`. */
  readonly id: string
  /** The user name as it was given; the `sub` where a pool signs in by e-mail or phone. */
  readonly username: string
  readonly status: UserStatus
  readonly enabled: boolean
  /** Every attribute but `sub`, as the strings that the wire carries; an address has its mark beside it. */
  readonly attributes: Readonly<Record<string, string>>
  readonly passwordHash: string | undefined
  /** Salt and SRP verifier, sealed. */
  readonly srpSealed: string | undefined
  /** Hashes of earlier passwords, newest first. */
  readonly passwordHistory: readonly string[]
  /** When the password was last set or reset; a sign-in that began before is void. */
  readonly credentialsAt: number
  /** The end of a temporary password. */
  readonly temporaryUntil: number | undefined
  readonly mfa: MfaPreference
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** What of a user may change by `change`. */
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

/** The attributes that ListUsers filters by, besides those with columns of their own. */
export const searchAttributes = [
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
] as const

/** One page of users: those whose `by` lies from `low` to `high`, behind the cursor. */
export type UserPage = {
  readonly by: 'id' | 'username' | 'status' | 'enabled' | (typeof searchAttributes)[number]
  readonly low: string | number
  readonly high: string | number
  readonly cursor: { readonly value: string | number; readonly userId: string }
  readonly limit: number
}

/** A user of a page, and the value by which the page is ordered. */
export type ListedUser = { readonly user: User; readonly value: string | number }

export type Users = {
  /** The user that a folded name leads to: user name, alias or `sub`. */
  find(poolId: string, name: string): Promise<User | undefined>
  /** The user of a `sub`. */
  get(poolId: string, userId: string): Promise<User | undefined>
  list(poolId: string, page: UserPage): Promise<ListedUser[]>
  /** How many users a pool has, counted up to `most`. */
  count(poolId: string, most: number): Promise<number>
  /** A new user, and the rows by which ListUsers finds it. */
  add(user: User): Write[]
  /** Changes the version of a user that was read, and its search rows. */
  change(user: User, to: UserChange, now: number): Write[]
  /** Gives a name to a user; refused with `taken` when the pool has that name. */
  addName(user: { poolId: string; id: string }, name: DirectoryName, taken: () => Error): Write
  /** Takes a name from whoever has it. */
  removeName(poolId: string, name: string): Write
  /**
   * The guard of every sign-in: touches the user only while the user is enabled, confirmed, has the credentials the
   * sign-in began with, and while client and pool live.
   */
  signIn(user: User, guard: SignInGuard): Write
  /** Stores a new hash of the same password, unless the password changed meanwhile. */
  rehash(user: User, before: string, after: string): Write
}

/** What must hold at the instant tokens are given. */
export type SignInGuard = {
  readonly clientId: string
  readonly credentialsAt: number
  readonly otherwise: () => Error
}

/** Search rows keep this many characters: a filter has at most 256 (spec: administration 4.3). */
const searchLength = 256

const optional = (value: Value | undefined): string | undefined =>
  value === null || value === undefined ? undefined : String(value)

const userOf = (row: Record<string, Value>): User => ({
  poolId: String(row['pool_id']),
  id: String(row['user_id']),
  username: String(row['username']),
  status: String(row['status']) as UserStatus,
  enabled: row['enabled'] === 1,
  attributes: withMarks(JSON.parse(String(row['attributes'])) as Record<string, string>),
  passwordHash: optional(row['password_hash']),
  srpSealed: optional(row['srp_sealed']),
  passwordHistory: JSON.parse(String(row['password_history'])) as string[],
  credentialsAt: Number(row['credentials_at']),
  temporaryUntil: row['temporary_until'] === null ? undefined : Number(row['temporary_until']),
  mfa: JSON.parse(String(row['mfa'])) as MfaPreference,
  version: Number(row['version']),
  createdAt: Number(row['created_at']),
  updatedAt: Number(row['updated_at']),
})

type Columns = {
  poolId: string
  userId: string
  username: string
  status: string
  enabled: number
  attributes: string
  passwordHash: string | null
  srpSealed: string | null
  passwordHistory: string
  credentialsAt: number
  temporaryUntil: number | null
  mfa: string
  version: number
  createdAt: number
  updatedAt: number
}

const columnsOf = (user: User): Columns => ({
  poolId: user.poolId,
  userId: user.id,
  username: user.username,
  status: user.status,
  enabled: user.enabled ? 1 : 0,
  attributes: JSON.stringify(user.attributes),
  passwordHash: user.passwordHash ?? null,
  srpSealed: user.srpSealed ?? null,
  passwordHistory: JSON.stringify(user.passwordHistory),
  credentialsAt: user.credentialsAt,
  temporaryUntil: user.temporaryUntil ?? null,
  mfa: JSON.stringify(user.mfa),
  version: user.version,
  createdAt: user.createdAt,
  updatedAt: user.updatedAt,
})

const changedMeanwhile = (): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Too many requests', 'the user was changed by another request')

const always = (statement: Statement): Write => ({ statement, rows: 'any', otherwise: changedMeanwhile })

/** The table of users. */
export const users = (database: Database): Users => {
  const { dialect } = database
  const selectOne = prepare<{ poolId: string; userId: string }>(dialect, (db, slot) =>
    db.selectFrom('users').selectAll().where('pool_id', '=', slot('poolId')).where('user_id', '=', slot('userId')),
  )
  const selectByName = prepare<{ poolId: string; name: string }>(dialect, (db, slot) =>
    db
      .selectFrom('directory')
      .innerJoin('users', (join) =>
        join.onRef('users.pool_id', '=', 'directory.pool_id').onRef('users.user_id', '=', 'directory.user_id'),
      )
      .selectAll('users')
      .where('directory.pool_id', '=', slot('poolId'))
      .where('directory.name', '=', slot('name')),
  )

  type Range = { poolId: string; low: Value; high: Value; value: Value; userId: string; limit: number }
  const pageBy = (column: 'user_id' | 'username' | 'status' | 'enabled'): ((range: Range) => Statement) =>
    prepare<Range>(dialect, (db, slot) =>
      db
        .selectFrom('users')
        .selectAll()
        .select(`${column} as listed_by`)
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
  const pages = {
    id: pageBy('user_id'),
    username: pageBy('username'),
    status: pageBy('status'),
    enabled: pageBy('enabled'),
  }
  const pageBySearch = prepare<Range & { attribute: string }>(dialect, (db, slot) =>
    db
      .selectFrom('search')
      .innerJoin('users', (join) =>
        join.onRef('users.pool_id', '=', 'search.pool_id').onRef('users.user_id', '=', 'search.user_id'),
      )
      .selectAll('users')
      .select('search.value as listed_by')
      .where('search.pool_id', '=', slot('poolId'))
      .where('search.attribute', '=', slot('attribute'))
      .where('search.value', '>=', slot('low') as string)
      .where('search.value', '<=', slot('high') as string)
      .where((eb) =>
        eb(eb.refTuple('search.value', 'search.user_id'), '>', eb.tuple(slot('value') as string, slot('userId'))),
      )
      .orderBy('search.value')
      .orderBy('search.user_id')
      .limit(slot('limit')),
  )
  const countUpTo = prepare<{ poolId: string; most: number }>(dialect, (db, slot) =>
    db
      .selectFrom(
        db
          .selectFrom('users')
          .select('user_id')
          .where('pool_id', '=', slot('poolId'))
          .limit(slot('most'))
          .as('counted'),
      )
      .select((eb) => eb.fn.countAll().as('count')),
  )

  const insert = prepare<Columns>(dialect, (db, slot) =>
    db.insertInto('users').values({
      pool_id: slot('poolId'),
      user_id: slot('userId'),
      username: slot('username'),
      status: slot('status'),
      enabled: slot('enabled'),
      attributes: slot('attributes'),
      password_hash: slot('passwordHash'),
      srp_sealed: slot('srpSealed'),
      password_history: slot('passwordHistory'),
      credentials_at: slot('credentialsAt'),
      temporary_until: slot('temporaryUntil'),
      mfa: slot('mfa'),
      // Older versions counted guesses here.
      failures: 0,
      last_failure_at: 0,
      locked_until: 0,
      version: slot('version'),
      created_at: slot('createdAt'),
      updated_at: slot('updatedAt'),
    }),
  )
  const update = prepare<Omit<Columns, 'createdAt'>>(dialect, (db, slot) =>
    db
      .updateTable('users')
      .set((eb) => ({
        username: slot('username'),
        status: slot('status'),
        enabled: slot('enabled'),
        attributes: slot('attributes'),
        password_hash: slot('passwordHash'),
        srp_sealed: slot('srpSealed'),
        password_history: slot('passwordHistory'),
        credentials_at: slot('credentialsAt'),
        temporary_until: slot('temporaryUntil'),
        mfa: slot('mfa'),
        version: eb('version', '+', 1),
        updated_at: slot('updatedAt'),
      }))
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('version', '=', slot('version')),
  )
  type Guard = { poolId: string; userId: string; clientId: string; at: number }
  const guard = prepare<Guard>(dialect, (db, slot) =>
    db
      .updateTable('users')
      // Touched, so that a sign-in and a change of the user wait for each other.
      .set((eb) => ({ credentials_at: eb.ref('credentials_at') }))
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('enabled', '=', 1)
      .where('status', 'in', ['CONFIRMED', 'EXTERNAL_PROVIDER'])
      .where('credentials_at', '=', slot('at'))
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
  const replaceHash = prepare<{ poolId: string; userId: string; before: string; after: string }>(dialect, (db, slot) =>
    db
      .updateTable('users')
      .set({ password_hash: slot('after') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('password_hash', '=', slot('before')),
  )
  const insertName = prepare<{ poolId: string; name: string; kind: string; userId: string }>(dialect, (db, slot) =>
    db
      .insertInto('directory')
      .values({ pool_id: slot('poolId'), name: slot('name'), kind: slot('kind'), user_id: slot('userId') })
      .onConflict((conflict) => conflict.doNothing()),
  )
  const deleteName = prepare<{ poolId: string; name: string }>(dialect, (db, slot) =>
    db.deleteFrom('directory').where('pool_id', '=', slot('poolId')).where('name', '=', slot('name')),
  )
  type SearchRow = { poolId: string; attribute: string; value: string; userId: string }
  const insertSearch = prepare<SearchRow>(dialect, (db, slot) =>
    db
      .insertInto('search')
      .values({ pool_id: slot('poolId'), attribute: slot('attribute'), value: slot('value'), user_id: slot('userId') })
      .onConflict((conflict) => conflict.doNothing()),
  )
  const deleteSearch = prepare<SearchRow>(dialect, (db, slot) =>
    db
      .deleteFrom('search')
      .where('pool_id', '=', slot('poolId'))
      .where('attribute', '=', slot('attribute'))
      .where('value', '=', slot('value'))
      .where('user_id', '=', slot('userId')),
  )
  const searchable = (attributes: Readonly<Record<string, string>>): Map<string, string> =>
    new Map(
      searchAttributes
        .filter((attribute) => attributes[attribute])
        .map((attribute) => [attribute, foldSearch(attributes[attribute] ?? '').slice(0, searchLength)]),
    )
  const searchChanges = (user: User, attributes: Readonly<Record<string, string>>): Write[] => {
    const before = searchable(user.attributes)
    const after = searchable(attributes)
    const rowOf = ([attribute, value]: [string, string]): SearchRow => ({
      poolId: user.poolId,
      attribute,
      value,
      userId: user.id,
    })
    const gone = [...before].filter(([attribute, value]) => after.get(attribute) !== value)
    const come = [...after].filter(([attribute, value]) => before.get(attribute) !== value)
    return [
      ...gone.map((entry) => always(deleteSearch(rowOf(entry)))),
      ...come.map((entry) => always(insertSearch(rowOf(entry)))),
    ]
  }

  return {
    find: async (poolId, name) => {
      const [row] = await database.read(selectByName({ poolId, name }))
      return row && userOf(row)
    },
    get: async (poolId, userId) => {
      const [row] = await database.read(selectOne({ poolId, userId }))
      return row && userOf(row)
    },
    list: async (poolId, { by, low, high, cursor, limit }) => {
      const range = { poolId, low, high, value: cursor.value, userId: cursor.userId, limit }
      const statement =
        by === 'id' || by === 'username' || by === 'status' || by === 'enabled'
          ? pages[by](range)
          : pageBySearch({ ...range, attribute: by })
      const rows = await database.read(statement)
      return rows.map((row) => ({ user: userOf(row), value: row['listed_by'] as string | number }))
    },
    count: async (poolId, most) => Number((await database.read(countUpTo({ poolId, most })))[0]?.['count']),
    add: (user) => [
      { statement: insert(columnsOf(user)), rows: 1, otherwise: changedMeanwhile },
      ...searchChanges({ ...user, attributes: {} }, user.attributes),
    ],
    change: (user, to, now) => {
      const { createdAt: _, ...columns } = columnsOf({ ...user, ...to, updatedAt: now })
      const write = { statement: update(columns), rows: 1, otherwise: changedMeanwhile }
      return [write, ...(to.attributes ? searchChanges(user, to.attributes) : [])]
    },
    addName: (user, { name, kind }, taken) => ({
      statement: insertName({ poolId: user.poolId, name, kind, userId: user.id }),
      rows: 1,
      otherwise: taken,
    }),
    removeName: (poolId, name) => always(deleteName({ poolId, name })),
    signIn: (user, { clientId, credentialsAt, otherwise }) => ({
      statement: guard({ poolId: user.poolId, userId: user.id, clientId, at: credentialsAt }),
      rows: 1,
      otherwise,
    }),
    rehash: ({ poolId, id }, before, after) => always(replaceHash({ poolId, userId: id, before, after })),
  }
}
