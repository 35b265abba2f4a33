import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../context.ts'
import { jsonLog, terminalLog } from './log.ts'

const recorded = (make: (write: (text: string) => void) => Log): { log: Log; text: () => string } => {
  const lines: string[] = []
  return { log: make((line) => void lines.push(line)), text: () => lines.join('') }
}

const json = (): { log: Log; text: () => string } => recorded((write) => jsonLog({ write }))
const terminal = (): { log: Log; text: () => string } => recorded(terminalLog)

test('a line is JSON with time, level, message and fields', () => {
  const { log, text } = json()
  log.info({ requestId: 'r1', operation: 'SignUp', error: 'UsernameExistsException' }, 'refused')
  const { time, ...line } = JSON.parse(text()) as Record<string, unknown>
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual(line, {
    level: 'info',
    requestId: 'r1',
    operation: 'SignUp',
    error: 'UsernameExistsException',
    msg: 'refused',
  })
})

const secretFields = [
  'password',
  'Password',
  'PreviousPassword',
  'secret',
  'SecretHash',
  'client_secret',
  'code',
  'UserCode',
  'ConfirmationCode',
  'token',
  'AccessToken',
  'refreshToken',
  'refresh_token',
  'id_token_hint',
  'session',
  'Session',
  'authorization',
  'Authorization',
  'set-cookie',
  'recipient',
  'to',
  'address',
  'email',
  'phone_number',
  'destination',
]

test('req 112: secrets and addresses are left out by the name of their field, at any depth', () => {
  for (const field of secretFields) {
    const { log, text } = json()
    log.warn({ [field]: 'hunter2', deep: { deeper: [{ [field]: { value: 'hunter2' } }] } }, 'said')
    assert.doesNotMatch(text(), /hunter2/, field)
    assert.equal(text().split('[secret]').length - 1, 2, field)
  }
})

test('fields that only look like secrets are kept', () => {
  const { log, text } = json()
  log.info({ error: 'CodeMismatchException', statusCode: 400, remoteAddress: '127.0.0.1', total: 3 }, 'said')
  assert.match(text(), /CodeMismatchException.*400.*127\.0\.0\.1.*3/)
})

test('req 112: of an error its message and stack are kept, and nothing that its maker put on it', () => {
  const { log, text } = json()
  const detail = 'Key (recipient)=(ann@example.com) already exists.'
  const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail, parameters: ['ann@example.com'] })
  log.error({ err: Object.assign(new Error('broken', { cause }), { response: '550 ann@example.com' }) }, 'failed')
  assert.doesNotMatch(text(), /ann@/)
  const { err } = JSON.parse(text()) as { err: { message: string; stack: string; cause: { fault: string } } }
  assert.equal(err.message, 'broken')
  assert.match(err.stack, /log\.test\.ts/)
  assert.equal(err.cause.fault, '23505')
})

test('what is logged may be circular, or bytes', () => {
  const { log, text } = json()
  const circle: Record<string, unknown> = { bytes: Buffer.from('hunter2') }
  circle['self'] = circle
  log.info(circle, 'said')
  assert.match(text(), /"msg":"said"/)
  assert.doesNotMatch(text(), /hunter2|104,117/)
})

test('the terminal tells a refusal in one line, with its true reason', () => {
  const { log, text } = terminal()
  log.info(
    {
      requestId: 'r1',
      operation: 'ConfirmSignUp',
      error: 'ExpiredCodeException',
      message: 'Invalid code provided, please request a code again.',
      reason: 'the code expired 40 s ago',
    },
    'refused',
  )
  assert.match(
    text(),
    /^ {2}\d\d:\d\d:\d\d {2}ConfirmSignUp refused: ExpiredCodeException: Invalid code provided, please request a code again\. {2}\(the code expired 40 s ago\)\n$/,
  )
})

test('the terminal shows where a fault came from', () => {
  const { log, text } = terminal()
  log.error({ requestId: 'r1', operation: 'SignUp', err: new Error('broken') }, 'failed')
  assert.match(text(), /error: failed SignUp\n +Error: broken\n +at .*log\.test\.ts/)
})

test('req 112: e-mail addresses and phone numbers are left out of every text', () => {
  const addresses = [
    'jane@example.com',
    'j.o+x%y@mail.example.co.uk',
    'jörg@bücher.example',
    '+15550100',
    '+491701234567',
  ]
  for (const address of addresses) {
    const { log, text } = json()
    const said = `Resend not possible. ${address} status is not FORCE_CHANGE_PASSWORD`
    log.info({ message: said, reason: address, err: new Error(`about ${address}`), list: [said] }, 'refused')
    assert.ok(!text().includes(address), text())
    assert.match(text(), /Resend not possible\. \[address\] status is not FORCE_CHANGE_PASSWORD/)
  }
})

test('texts that hold no address stay as they are: paths of packages, versions, times', () => {
  const { log, text } = json()
  const plain = 'at node_modules/@aws-sdk/client.js, pg@8.23.1, a+b, +30 s, 2026-01-02T03:04:05+00:00, 192.0.2.1'
  log.info({ reason: plain }, 'said')
  assert.ok(text().includes(plain), text())
})

test('while the clock is moved, each line for the terminal says how far it is from real time', () => {
  let ahead = 30
  const lines: string[] = []
  const log = terminalLog(
    (line) => void lines.push(line),
    () => ahead,
  )
  log.info({ operation: 'VerifySoftwareToken', error: 'EnableSoftwareTokenMFAException', reason: 'why' }, 'refused')
  ahead = 0
  log.info({ operation: 'SignUp', error: 'UsernameExistsException' }, 'refused')
  assert.match(lines[0] ?? '', /\(why\) {2}\(the clock is 30 s ahead of real time\)\n$/)
  assert.match(lines[1] ?? '', /UsernameExistsException\n$/)
})

test('a line for the terminal holds nothing that steers a terminal, and stays one line', () => {
  const { log, text } = terminal()
  log.info({ operation: 'a\u001b[2Jb\nforged line\r\u0007\u009b\u202e', error: 'UnknownOperationException' }, 'refused')
  assert.doesNotMatch(text().slice(0, -1), /[\p{Cc}\p{Cf}]/u)
})

test('a line is bounded, however long the text of a caller is', () => {
  let text = ''
  const log = jsonLog({ write: (line) => void (text += line) })
  log.info({ message: 'x'.repeat(100_000), list: ['y'.repeat(100_000)], short: 'whole' }, 'refused')
  assert.ok(text.length < 10_000, String(text.length))
  assert.match(text, /x{4096}…/)
  assert.match(text, /"short":"whole"/)
})
