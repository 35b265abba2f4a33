// Whatever dies, fails, hangs or stays open in a test: npm test ends with the result, within a bound, and leaves nothing.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folderOf } from '../packages/server/testing/folders.ts'

const runner = fileURLToPath(new URL('../tools/test.ts', import.meta.url))

type Run = { readonly code: number; readonly out: string; readonly said: string; readonly left: readonly string[] }

/** Runs a test file of this text as npm test would. */
const run = async (t: TestContext, text: string, ...flags: readonly string[]): Promise<Run> => {
  const folder = folderOf(t)
  const file = join(folder, 'a.test.ts')
  writeFileSync(file, `import { test } from 'node:test'\n${text}`)
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  // Node tells its children that they are inside a test.
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env
  const env = { ...rest, TMPDIR: temporary }
  return new Promise((resolve) => {
    execFile(process.execPath, [runner, ...flags, file], { env, timeout: 100_000 }, (error, out, said) => {
      const code = error ? Number(error.code) : 0
      resolve({ code, out, said, left: readdirSync(temporary) })
    })
  })
}

/** The figures of Node's closing lines. */
const figuresOf = (out: string): Record<string, string> =>
  Object.fromEntries([...out.matchAll(/^ℹ (\w+) (\d+)$/gm)].map(([, name = '', count = '']) => [name, count]))

test('a run that passes ends by 0, and its last lines are those of Node', async (t) => {
  const text = `
    import { mkdtempSync } from 'node:fs'
    import { tmpdir } from 'node:os'
    test('passes', () => void mkdtempSync(tmpdir() + '/left-'))`
  const { code, out, said, left } = await run(t, text)
  assert.equal(code, 0, out + said)
  assert.match(out, /✔ passes .*\nℹ tests 1\n(?:ℹ .*\n)*ℹ duration_ms [\d.]+\n$/)
  assert.deepEqual([said, left], ['', []])
})

test('req 128: what a failed test leaves open does not keep the run from ending, and is named', async (t) => {
  const text = `
    import { createServer } from 'node:net'
    test('leaks', () => { createServer().listen(0); setInterval(() => {}, 1000); throw new Error('failed') })
    test('goes on', () => {})`
  const { code, out, said } = await run(t, text)
  assert.equal(code, 1)
  assert.equal(said, 'still open: TCPServerWrap (1), Timeout (1)\n')
  const { tests, pass, fail } = figuresOf(out)
  assert.deepEqual({ tests, pass, fail }, { tests: '2', pass: '1', fail: '1' })
})

test('req 128: a run in which something hangs for ever ends with the name of the test', async (t) => {
  const text = `
    test('passes', () => {})
    test('hangs', (t) => t.after(() => new Promise(() => setInterval(() => {}, 1000))))`
  const { code, out, said, left } = await run(t, text, '--silent-seconds=2', '--ending-seconds=2')
  assert.equal(code, 1)
  assert.match(said, /nothing was said for 2 s; the run is ended\nstill open: Timeout \(1\)/)
  assert.match(out, /✔ passes [^]*✖ hangs /)
  assert.equal(figuresOf(out)['cancelled'], '1')
  assert.deepEqual(left, [])
})

test('a run that talks and does not end is ended', async (t) => {
  const text = `test('talks', () => new Promise(() => setInterval(() => console.log('.'), 100)))`
  const { code, out, said } = await run(t, text, '--total-seconds=2')
  assert.equal(code, 1)
  assert.match(said, /more than 2 s; the run is ended/)
  assert.match(out, /✖ talks /)
})

test('a run whose event loop does not turn is killed', async (t) => {
  const { code, said, left } = await run(
    t,
    `test('spins', () => { for (;;); })`,
    '--silent-seconds=2',
    '--ending-seconds=2',
  )
  assert.equal(code, 1)
  assert.match(said, /the tests do not let go of the event loop; killed/)
  assert.deepEqual(left, [])
})

const deaths: Readonly<Record<string, string>> = {
  'is killed': `test('dies', () => process.kill(process.pid, 'SIGKILL'))`,
  'ends the process as if all were well': `test('exits', () => process.exit(0))`,
  'is not loaded': `throw new Error('not loaded')`,
}

for (const [what, text] of Object.entries(deaths)) {
  test(`a run that ${what} fails`, async (t) => assert.equal((await run(t, text)).code, 1))
}
