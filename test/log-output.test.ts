// What becomes of the log: on a full disk, and before a reader that has stopped or gone, the server goes on.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { closing } from '../packages/server/testing/closing.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import {
  runCommand,
  startProcess,
  type ServerProcess,
  type StartOptions,
} from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

type Started = { readonly server: ServerProcess; readonly lost: () => Promise<number> }

const serve = async (t: TestContext, options: StartOptions): Promise<Started> => {
  const folder = folderOf(t)
  const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
  const metricsPort = await freePort()
  const words = ['serve', '--data', folder, '--metrics-port', String(metricsPort)]
  const server = await startProcess(words, { ...options, env })
  closing(t, server.kill)
  const lost = async (): Promise<number> => {
    const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(/^poolkeeper_log_lines_lost (\d+)$/m.exec(figures)?.[1])
  }
  return { server, lost }
}

/** A request that is refused. */
const refusedCall = async (url: string): Promise<number> => {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.ConfirmSignUp',
  }
  const body = JSON.stringify({ ClientId: 'client', Username: 'jane', ConfirmationCode: '1' })
  const response = await fetch(url, { method: 'POST', headers, body })
  await response.arrayBuffer()
  return response.status
}

test('on a full disk the server starts, answers, counts the lines that were lost, and ends', async (t) => {
  if (process.platform !== 'linux') return t.diagnostic('no full disk here')
  const stdout = openSync('/dev/full', 'w')
  closing(t, () => closeSync(stdout))
  const { server, lost } = await serve(t, { stdout })
  for (let call = 0; call < 20; call += 1) assert.equal(await refusedCall(server.url), 400)
  assert.ok((await lost()) >= 20)
  assert.equal(await server.stop(), 0)
  assert.equal(server.output(), '')
})

test('before a reader that has stopped the server answers, and ends', async (t) => {
  const folder = folderOf(t)
  // The development server leaves no line out.
  const server = await startProcess(['dev', '--data', folder], { stdout: 'unread' })
  closing(t, server.kill)
  const body = JSON.stringify({ UserAttributes: Array.from({ length: 9 }, () => ({ Name: 'x'.repeat(2000) })) })
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.SignUp',
  }
  // More than a pipe holds and the server keeps.
  for (let call = 0; call < 500; call += 1) {
    const response = await fetch(server.url, { method: 'POST', headers, body })
    assert.ok((await response.text()).length > 9000)
  }
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  assert.equal(await server.stop(), 0)
})

test('a reader that goes takes no server with it', async (t) => {
  const { server, lost } = await serve(t, {})
  server.child.stdout?.destroy()
  while ((await lost()) === 0) assert.equal(await refusedCall(server.url), 400)
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  assert.equal(await server.stop(), 0)
})

test('a source that is refused in a loop fills no disk: its refusals are sampled, and told by their number', async (t) => {
  const { server } = await serve(t, {})
  for (let call = 0; call < 200; call += 1) assert.equal(await refusedCall(server.url), 400)
  assert.equal(await server.stop(), 0)
  const lines = server.output().split('\n')
  const refused = lines.filter((line) => line.includes('"msg":"refused"')).length
  const told = lines.flatMap((line) => /"leftOut":(\d+)/.exec(line)?.[1] ?? []).map(Number)
  assert.ok(refused >= 50 && refused < 200, String(refused))
  assert.equal(refused + told.reduce((sum, count) => sum + count, 0), 200)
})
