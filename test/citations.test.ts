// Rules are cited by page and number, as in `protocol/authentication 3.2` and `requirement 49`, or `req 49:` in the name
// of a test. Each citation must lead to a heading, or a row of a table, in docs/protocol/.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../', import.meta.url)

const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

const pathOf = (page: string): string => `docs/protocol/${page}.md`

const pages = ['authentication', 'administration', 'endpoints', 'requirements']

const number = String.raw`(?:F?(?:0|[1-9]\d*)(?:\.[\dA-Z]+)*)`

/** A number, or several in a row: `2.1, 2.2`, `7.1.6 to 7.1.8`. */
const numbers = String.raw`${number}(?:(?:, | to | and )${number}(?![\w.]))*`

const each = (text: string, pattern: string): RegExpExecArray[] => [...text.matchAll(new RegExp(pattern, 'gm'))]

const numbersIn = (list: string): string[] => each(list, number).map(([found]) => found)

/** The numbers that a page gives: each begins a heading or a row of a table. */
const givenBy = (page: string): string[] =>
  each(read(pathOf(page)), String.raw`^(?:#+|\|) (${number})(?=[. ])`).map(([, one = '']) => one)

/** The numbers of every page. */
const given: ReadonlyMap<string, ReadonlySet<string>> = new Map(pages.map((page) => [page, new Set(givenBy(page))]))

type Citation = { readonly page: string; readonly number: string }

/** A text on one line, without the marks that begin the lines of a comment. */
const unbroken = (text: string): string => text.replace(/\s*\n\s*(?:\/\/ ?|\*(?!\/) ?)?/g, ' ')

const byName = String.raw`protocol/([a-z-]+) (${numbers})`
const byRequirement = String.raw`\brequirements? (${numbers})`
const byTest = String.raw`(?:['"\x60]|, )req (${numbers}):`

/** Every number that a text cites, with the page that it should be on. */
const citationsIn = (text: string): Citation[] => {
  const line = unbroken(text)
  const on = (page: string, list: string): Citation[] => numbersIn(list).map((one) => ({ page, number: one }))
  return [
    ...each(line, byName).flatMap(([, page = '', list = '']) => on(page, list)),
    ...[byRequirement, byTest].flatMap((pattern) =>
      each(line, pattern).flatMap(([, list = '']) => on('requirements', list)),
    ),
  ]
}

/** Why a citation leads nowhere; nothing when it leads to its rule. */
const faultsOf = ({ page, number: cited }: Citation): string[] => {
  const numbersOfPage = given.get(page)
  if (!numbersOfPage) return [`protocol/${page} is no page`]
  return numbersOfPage.has(cited) ? [] : [`${pathOf(page)} has no ${cited}`]
}

/** The comments of a program, line by line. */
const commentsOf = (source: string): string =>
  source
    .split('\n')
    .map((line) => (/(?:^|\s)\/\/(.*)$/.exec(line) ?? /^\s*\/?\*+(.*)$/.exec(line))?.[1] ?? '')
    .join('\n')

/** Numbers without a page: after its bare name or in brackets in comments, and in front of what a test is named. */
const pageless = (source: string): string[] => {
  const comments = unbroken(commentsOf(source))
  const found = [
    ...each(comments, String.raw`(?<!/)\b(?:${pages.slice(0, 3).join('|')}) (?=[1-9])${numbers}|\bspec:? requirements`),
    ...each(comments, String.raw`\((?=[1-9]\d*\.)${numbers}[),;]`),
    ...each(source, String.raw`(?:^\s*|\()['"\x60](?=[1-9]\d*\.)${numbers}(?:: |, req )`),
  ]
  return found.map(([text]) => `${text.trim()} names no page, as protocol/authentication does`)
}

const programs = globSync(['packages/*/{src,testing}/**/*.ts', '{test,bench,tools}/**/*.ts'], { cwd: root }).filter(
  (path) => !path.endsWith('.gen.ts'),
)

const handbook = globSync(['docs/**/*.md', '*.md'], { cwd: root })

test('every citation names a page of docs/protocol/ and a number that is on it', () => {
  const faults = [...programs, ...handbook].flatMap((path) => {
    const text = read(path)
    const found = [...citationsIn(text).flatMap(faultsOf), ...(path.endsWith('.ts') ? pageless(text) : [])]
    return found.map((fault) => `${path}: ${fault}`)
  })
  assert.deepEqual(faults, [])
})

