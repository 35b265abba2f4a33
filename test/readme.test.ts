// The program that the README shows, run as it stands.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { closing } from '../packages/server/testing/closing.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

const clone = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The program of the README, for a server elsewhere than on the usual port. */
const flowFor = (url: string): string => {
  const program = /```js\n(import \{ createInterface \}[^]*?)```/.exec(readme)?.[1] ?? ''
  assert.match(program, /SignUpCommand/)
  return program.replace('http://127.0.0.1:9229', url)
}

const newestCode = async (url: string): Promise<string> => {
  const mail = (await (await fetch(`${url}/_poolkeeper/mailbox`)).json()) as { body: string }[]
  return /\d{6}/.exec(mail[0]?.body ?? '')?.[0] ?? ''
}

/** Runs the program and types what it asks for. @returns what it printed */
const runFlow = async (t: TestContext, url: string): Promise<string> => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', flowFor(url)], { cwd: clone })
  closing(t, () => child.kill('SIGKILL'))
  let printed = ''
  let asked = 0
  const answer = async (): Promise<void> => {
    const secret = /put ([A-Z2-7]+) into an authenticator app; its code: $/.exec(printed)?.[1]
    if (asked === 0 && printed.endsWith('code from the mailbox: ')) {
      asked = 1
      child.stdin.write(`${await newestCode(url)}\n`)
    } else if (asked === 1 && secret) {
      asked = 2
      child.stdin.write(`${totpCode(decodeBase32(secret), totpStep(Date.now()))}\n`)
    }
  }
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
    void answer()
  })
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve))
  assert.equal(code, 0, printed)
  return printed
}

test('the flow of the README runs as it stands, and runs again', async (t) => {
  const folder = folderOf(t)
  const server = await startProcess(['dev', '--data', folder])
  closing(t, server.kill)
  for (let run = 0; run < 2; run += 1) assert.match(await runFlow(t, server.url), /AccessToken: 'ey/)
})
