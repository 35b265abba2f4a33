import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { closing } from '../packages/server/testing/closing.ts'
import { newSealKey } from '../packages/server/src/keys/seal.ts'
import { advance } from './authenticator.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { startPostgres } from '../packages/server/testing/postgres.ts'

const password = 'Correct-horse-7'
const atOnce = 200

/** A mail server on loopback that keeps what it got: address to texts. */
const startSmtp = async (
  t: TestContext,
): Promise<{ port: number; received: Map<string, string[]>; open: () => Promise<void> }> => {
  const received = new Map<string, string[]>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      let text = ''
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo)
          received.set(address, [...(received.get(address) ?? []), text])
        done()
      })
    },
  })
  server.on('error', () => {})
  const port = await freePort()
  closing(t, () => new Promise<void>((resolve) => void server.close(() => resolve())))
  const open = (): Promise<void> => new Promise((resolve) => void server.listen(port, '127.0.0.1', () => resolve()))
  return { port, received, open }
}

type Answer = { readonly status: number; readonly body: Record<string, unknown> }

const call = async (url: string, operation: string, input: unknown): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=any/20260102/zz-local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** Waits as long as the test may: a slow machine is no failure. */
const until = async (done: () => boolean, meanwhile: () => Promise<void> = async () => {}): Promise<void> => {
  while (!done()) {
    await pause(50)
    await meanwhile()
  }
}

const killDuringSignUps = async (t: TestContext, database: readonly string[]): Promise<void> => {
  const folder = folderOf(t)
  const smtp = await startSmtp(t)
  const words = ['dev', '--data', folder, ...database, '--smtp', `smtp://127.0.0.1:${smtp.port}`]
  const options = { env: { POOLKEEPER_SEAL_KEYS: newSealKey() } }
  const server = await startProcess(words, options)
  closing(t, server.kill)
  const ids = { ClientId: '1poolkeeper0development000', UserPoolId: 'zz-local-1_Poolkeepr' }
  const acknowledged: string[] = []
  const signUp = async (index: number): Promise<void> => {
    const Username = `user${index}@example.com`
    const answer = await call(server.url, 'SignUp', { ClientId: ids.ClientId, Username, Password: password })
    if (answer.status === 200) acknowledged.push(Username)
  }
  const signUps = Array.from({ length: atOnce }, (_, index) => signUp(index).catch(() => 'cut off by the kill'))
  await until(() => acknowledged.length >= atOnce / 4)
  await server.kill()
  await Promise.all(signUps)
  await smtp.open()
  const restarted = await startProcess(words, options)
  closing(t, restarted.kill)
  for (const Username of acknowledged) {
    const user = await call(restarted.url, 'AdminGetUser', { UserPoolId: ids.UserPoolId, Username })
    assert.equal(user.body['UserStatus'], 'UNCONFIRMED', Username)
  }
  // What the killed worker held under a lease is free a minute later, by the server's clock.
  const arrived = (): boolean => acknowledged.every((address) => smtp.received.has(address))
  await until(arrived, () => advance(restarted.url, 5))
  for (const address of acknowledged) assert.equal(smtp.received.get(address)?.length, 1, `${address} once`)
}

test('req 100, 101, 108: kill -9 during 200 sign-ups, SQLite: who was acknowledged is there, the message comes once', (t) =>
  killDuringSignUps(t, []))

test('req 100, 101, 108: kill -9 during 200 sign-ups, PostgreSQL: the same', async (t) =>
  killDuringSignUps(t, ['--database', await (await startPostgres()).freshDatabase()]))
