// Messages on their way. A message is written in the commit of its cause, leased by one worker at a time, and kept
// until it was sent or what it carries has expired. Its content is sealed, for it holds codes.
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A message as it is kept. */
export type Message = {
  readonly id: string
  readonly poolId: string
  readonly userId: string
  readonly channel: 'email' | 'sms'
  readonly recipient: string
  /** `{subject, body}` as JSON, sealed for the purpose `outbox`. */
  readonly content: string
  readonly createdAt: number
  /** When the message is no longer worth sending; once it was sent or given up, when that was. */
  readonly expiresAt: number
  readonly attempts: number
  readonly sentAt: number | undefined
}

export type Outbox = {
  add(message: Omit<Message, 'attempts' | 'sentAt'>): Write
  /** Up to `limit` messages of a channel that are due and that no worker holds, oldest first. */
  due(channel: Message['channel'], now: number, limit: number): Promise<Message[]>
  /** Takes a message for one worker; refused when another has it. */
  lease(message: Message, until: number, now: number, refused: () => Error): Write
  sent(message: Message, now: number): Write
  /** Gives a message back after a failure, to be tried again at `nextAttemptAt`. */
  failed(message: Message, nextAttemptAt: number): Write
  /** Gives up a message: it stays to be seen until it is swept, and is not tried again. */
  giveUp(message: Pick<Message, 'id'>, now: number): Write
  /** The newest messages, of one recipient or of all: what the development mailbox shows. */
  newest(recipient: string | undefined, limit: number): Promise<Message[]>
  /** How many messages wait, and since when the oldest does. */
  waiting(): Promise<{ count: number; oldestAt: number | undefined }>
}

const messageOf = (row: Record<string, Value>): Message => ({
  id: String(row['message_id']),
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  channel: row['channel'] === 'sms' ? 'sms' : 'email',
  recipient: String(row['recipient']),
  content: String(row['content_sealed']),
  createdAt: Number(row['created_at']),
  expiresAt: Number(row['expires_at']),
  attempts: Number(row['attempts']),
  sentAt: row['sent_at'] === null ? undefined : Number(row['sent_at']),
})

const gone = (): Error => new Error('the message is gone')

/** A message that was given up is due never again. */
const never = Number.MAX_SAFE_INTEGER

/** The table of messages. */
export const outbox = (database: Database): Outbox => {
  const { dialect } = database
  type Row = {
    id: string
    poolId: string
    userId: string
    channel: string
    recipient: string
    content: string
    now: number
    expiresAt: number
  }
  const insert = prepare<Row>(dialect, (db, slot) =>
    db.insertInto('outbox').values({
      message_id: slot('id'),
      pool_id: slot('poolId'),
      user_id: slot('userId'),
      channel: slot('channel'),
      recipient: slot('recipient'),
      content_sealed: slot('content'),
      created_at: slot('now'),
      expires_at: slot('expiresAt'),
      next_attempt_at: slot('now'),
      attempts: 0,
      lease_until: 0,
      sent_at: null,
    }),
  )
  const selectDue = prepare<{ channel: string; now: number; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('outbox')
      .selectAll()
      .where('channel', '=', slot('channel'))
      .where('sent_at', 'is', null)
      .where('next_attempt_at', '<=', slot('now'))
      .where('lease_until', '<=', slot('now'))
      .orderBy('next_attempt_at')
      .limit(slot('limit')),
  )
  const lease = prepare<{ id: string; until: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('outbox')
      .set((eb) => ({ lease_until: slot('until'), attempts: eb('attempts', '+', 1) }))
      .where('message_id', '=', slot('id'))
      .where('sent_at', 'is', null)
      .where('lease_until', '<=', slot('now')),
  )
  const markSent = prepare<{ id: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('outbox')
      .set({ sent_at: slot('now'), expires_at: slot('now') })
      .where('message_id', '=', slot('id'))
      .where('sent_at', 'is', null),
  )
  const giveUp = prepare<{ id: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('outbox')
      .set({ next_attempt_at: never, lease_until: 0, expires_at: slot('now') })
      .where('message_id', '=', slot('id')),
  )
  const giveBack = prepare<{ id: string; at: number }>(dialect, (db, slot) =>
    db
      .updateTable('outbox')
      .set({ next_attempt_at: slot('at'), lease_until: 0 })
      .where('message_id', '=', slot('id')),
  )
  const selectNewest = prepare<{ limit: number }>(dialect, (db, slot) =>
    db.selectFrom('outbox').selectAll().orderBy('created_at', 'desc').limit(slot('limit')),
  )
  const selectNewestTo = prepare<{ recipient: string; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('outbox')
      .selectAll()
      .where('recipient', '=', slot('recipient'))
      .orderBy('created_at', 'desc')
      .limit(slot('limit')),
  )
  const selectWaiting = prepare<Record<never, never>>(dialect, (db) =>
    db
      .selectFrom('outbox')
      .select((eb) => [eb.fn.countAll().as('count'), eb.fn.min('created_at').as('oldest')])
      .where('sent_at', 'is', null)
      .where('next_attempt_at', '<', never),
  )
  const row = (statement: Write['statement']): Write => ({ statement, rows: 1, otherwise: gone })
  return {
    add: ({ id, poolId, userId, channel, recipient, content, createdAt, expiresAt }) =>
      row(insert({ id, poolId, userId, channel, recipient, content, now: createdAt, expiresAt })),
    due: async (channel, now, limit) => (await database.read(selectDue({ channel, now, limit }))).map(messageOf),
    lease: ({ id }, until, now, otherwise) => ({ statement: lease({ id, until, now }), rows: 1, otherwise }),
    sent: ({ id }, now) => row(markSent({ id, now })),
    failed: ({ id }, nextAttemptAt) => row(giveBack({ id, at: nextAttemptAt })),
    giveUp: ({ id }, now) => row(giveUp({ id, now })),
    newest: async (recipient, limit) => {
      const statement = recipient === undefined ? selectNewest({ limit }) : selectNewestTo({ recipient, limit })
      return (await database.read(statement)).map(messageOf)
    },
    waiting: async () => {
      const [counted] = await database.read(selectWaiting({}))
      const oldest = counted?.['oldest']
      return { count: Number(counted?.['count']), oldestAt: typeof oldest === 'number' ? oldest : undefined }
    },
  }
}
