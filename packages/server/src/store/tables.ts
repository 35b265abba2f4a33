// Every table of the database, described once (table.ts defines the form of a description). database/migrations/ holds
// the SQL of the tables; a test compares the two.
import { columnName, type Description, type KeyOfRow, type RowOf, type StoredColumns } from './table.ts'

/** The tables by name. A table that belongs to pools or users has their ids in `pool_id` and `user_id`. */
export const tables = {
  pools: {
    owner: 'pool',
    key: ['id'],
    columns: {
      id: 'text as pool_id',
      region: 'text',
      name: 'text',
      settings: 'json',
      version: 'version',
      createdAt: 'instant',
      updatedAt: 'instant',
      deletedAt: 'instant?',
    },
    cached: true,
    spread: 'everywhere',
  },
  clients: {
    owner: 'pool',
    key: ['id'],
    columns: {
      id: 'text as client_id',
      poolId: 'text',
      name: 'text',
      settings: 'json',
      secrets: 'json',
      version: 'version',
      createdAt: 'instant',
      updatedAt: 'instant',
    },
    cached: true,
    spread: 'everywhere',
  },
  signing_keys: {
    owner: 'pool',
    key: ['poolId', 'kid'],
    columns: {
      poolId: 'text',
      kid: 'text',
      use: 'text',
      /** The public key as a JWK, JSON. */
      publicJwk: 'text',
      /** The private key, PKCS #8 in Base64, sealed. */
      privateSealed: 'text',
      createdAt: 'instant',
      retiredAt: 'instant?',
    },
    cached: true,
    spread: 'everywhere',
  },
  resource_servers: {
    owner: 'pool',
    key: ['poolId', 'identifier'],
    columns: { poolId: 'text', identifier: 'text', name: 'text', scopes: 'json' },
    spread: 'everywhere',
  },
  groups: {
    owner: 'pool',
    key: ['poolId', 'name'],
    columns: {
      poolId: 'text',
      name: 'text',
      description: 'text?',
      roleArn: 'text?',
      /** The lowest precedence wins; a group without one comes last. */
      precedence: 'count?',
      createdAt: 'instant',
      updatedAt: 'instant',
    },
    spread: 'everywhere',
  },
  users: {
    owner: 'user',
    key: ['poolId', 'id'],
    columns: {
      poolId: 'text',
      /** The `sub`. */
      id: 'text as user_id',
      /** The user name as given; the `sub` in a pool whose users sign in by e-mail address or phone number. */
      username: 'text',
      status: 'text',
      enabled: 'flag',
      /** Every attribute except `sub`, as strings in the form of the wire; each address has its verification mark. */
      attributes: 'json',
      passwordHash: 'text?',
      /** Salt and SRP verifier, sealed. */
      srpSealed: 'text?',
      /** Hashes of earlier passwords, newest first. */
      passwordHistory: 'json',
      /** The moment when the password was last set or reset; a sign-in that began before it cannot be completed. */
      credentialsAt: 'instant',
      /** The end of a temporary password. */
      temporaryUntil: 'instant?',
      mfa: 'json',
      // Guesses are counted in `locks`.
      failures: 'former',
      lastFailureAt: 'former',
      lockedUntil: 'former',
      version: 'version',
      createdAt: 'instant',
      updatedAt: 'instant',
    },
    spread: 'id',
  },
  directory: {
    owner: 'user',
    key: ['poolId', 'name'],
    columns: { poolId: 'text', name: 'text', kind: 'text', userId: 'text' },
    spread: 'name',
  },
  search: {
    owner: 'user',
    key: ['poolId', 'attribute', 'value', 'userId'],
    columns: { poolId: 'text', attribute: 'text', value: 'text', userId: 'text' },
    spread: 'value',
  },
  attempts: {
    owner: 'user',
    key: ['poolId', 'userId', 'kind'],
    columns: { poolId: 'text', userId: 'text', kind: 'text', count: 'count', sinceAt: 'instant' },
    // Hourly counters expire after an hour, plus one hour for clocks that differ.
    ends: { at: 'sinceAt', keptHours: 2 },
    spread: 'userId',
  },
  locks: {
    owner: 'user',
    key: ['poolId', 'userId'],
    columns: {
      poolId: 'text',
      userId: 'text',
      /** Consecutive attempts that were not right. */
      failures: 'count',
      lastFailureAt: 'instant',
      /** The end of the lock; a past instant, or 0, means no lock. */
      lockedUntil: 'instant',
      /** The ticket of the newest attempt. */
      ticket: 'text',
    },
    // The longest lock, and the time after which failures are forgotten, are 15 minutes.
    ends: { at: 'lastFailureAt', keptHours: 1 },
    spread: 'userId',
  },
  codes: {
    owner: 'user',
    key: ['poolId', 'userId', 'purpose'],
    columns: {
      poolId: 'text',
      userId: 'text',
      purpose: 'text',
      /** The keyed hash of the code. */
      mac: 'text as code_mac',
      /** The attribute of the address to which the code was sent, or '' for none. */
      attribute: 'text',
      /** The new value of that attribute which the code will make valid, sealed. */
      pending: 'text?',
      /** Wrong answers so far. */
      attempts: 'count',
      expiresAt: 'instant',
    },
    // An expired code and a missing one get the same refusal, so that expired rows need not be kept.
    ends: { at: 'expiresAt', keptHours: 0, usable: true, longestHours: 24 },
    spread: 'userId',
  },
  sessions: {
    owner: 'user',
    key: ['poolId', 'userId', 'id'],
    columns: {
      poolId: 'text',
      userId: 'text',
      id: 'text as session_id',
      clientId: 'text',
      /** The challenge that is to be answered; for the set-up of a factor, also its progress. */
      step: 'text',
      /** The state of the flow between steps, as JSON. All secrets in it are sealed. */
      state: 'text',
      /** The counted answers, including the one that ends the session. */
      attempts: 'count',
      /** The user's credentialsAt when the sign-in began. */
      credentialsAt: 'instant',
      expiresAt: 'instant',
      endedAt: 'instant?',
    },
    ends: { at: 'expiresAt', keptHours: 0, usable: true, longestHours: 24 },
    spread: 'userId',
  },
  sign_ins: {
    owner: 'user',
    key: ['poolId', 'userId', 'originJti'],
    columns: {
      poolId: 'text',
      userId: 'text',
      originJti: 'text',
      clientId: 'text',
      eventId: 'text',
      /** The moment of the sign-in: `auth_time` of all of its tokens. */
      authAt: 'instant',
      /** The end of the refresh token; rotation does not change it. */
      expiresAt: 'instant',
      /** The number of the newest refresh token of this sign-in; the first is 1. */
      generation: 'count',
      /** The moment when the newest refresh token replaced the one before. */
      rotatedAt: 'instant?',
      deviceKey: 'text?',
      /** Further details of the sign-in, as JSON. */
      details: 'text',
      revokedAt: 'instant?',
      sessionId: 'text?',
      lastActiveAt: 'instant?',
      deviceType: 'text?',
      lastIp: 'text?',
    },
    // The last refresh may have given an access token that is valid for up to a day, and can be revoked until then.
    ends: { at: 'expiresAt', keptHours: 24, usable: true },
    spread: 'userId',
  },
  software_tokens: {
    owner: 'user',
    key: ['poolId', 'userId'],
    columns: {
      poolId: 'text',
      userId: 'text',
      /** The verified secret, sealed. */
      secret: 'text? as secret_sealed',
      /** A pending secret, which waits for its first code, sealed. */
      pending: 'text? as pending_sealed',
      friendlyName: 'text?',
      /** The newest time step that was accepted. */
      lastStep: 'count',
      verifiedAt: 'instant?',
    },
    spread: 'userId',
  },
  passkeys: {
    owner: 'user',
    key: ['poolId', 'userId', 'id'],
    columns: {
      poolId: 'text',
      userId: 'text',
      /** The credential id, in Base64url. */
      id: 'text as credential_id',
      /** The public key as COSE, in Base64url. */
      publicKey: 'text',
      /** The highest signature counter so far; 0 for authenticators that do not count. */
      counter: 'count',
      name: 'text',
      /** The relying party of the passkey; it is not valid for another one. */
      relyingParty: 'text',
      attachment: 'text?',
      transports: 'json',
      createdAt: 'instant',
    },
    spread: 'userId',
  },
  recovery_codes: {
    owner: 'user',
    key: ['poolId', 'userId', 'mac'],
    columns: { poolId: 'text', userId: 'text', mac: 'text as code_mac', createdAt: 'instant' },
    spread: 'userId',
  },
  devices: {
    owner: 'user',
    key: ['poolId', 'userId', 'key'],
    columns: {
      poolId: 'text',
      userId: 'text',
      /** The device key: the Region and a UUID. */
      key: 'text as device_key',
      groupKey: 'text',
      name: 'text?',
      /** Salt and SRP verifier, sealed. */
      verifierSealed: 'text',
      /** Whether it may take the place of a second factor. */
      remembered: 'flag',
      lastIp: 'text?',
      createdAt: 'instant',
      updatedAt: 'instant',
      lastAuthenticatedAt: 'instant',
    },
    spread: 'userId',
  },
  outbox: {
    owner: 'user',
    key: ['id'],
    columns: {
      id: 'text as message_id',
      poolId: 'text',
      userId: 'text',
      channel: 'text',
      recipient: 'text',
      /** `{subject, body}` as JSON, sealed. */
      content: 'text as content_sealed',
      createdAt: 'instant',
      /**
       * The moment after which the message is not sent any more; for a message that was sent or given up, the moment of
       * that.
       */
      expiresAt: 'instant',
      nextAttemptAt: 'instant',
      attempts: 'count',
      leaseUntil: 'instant',
      sentAt: 'instant?',
    },
    // A message can be examined for a week after it was sent, was given up or has expired.
    ends: { at: 'expiresAt', keptHours: 168 },
    spread: 'id',
  },
  removals: {
    owner: 'pool',
    key: ['poolId', 'kind', 'id'],
    columns: { poolId: 'text', kind: 'text', id: 'text', removedAt: 'instant' },
    spread: 'everywhere',
  },
  access_keys: {
    owner: 'server',
    key: ['id'],
    columns: {
      id: 'text as access_key_id',
      /** The secret, sealed. */
      secret: 'text as secret_sealed',
      note: 'text',
      createdAt: 'instant',
      disabledAt: 'instant?',
      /** The policy in the form of rules/key-policy.ts; absent in keys from before there were policies. */
      policy: 'text?',
    },
    spread: 'everywhere',
  },
  clock: {
    owner: 'server',
    key: ['name'],
    columns: {
      name: 'text',
      /** The highest time that a server has used. */
      highestAt: 'instant',
      /** The last step back: its beginning and its end. */
      steppedFrom: 'instant?',
      steppedTo: 'instant?',
    },
    spread: 'everywhere',
  },
  leases: {
    owner: 'server',
    key: ['name'],
    columns: { name: 'text', owner: 'text', until: 'instant as until_at' },
    spread: 'everywhere',
  },
  marks: {
    owner: 'server',
    key: ['name'],
    columns: { name: 'text', value: 'text' },
    spread: 'everywhere',
  },
  migrations: {
    owner: 'server',
    key: ['number'],
    columns: { number: 'count', name: 'text', appliedAt: 'instant' },
    spread: 'everywhere',
  },
} as const

