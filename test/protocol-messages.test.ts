// docs/protocol/authentication.md quotes messages to the letter: each must be one that the service has.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseSync, Visitor } from 'oxc-parser'

const root = new URL('../', import.meta.url)

const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const page = read('docs/protocol/authentication.md')

/** A text of the service: what stands between its holes. */
type Text = readonly string[]

const textsIn = (path: string): Text[] => {
  const found: Text[] = []
  const { program } = parseSync(path, read(path))
  new Visitor({
    Literal: ({ value }) => void (typeof value === 'string' && found.push([value])),
    TemplateLiteral: ({ quasis }) => void found.push(quasis.map(({ value }) => value.cooked ?? '')),
  }).visit(program)
  return found
}

// What is nearly all holes would fit everything.
const says = (text: Text): boolean => text.join('').length >= 8

const texts: readonly Text[] = globSync('packages/server/src/**/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts') && !path.endsWith('.gen.ts'))
  .flatMap(textsIn)
  .filter(says)

const escaped = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)

/** What fits texts between holes. */
const patternOf = (between: Text, hole: string): RegExp => new RegExp(`^${between.map(escaped).join(hole)}\\s*$`, 's')

const patterns: readonly RegExp[] = texts.map((text) => patternOf(text, '.+'))

/** Whether the service may say a quoted message, in which `…`, `{id}` and `<text>` stand for what differs. */
const isSaid = (message: string): boolean => {
  const filled = message.replace(/…|\{\w+\}|<\w+>/g, 'x')
  const wanted = patternOf(message.split('…'), '.*')
  return patterns.some((pattern) => pattern.test(filled)) || texts.some((text) => wanted.test(text.join('x')))
}

/** What stands in quotation marks outside of code. */
const quoted = [...page.replace(/```.*?```|``.*?``|`[^`\n]*`/gs, '').matchAll(/"([^"\n]+)"/g)].map(
  ([, message = '']) => message,
)

test('every message that authentication.md quotes is one of the service', () => {
  assert.ok(quoted.length > 80, String(quoted.length))
  assert.deepEqual(
    quoted.filter((message) => !isSaid(message)),
    [],
  )
})

test('a message that differs by a dot or a word is none', () => {
  for (const right of ['Invalid session for the user.', 'User pool client {id} does not exist.', '… symbol characters'])
    assert.ok(isSaid(right), right)
  for (const wrong of ['Invalid session of the user.', 'User pool client {id} does not exist', '… symbols'])
    assert.equal(isSaid(wrong), false, wrong)
})
