// Challenge sessions: one step of one sign-in, answered once. The Session on the wire seals the key of the row.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** A stored challenge session. */
export type Session = Row<'sessions'>

export type Sessions = {
  find(poolId: string, userId: string, sessionId: string): Promise<Session | undefined>
  add(session: Omit<Session, 'attempts' | 'endedAt'>): Write
  /** Ends a session; refused when it was answered or has expired. */
  end(session: Session, now: number, refused: () => Error): Write
  /** Counts an answer before it is checked; refused when the session has had `limit` answers, or has ended. */
  countAnswer(session: Session, limit: number, refused: () => Error): Write
  /** Takes back the count of an answer. */
  uncountAnswer(session: Session): Write
}

/** The table of challenge sessions. */
export const sessions = (database: Database): Sessions => {
  const { dialect } = database
  const rows = rowsOf<'sessions', Session>(database, 'sessions')
  type Key = KeyOf<'sessions'>
  const end = prepare<Key & { now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sessions')
      .set({ ended_at: slot('now') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('ended_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const countAnswer = prepare<Key & { limit: number }>(dialect, (db, slot) =>
    db
      .updateTable('sessions')
      .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
      .where((eb) => eb.and(rows.key(slot)))
      .where('ended_at', 'is', null)
      .where('attempts', '<', slot('limit')),
  )
  const uncountAnswer = prepare<Key>(dialect, (db, slot) =>
    db
      .updateTable('sessions')
      .set((eb) => ({ attempts: eb('attempts', '-', 1) }))
      .where((eb) => eb.and(rows.key(slot)))
      .where('ended_at', 'is', null)
      .where('attempts', '>', 0),
  )
  return {
    find: async (poolId, userId, id) => {
      const session = await rows.find({ poolId, userId, id })
      return session && { ...session, step: earlierSteps[session.step] ?? session.step }
    },
    add: (session) =>
      rows.insert({ ...session, attempts: 0, endedAt: undefined }, () => new Error('a session id was drawn twice')),
    end: ({ poolId, userId, id }, now, otherwise) => rows.one(end({ poolId, userId, id, now }), otherwise),
    countAnswer: ({ poolId, userId, id }, limit, otherwise) =>
      rows.one(countAnswer({ poolId, userId, id, limit }), otherwise),
    uncountAnswer: ({ poolId, userId, id }) => rows.any(uncountAnswer({ poolId, userId, id })),
  }
}

// Sessions from earlier versions name their step in the names of the wire. The longest of them last a day.
const earlierSteps: Readonly<Record<string, string>> = {
  ADMIN_NO_SRP_AUTH: 'custom-password',
  CUSTOM_CHALLENGE: 'custom',
  DEVICE_PASSWORD_VERIFIER: 'device-proof',
  DEVICE_SRP_AUTH: 'device',
  EMAIL_OTP: 'email-code',
  MFA_SETUP: 'mfa-setup',
  'MFA_SETUP/ASSOCIATED': 'mfa-setup/associated',
  'MFA_SETUP/VERIFIED': 'mfa-setup/verified',
  NEW_PASSWORD_REQUIRED: 'new-password',
  PASSWORD_VERIFIER: 'password-proof',
  SELECT_CHALLENGE: 'choice',
  SELECT_MFA_TYPE: 'select-factor',
  SIGN_UP: 'sign-up',
  'SIGN_UP/CONFIRMED': 'sign-up/confirmed',
  SMS_MFA: 'sms-code',
  SMS_OTP: 'sms-sign-in-code',
  SOFTWARE_TOKEN_MFA: 'software-token',
  WEB_AUTHN: 'passkey',
}
