// What a test opens it hands to `t.after` or `closing`, at once: a closing at the end of a test is not reached when the
// test fails, and what stays open keeps the run from ending. Fails the build.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { closing } from '../packages/server/testing/closing.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const bare = /^(?:await )?[\w.?]+\.(?:close|closeAllConnections|stop|kill|remove|destroy|disconnect|end)\(\)$/
const closingAround =
  /\bt\.after\(|\bclosing\(|\bafter\(|new Promise|=> \{$.*\bclose\b|const \w*(?:close|stop|end|remove)\w* = /i

const indentOf = (line: string): number => line.length - line.trimStart().length

/**
 * The closings that a failed assertion would skip: bare calls that are the last statement of their block, unless the
 * block is itself a closing.
 *
 * @returns a sentence for each
 */
const faultsOf = (file: string, text: string): string[] => {
  const lines = text.split('\n')
  /** The line that opens the block around a line. */
  const around = (at: number): string => {
    const indent = indentOf(lines[at] ?? '')
    return lines.slice(0, at).findLast((line) => line !== '' && indentOf(line) < indent) ?? ''
  }
  return lines.flatMap((line, index) => {
    if (!bare.test(line.trim()) || !/^\s*\}/.test(lines[index + 1] ?? '')) return []
    return closingAround.test(around(index))
      ? []
      : [`${file}:${index + 1} closes at the end of a block: ${line.trim()}`]
  })
}

test('nothing is closed at the end of a test by hand', () => {
  const globs = ['packages/*/src/**/*.test.ts', 'packages/server/testing/**/*.ts', 'test/**/*.ts']
  const files = globSync(globs, { cwd: root })
  assert.ok(files.length > 100)
  assert.deepEqual(
    files.flatMap((file) => faultsOf(file, readFileSync(`${root}${file}`, 'utf8'))),
    [],
  )
})

const refused: readonly string[] = [
  `test('x', async (t) => {\n  const server = await start()\n  await server.close()\n})`,
  `const within = async (work) => {\n  const at = open()\n  await work(at)\n  at.folder.remove()\n}`,
  `  try {\n    await work()\n  } finally {\n    server.kill()\n  }`,
]

for (const text of refused) {
  test(`refused: ${text.replaceAll(/\s+/g, ' ')}`, () => assert.equal(faultsOf('x.test.ts', text).length, 1))
}

const allowed: readonly string[] = [
  `test('x', async (t) => {\n  const server = await start()\n  t.after(() => server.close())\n})`,
  `  t.after(async () => {\n    await server.close()\n  })`,
  `  await server.close()\n  await assert.rejects(ask(server))\n`,
  `  const close = () =>\n    new Promise((resolve) => {\n      server.closeAllConnections()\n    })`,
]

for (const text of allowed) {
  test(`allowed: ${text.replaceAll(/\s+/g, ' ')}`, () => assert.deepEqual(faultsOf('x.test.ts', text), []))
}

test('what was opened last is closed first, and one that fails keeps no other from closing', async () => {
  const after: (() => Promise<void>)[] = []
  const owner = { after: (close: () => Promise<void>) => void after.push(close) } as unknown as TestContext
  const closed: string[] = []
  closing(owner, () => closed.push('folder'))
  closing(owner, async () => {
    closed.push('server')
    throw new Error('not closed')
  })
  closing(owner, () => closed.push('client'))
  assert.equal(after.length, 1)
  await assert.rejects(async () => after[0]?.(), { message: 'not closed' })
  assert.deepEqual(closed, ['client', 'server', 'folder'])
})

test('a closing that hangs is an error after a minute, and the others are closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const after: (() => Promise<void>)[] = []
  const owner = { after: (close: () => Promise<void>) => void after.push(close) } as unknown as TestContext
  const closed: string[] = []
  closing(owner, () => closed.push('folder'))
  closing(owner, () => new Promise(() => {}))
  const all = after[0]?.() ?? assert.fail()
  t.mock.timers.tick(60_000)
  await assert.rejects(all, /not closed within 60 s/)
  assert.deepEqual(closed, ['folder'])
})
