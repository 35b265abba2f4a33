// Every table of the database, described once (table.ts says how a description is read). The text of the tables stands
// in database/migrations/; a test compares the two.
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
      /** The least wins; absent comes last. */
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
      /** The user name as it was given; the `sub` where a pool signs in by e-mail or phone. */
      username: 'text',
      status: 'text',
      enabled: 'flag',
      /** Every attribute but `sub`, as the strings that the wire carries; an address has its mark beside it. */
      attributes: 'json',
      passwordHash: 'text?',
      /** Salt and SRP verifier, sealed. */
      srpSealed: 'text?',
      /** Hashes of earlier passwords, newest first. */
      passwordHistory: 'json',
      /** When the password was last set or reset; a sign-in that began before is void. */
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
    // What is counted by the hour ends with the hour; one more, so that the clocks of servers may differ.
    ends: { at: 'sinceAt', keptHours: 2 },
    spread: 'userId',
  },
  locks: {
    owner: 'user',
    key: ['poolId', 'userId'],
    columns: {
      poolId: 'text',
      userId: 'text',
      /** Attempts in a row that were not found right. */
      failures: 'count',
      lastFailureAt: 'instant',
      /** The end of the lock; one that has passed, or 0, locks nothing. */
      lockedUntil: 'instant',
      /** Of the newest attempt. */
      ticket: 'text',
    },
    // The longest lock, and the time after which failures are forgotten, are a quarter of an hour.
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
      /** The attribute whose address the code went to, or '' for none. */
      attribute: 'text',
      /** A new value of that attribute which the code will make valid, sealed. */
      pending: 'text?',
      /** Wrong answers so far. */
      attempts: 'count',
      expiresAt: 'instant',
    },
    // A late answer hears the same about a code that has expired and about none.
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
      /** The challenge it waits for an answer to; for MFA_SETUP also how far the set-up has come. */
      step: 'text',
      /** What the flow remembers between steps, as JSON. Holds no secret that is not sealed. */
      state: 'text',
      /** Answers that were counted; the one that ends the session is among them. */
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
      /** When the user signed in: `auth_time` of every token of this sign-in. */
      authAt: 'instant',
      /** When the refresh token ends; rotation does not move it. */
      expiresAt: 'instant',
      /** Which refresh token of this sign-in is the newest; the first is 1. */
      generation: 'count',
      /** When the newest refresh token replaced the one before. */
      rotatedAt: 'instant?',
      deviceKey: 'text?',
      /** What else the sign-in is known by, as JSON. */
      details: 'text',
      revokedAt: 'instant?',
      sessionId: 'text?',
      lastActiveAt: 'instant?',
      deviceType: 'text?',
      lastIp: 'text?',
    },
    // An access token that the last refresh gave lives for a day at most, and may be revoked until then.
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
      /** A secret that waits for its first code, sealed. */
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
      /** The highest signature counter that was seen; 0 for authenticators that do not count. */
      counter: 'count',
      name: 'text',
      /** The relying party it was made for; it is worth nothing for another. */
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
      /** The Region and a UUID. */
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
      /** When the message is no longer worth sending; once it was sent or given up, when that was. */
      expiresAt: 'instant',
      nextAttemptAt: 'instant',
      attempts: 'count',
      leaseUntil: 'instant',
      sentAt: 'instant?',
    },
    // A message can be asked after for a week after it was sent, was given up or has expired.
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
      /** Sealed. */
      secret: 'text as secret_sealed',
      note: 'text',
      createdAt: 'instant',
      disabledAt: 'instant?',
      /** Written by rules/key-policy.ts; absent in keys that were made before there were policies. */
      policy: 'text?',
    },
    spread: 'everywhere',
  },
  clock: {
    owner: 'server',
    key: ['name'],
    columns: {
      name: 'text',
      /** The highest time that a server has shown. */
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

/** The columns of every table as the database holds them, and as Kysely checks queries. */
export type Tables = { [Name in TableName]: StoredColumns<(typeof tables)[Name]['columns']> }

/** A row of a table. @typeParam Narrower - what texts and documents hold, where their kind does not say it */
export type Row<Name extends TableName, Narrower = Record<never, never>> = RowOf<
  (typeof tables)[Name]['columns'],
  Narrower
>

/** The key of a row. */
export type KeyOf<Name extends TableName> = KeyOfRow<(typeof tables)[Name]['columns'], (typeof tables)[Name]['key']>

/** The columns of a key, as conditions of a query name them. */
export type KeyColumns<Name extends TableName> = StoredColumns<
  Pick<(typeof tables)[Name]['columns'], keyof KeyOf<Name> & keyof (typeof tables)[Name]['columns']>
>

type Last<Key extends readonly string[]> = Key extends readonly [...string[], infer Name] ? Name : never

/** The key of a row without its last part. */
export type OwnerOf<Name extends TableName> = Omit<KeyOf<Name>, Last<(typeof tables)[Name]['key']> & string>

/** The columns of the beginning of a key. */
export type OwnerColumns<Name extends TableName> = StoredColumns<
  Pick<(typeof tables)[Name]['columns'], keyof OwnerOf<Name> & keyof (typeof tables)[Name]['columns']>
>

/** A table that is described, with its name. */
export type DescribedTable = Description & { readonly name: TableName }

/** Every described table. */
export const describedTables: readonly DescribedTable[] = Object.entries<Description>(tables).map(
  ([name, description]) => ({ name: name as TableName, ...description }),
)

/** How the tables are spread over several machines: by the values of a column, or `everywhere` with a copy on each. */
export const distribution: readonly { readonly table: TableName; readonly by: string }[] = describedTables.map(
  (table) => ({
    table: table.name,
    by: table.spread === 'everywhere' ? 'everywhere' : columnName(table, table.spread),
  }),
)