/** The name of a table. */
export type TableName = keyof typeof tables

/** The columns of every table in their stored form, with which Kysely type-checks queries. */
export type Tables = { [Name in TableName]: StoredColumns<(typeof tables)[Name]['columns']> }

/**
 * A row of a table. @typeParam Narrower - the types of texts and documents that are narrower than the kind of their
 * column
 *
 */
export type Row<Name extends TableName, Narrower = Record<never, never>> = RowOf<
  (typeof tables)[Name]['columns'],
  Narrower
>

/** The key of a row. */
export type KeyOf<Name extends TableName> = KeyOfRow<(typeof tables)[Name]['columns'], (typeof tables)[Name]['key']>

/** The columns of a key, for the conditions of a query. */
export type KeyColumns<Name extends TableName> = StoredColumns<
  Pick<(typeof tables)[Name]['columns'], keyof KeyOf<Name> & keyof (typeof tables)[Name]['columns']>
>

type Last<Key extends readonly string[]> = Key extends readonly [...string[], infer Name] ? Name : never

/** The key of a row without its last part. */
export type OwnerOf<Name extends TableName> = Omit<KeyOf<Name>, Last<(typeof tables)[Name]['key']> & string>

/** The columns of a key without its last part. */
export type OwnerColumns<Name extends TableName> = StoredColumns<
  Pick<(typeof tables)[Name]['columns'], keyof OwnerOf<Name> & keyof (typeof tables)[Name]['columns']>
>

/** The description of a table, with its name. */
export type DescribedTable = Description & { readonly name: TableName }

/** All described tables. */
export const describedTables: readonly DescribedTable[] = Object.entries<Description>(tables).map(
  ([name, description]) => ({ name: name as TableName, ...description }),
)

/**
 * The distribution of the tables over several machines: by the values of a column, or `everywhere` with a copy on each.
 */
export const distribution: readonly { readonly table: TableName; readonly by: string }[] = describedTables.map(
  (table) => ({
    table: table.name,
    by: table.spread === 'everywhere' ? 'everywhere' : columnName(table, table.spread),
  }),
)