test('citations are read over the ends of lines, in rows and from names of tests', () => {
  const comment = '// a rule (protocol/authentication\n// 7.1.6 to 7.1.8, 4.A; requirements 6,\n// 7; RFC 5054, 9.9)'
  assert.deepEqual(
    [
      ...citationsIn(comment),
      ...citationsIn("test('req 8, 9: hashes')"),
      ...citationsIn('protocol/administration 0, 1.1'),
    ].map(({ page, number: one }) => [page, one]),
    [
      ['authentication', '7.1.6'],
      ['authentication', '7.1.8'],
      ['authentication', '4.A'],
      ['requirements', '6'],
      ['requirements', '7'],
      ['requirements', '8'],
      ['requirements', '9'],
      ['administration', '0'],
      ['administration', '1.1'],
    ],
  )
})

test('a number that is not on its page, an unknown page and a number without a page are found', () => {
  assert.deepEqual(faultsOf({ page: 'authentication', number: '3.2' }), [])
  assert.deepEqual(faultsOf({ page: 'authentication', number: '3.99' }), [
    'docs/protocol/authentication.md has no 3.99',
  ])
  assert.deepEqual(faultsOf({ page: 'federation', number: '1' }), ['protocol/federation is no page'])
  for (const source of [
    '// as documented (2.4)',
    '/** So (authentication 2.4). */',
    ['test(', "4.2: a name')"].join("'"),
  ])
    assert.equal(pageless(source).length, 1, source)
  assert.deepEqual(pageless('const half = (1.5) // of what RFC 5054 says (RFC 5054, 2.5.4)'), [])
})

test('a page gives each number once', () => {
  for (const page of given.keys()) {
    const all = givenBy(page)
    assert.deepEqual(
      all.filter((one, index) => all.indexOf(one) !== index),
      [],
      page,
    )
  }
})

/** A heading as links to it write it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (path: string): string[] =>
  each(read(path), String.raw`^#+ (.*)$`).map(([, heading = '']) => anchorOf(heading))

/** Links from one page to headings of pages; faults are those that lead to no heading. */
const deadLinks = (page: string): string[] =>
  each(read(pathOf(page)), String.raw`\]\(((?:\.\./)?[a-z-]+\.md)#([^)]+)\)`).flatMap(
    ([link, path = '', anchor = '']) => {
      const file = new URL(path, new URL(pathOf(page), root)).href.slice(root.href.length)
      return existsSync(new URL(file, root)) && anchorsOf(file).includes(anchor) ? [] : [`${page}: ${link}`]
    },
  )

test('pages cite one another, and themselves, by numbers and headings that are there', () => {
  const faults = [...given.keys()].flatMap((page) => {
    const line = unbroken(read(pathOf(page)))
    const cited = [
      ...each(line, String.raw`(?<![/\w])(${pages.slice(0, 3).join('|')}) (${numbers})`),
      ...each(line, String.raw`()\((?=\d+\.)(${numbers})[);]`),
    ].flatMap(([, name = '', list = '']) => numbersIn(list).map((one) => ({ page: name || page, number: one })))
    return [...cited.flatMap(faultsOf).map((fault) => `${page}: ${fault}`), ...deadLinks(page)]
  })
  assert.deepEqual(faults, [])
})

test('the numbers in brackets of sign-up-and-totp.md are sections of authentication.md', () => {
  const cited = each(read(pathOf('sign-up-and-totp')), String.raw`\((${number})\)`).map(([, one = '']) => one)
  assert.ok(cited.length > 0)
  assert.deepEqual(
    cited.flatMap((one) => faultsOf({ page: 'authentication', number: one })),
    [],
  )
})

test('every requirement that is built has a test named for it, and no other has one', () => {
  const shown = new Set(
    programs
      .filter((path) => path.endsWith('.test.ts'))
      .flatMap((path) => each(read(path), byTest).flatMap(([, list = '']) => numbersIn(list))),
  )
  const rows = each(read(pathOf('requirements')), String.raw`^\| (\d+) +\| (.*?) +\|`)
  const numbersOf = (which: (text: string) => boolean): string[] =>
    rows.filter(([, , text = '']) => which(text)).map(([, one = '']) => one)
  const isLater = (text: string): boolean => text.startsWith('_Not built yet_')
  const [later, built] = [numbersOf(isLater), numbersOf((text) => !isLater(text))]
  const without = built.filter((one) => !shown.has(one))
  assert.deepEqual(without, [], 'without a test')
  const early = later.filter((one) => shown.has(one))
  assert.deepEqual(early, [], 'no longer to be marked as not built')
})
