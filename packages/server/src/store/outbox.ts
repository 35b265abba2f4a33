// Messages that are to be sent. The commit that causes a message writes it; one worker at a time leases it, until it is
// sent or has expired. Its content is sealed, because it holds codes.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

/** A stored message. */
export type Message = Row<'outbox', { readonly channel: 'email' | 'sms' }>

/** A new message. */
export type NewMessage = Omit<Message, 'nextAttemptAt' | 'attempts' | 'leaseUntil' | 'sentAt'>

export type Outbox = {
  add(message: NewMessage): Write
  /** Up to `limit` due messages of a channel that no worker has leased, oldest first. */
  due(channel: Message['channel'], now: number, limit: number): Promise<Message[]>
  /** Leases a message to one worker; refused when another worker has it. */
  lease(message: Message, until: number, now: number, refused: () => Error): Write
  sent(message: Message, now: number): Write
  /** Gives a message back after a failure, to be tried again at `nextAttemptAt`. */
  failed(message: Message, nextAttemptAt: number): Write
  /** Gives up a message: it is not tried again, and stays visible until the sweep removes it. */
  giveUp(message: Pick<Message, 'id'>, now: number): Write
  /** The newest messages, of one recipient or of all, for the development mailbox. */
  newest(recipient: string | undefined, limit: number): Promise<Message[]>
  /** The number of unsent messages, and the time of the oldest one. */
  waiting(): Promise<{ count: number; oldestAt: number | undefined }>
}

/** The time of the next try of a message that was given up: never. */
const never = Number.MAX_SAFE_INTEGER

/** The table of messages. */
export const outbox = (database: Database): Outbox => {
  const { dialect } = database
  const rows = rowsOf<'outbox', Message>(database, 'outbox')
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
  return {
    add: (message) =>
      rows.insert(
        { ...message, nextAttemptAt: message.createdAt, attempts: 0, leaseUntil: 0, sentAt: undefined },
        () => new Error('a message id was drawn twice'),
      ),
    due: (channel, now, limit) => rows.read(selectDue({ channel, now, limit })),
    lease: ({ id }, until, now, otherwise) => rows.one(lease({ id, until, now }), otherwise),
    sent: ({ id }, now) => rows.one(markSent({ id, now }), gone),
    failed: ({ id }, nextAttemptAt) => rows.one(giveBack({ id, at: nextAttemptAt }), gone),
    giveUp: ({ id }, now) => rows.one(giveUp({ id, now }), gone),
    newest: (recipient, limit) =>
      rows.read(recipient === undefined ? selectNewest({ limit }) : selectNewestTo({ recipient, limit })),
    waiting: async () => {
      const [counted] = await database.read(selectWaiting({}))
      const oldest = counted?.['oldest']
      return { count: Number(counted?.['count']), oldestAt: typeof oldest === 'number' ? oldest : undefined }
    },
  }
}

const gone = (): Error => new Error('the message is gone')
