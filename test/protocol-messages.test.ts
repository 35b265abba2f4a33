// The pages of docs/protocol/ quote messages to the letter: each must be one that the service has.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseSync, Visitor } from 'oxc-parser'

const root = new URL('../', import.meta.url)

const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** Each page, and how many messages it quotes at least. */
const pages = { authentication: 80, administration: 100, endpoints: 4 } as const

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

/** What fits texts between holes, whatever white space there is at the end. */
const patternOf = (between: Text, hole: string): RegExp =>
  new RegExp(`^${between.map(escaped).join(hole).trimEnd()}\\s*$`, 's')

const patterns: readonly RegExp[] = texts.map((text) => patternOf(text, '.+'))

/** Whether the service may say a quoted message, in which `…`, `{id}` and `<text>` stand for what differs. */
const isSaid = (message: string): boolean => {
  const filled = message.replace(/…|\{\w+\}|<\w+>/g, 'x')
  const wanted = patternOf(message.split('…'), '.*')
  return patterns.some((pattern) => pattern.test(filled)) || texts.some((text) => wanted.test(text.join('x')))
}

/** What a page quotes: the texts in quotation marks, outside of code. */
const quotedIn = (page: string): string[] =>
  [
    ...read(`docs/protocol/${page}.md`)
      .replace(/```.*?```|``.*?``|`[^`\n]*`/gs, '')
      .matchAll(/"([^"\n]+)"/g),
  ].map(([, message = '']) => message)

for (const [page, least] of Object.entries(pages))
  test(`every message that ${page}.md quotes is one of the service`, () => {
    const quoted = quotedIn(page)
    assert.ok(quoted.length > least, String(quoted.length))
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
