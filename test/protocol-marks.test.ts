// Sections of docs/protocol/ that are marked as not built yet are so: of the operations that they name, one at least is
// not written.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { operations } from '../packages/server/src/api/index.ts'

const mark = '_Not built yet_'

type Section = { readonly title: string; readonly text: string }

/** The sections of a page, each without those below it. */
const sectionsOf = (page: string): Section[] =>
  page.split(/^#+ /m).map((section) => {
    const [title = '', ...rest] = section.split('\n')
    return { title, text: rest.join('\n').trim() }
  })

/** Titles of marked sections whose operations are all written, by their states. */
const outdated = (page: string, states: Readonly<Record<string, unknown>>): string[] =>
  sectionsOf(page)
    .filter(({ text }) => {
      const named = (text.match(/\w+/g) ?? []).filter((word) => Object.hasOwn(states, word))
      return text.startsWith(mark) && named.length > 0 && named.every((name) => states[name] !== 'later')
    })
    .map(({ title }) => title)

test('a section that is marked as not built yet is about operations that are not written', () => {
  for (const name of ['authentication', 'administration', 'endpoints']) {
    const page = readFileSync(new URL(`../docs/protocol/${name}.md`, import.meta.url), 'utf8')
    assert.deepEqual(outdated(page, operations), [], `${name}: no longer to be marked`)
  }
})

test('a mark that was left standing is found', () => {
  const page =
    '# P\n\n## 1. Groups\n\n_Not built yet_.\n\nCreateGroup makes one, DeleteGroup removes it.\n\n## 2. Rest\n'
  assert.deepEqual(outdated(page, { CreateGroup: () => {}, DeleteGroup: 'later' }), [])
  assert.deepEqual(outdated(page, { CreateGroup: () => {}, DeleteGroup: () => {} }), ['1. Groups'])
})
