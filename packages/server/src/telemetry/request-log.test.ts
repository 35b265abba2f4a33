import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUser, goodPassword, setMfa, startPool } from '../../testing/pool.ts'
import { beginByPassword, refresh, respond, signIn } from '../../testing/sign-in.ts'
import { requestLog } from './request-log.ts'

test('a line about a request has the fields that are known when it is written, and its own', () => {
  const lines: unknown[] = []
  const write = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message])
  const subject: { user?: string } = {}
  const inner = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const log = requestLog(inner, () => ({ requestId: 'r', ...subject }))
  log.debug({}, 'begun')
  subject.user = 'u'
  log.info({ error: 'E' }, 'refused')
  log.warn({ stored: 1 }, 'strange')
  log.error({ err: 'x' }, 'failed')
  assert.deepEqual(lines, [
    ['debug', { requestId: 'r' }, 'begun'],
    ['info', { requestId: 'r', user: 'u', error: 'E' }, 'refused'],
    ['warn', { requestId: 'r', user: 'u', stored: 1 }, 'strange'],
    ['error', { requestId: 'r', user: 'u', err: 'x' }, 'failed'],
  ])
})

test('a session and a refresh token say whose the request is, also where they are refused', async (t) => {
  const at = await startPool(t)
  const { UserPoolId: pool, ClientId: client } = at
  const user = await addUser(at, 'anna')
  const whose = () => {
    const { pool: ofPool, client: ofClient, user: ofUser } = at.server.log.at(-1)?.fields ?? {}
    return { pool: ofPool, client: ofClient, user: ofUser }
  }
  const { RefreshToken } = await signIn(at, 'anna')
  await at.server.call('RevokeToken', { ClientId: client, Token: RefreshToken })
  await assert.rejects(refresh(at, RefreshToken))
  assert.deepEqual(whose(), { pool, client, user })

  await setMfa(at, 'ON')
  const { Session = '' } = await beginByPassword(at, 'anna')
  at.server.advance(600)
  await assert.rejects(at.server.call('AssociateSoftwareToken', { Session }))
  assert.deepEqual(whose(), { pool, client: undefined, user })
  await assert.rejects(respond(at, 'MFA_SETUP', Session, { USERNAME: 'anna' }))
  assert.deepEqual(whose(), { pool, client, user })

  await assert.rejects(beginByPassword(at, 'nobody', goodPassword))
  assert.deepEqual(whose(), { pool, client, user: undefined })
})
