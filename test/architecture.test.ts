// Who may import whom in the server, as data, and the few things that only some files may do. Fails the build.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../packages/server/src', import.meta.url))

const everything = '*'

/**
 * What a part may import beside itself. A part is a folder of src, or a file that stands in src by itself. `values`
 * are imported as one likes, `types` by `import type` alone; both may name one file of a part.
 */
type Allowed = { readonly values: readonly string[]; readonly types: readonly string[] }

const door = ['flows', 'rules', 'store', 'errors', 'config', 'http']

const table: Readonly<Record<string, Allowed>> = {
  errors: { values: [], types: [] },
  config: { values: ['errors'], types: [] },
  context: { values: [], types: [everything] },
  clock: { values: [], types: [] },
  random: { values: [], types: [] },
  turns: { values: [], types: [] },
  'data-folder': { values: [], types: [] },
  html: { values: ['errors'], types: [] },
  // Text of every door is held against what databases keep.
  http: { values: ['errors', 'turns', 'rules/text.ts'], types: ['context'] },
  rules: { values: ['errors'], types: [] },
  store: { values: ['rules', 'errors'], types: [] },
  flows: { values: ['rules', 'store', 'errors', 'config'], types: ['context', 'keys', 'triggers'] },
  api: { values: door, types: ['context', 'wire/model.gen.ts'] },
  oauth: { values: door, types: ['context'] },
  pages: { values: [...door, 'html'], types: ['context'] },
  console: { values: [...door, 'html'], types: ['context'] },
  dev: { values: [...door, 'html'], types: ['context'] },
  // A refusal by a key's policy names the pool as AWS does.
  wire: { values: ['errors', 'config', 'http', 'rules/arn.ts', 'rules/text.ts'], types: ['clock', 'context'] },
  // The verifier of a password is kept by keys and computed by the rules of SRP.
  keys: { values: ['errors', 'config', 'random', 'turns', 'rules/srp.ts'], types: ['context'] },
  // A trigger is told about pools and users as the store knows them.
  triggers: { values: ['errors', 'config', 'rules/text.ts'], types: ['clock', 'context', 'store'] },
  federation: { values: ['errors', 'config'], types: ['context'] },
  telemetry: { values: ['errors', 'config', 'http'], types: ['context'] },
  delivery: { values: ['errors', 'config', 'store'], types: ['clock', 'context'] },
  work: { values: ['errors', 'config', 'http', 'store', 'flows'], types: ['clock', 'context'] },
  cli: { values: ['config', 'errors'], types: [] },
  app: { values: [everything], types: [] },
  main: { values: [everything], types: [] },
}

/** What a few files may import beside their part's share. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // The rule of the lock has its numbers from the limits.
  'store/index.ts': ['config'],
  'cli/serve.ts': ['main'],
  'cli/dev.ts': ['main'],
  'cli/until-stopped.ts': ['main'],
  // The parts of a server that the commands on its database need, and the names of the operations a key may be given.
  'cli/open-store.ts': [
    'clock',
    'context',
    'data-folder',
    'flows',
    'keys',
    'random',
    'rules',
    'store',
    'telemetry',
    'wire/authority.ts',
    'wire/model.gen.ts',
  ],
  // Plays the authenticator app.
  'cli/try.ts': ['rules/totp.ts', 'rules/base32.ts'],
}

/** Text that only the named files may hold: one reader of the environment, one of the clock, one of chance. */
const reserved: readonly { readonly what: string; readonly pattern: RegExp; readonly files: readonly string[] }[] = [
  { what: 'the environment', pattern: /\bprocess\.env\b/, files: ['config.ts'] },
  {
    what: 'the clock',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/,
    // Metrics measure how long an answer took; `try` is a client of a server elsewhere, and lives in real time.
    // What the store keeps for a moment ages in real time, whatever clock the service is given, and a turn of the event
    // loop takes real time.
    files: ['clock.ts', 'telemetry/metrics.ts', 'cli/try.ts', 'store/recent.ts', 'turns.ts'],
  },
  {
    what: 'a guess',
    pattern: /\b(?:matchTotp|claimHolds|macMatches|passwords\.verify)\(/,
    // Each looks at a guess that was counted before: by `counted` (sessions/guesses.ts), or by an hourly limit
    // (messages/codes.ts; factors/passkeys.ts looks at a challenge of 256 bits). keys/index.ts hands a check on to the
    // share of its source.
    files: [
      'keys/index.ts',
      'rules/totp.ts',
      'keys/seal.ts',
      'flows/sign-in/password.ts',
      'flows/sign-in/srp.ts',
      'flows/sign-in/srp-exchange.ts',
      'flows/sign-in/device-srp.ts',
      'flows/sign-in/software-token.ts',
      'flows/sign-in/message-code.ts',
      'flows/sign-in/enrolment.ts',
      'flows/factors/recovery-codes.ts',
      'flows/factors/passkeys.ts',
      'flows/messages/codes.ts',
      'flows/recovery.ts',
      // Whether a new password was used before.
      'flows/users/passwords.ts',
    ],
  },
  {
    what: 'the giving of tokens',
    pattern: /\bgiveTokens\b/,
    // One function gives tokens; a door hands it to a sign-in, which ends in it.
    files: [
      'flows/tokens/index.ts',
      'api/sign-in/initiate.ts',
      'api/sign-in/respond.ts',
      'api/recovery-codes/respond.ts',
    ],
  },
  { what: 'weak chance', pattern: /\bMath\.random\b/, files: [] },
  // Slow to load, and not needed to start: loaded by `import()` where it is first used.
  { what: 'a library at the start', pattern: /^(?:import|export)[^;]*?from '@simplewebauthn/m, files: [] },
  { what: 'unescaped HTML', pattern: /\braw\(/, files: ['html/qr-svg.ts', 'html/chart-svg.ts'] },
]

type Import = { readonly target: string; readonly typeOnly: boolean }

const importPattern =
  /^(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\s*\)/gm

const importsOf = (file: string, text: string): Import[] =>
  [...text.matchAll(importPattern)].map(([, typeWord, named, dynamic]) => ({
    target: normalize(join(dirname(file), named ?? dynamic ?? '')),
    typeOnly: typeWord !== undefined,
  }))

const partOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : basename(file, '.ts'))

const mayImport = (file: string, { target, typeOnly }: Import): boolean => {
  const part = partOf(file)
  // Leads out of src: the manifest, for its version.
  if (target.startsWith('..')) return target === '../package.json'
  if (partOf(target) === part) return true
  const allowed = table[part]
  if (!allowed) return false
  const granted = [...allowed.values, ...(exceptions[file] ?? []), ...(typeOnly ? allowed.types : [])]
  return [everything, partOf(target), target].some((name) => granted.includes(name))
}

/**
 * What is wrong with a file of src.
 *
 * @param file - its path below src
 * @returns a sentence for each fault
 */
const faultsOf = (file: string, text: string): string[] => [
  ...(table[partOf(file)] ? [] : [`${file}: the table does not know ${partOf(file)}`]),
  ...importsOf(file, text)
    .filter((found) => !mayImport(file, found))
    .map(({ target, typeOnly }) => `${file} may not import ${typeOnly ? 'types of ' : ''}${target}`),
  ...reserved
    .filter(({ pattern, files }) => pattern.test(text) && !files.includes(file))
    .map(({ what }) => `${file} may not touch ${what}`),
]

/** The rooms of flows from top to bottom: each imports only from those below it. */
const rooms = [
  ['sign-up.ts', 'invitation.ts', 'recovery.ts'],
  ['sign-in'],
  ['tokens'],
  ['factors'],
  ['sessions'],
  ['callers'],
  ['users'],
  ['messages'],
  ['triggers'],
  ['access-keys.ts', 'paging.ts', 'sealed-before.ts'],
]

const floorOf = (file: string): number => rooms.findIndex((names) => names.includes(file.split('/')[1] ?? ''))

const climbs = (file: string, target: string): boolean =>
  floorOf(file) === -1 ||
  floorOf(target) < floorOf(file) ||
  (floorOf(target) === floorOf(file) && !sameRoom(file, target))

const sameRoom = (file: string, target: string): boolean =>
  dirname(file) === dirname(target) && dirname(file) !== 'flows'

/**
 * What is wrong with a file of flows.
 *
 * @param file - its path below src
 * @returns a sentence for each import that leads upwards
 */
const climbsOf = (file: string, text: string): string[] =>
  importsOf(file, text)
    .filter(({ target }) => partOf(file) === 'flows' && partOf(target) === 'flows' && climbs(file, target))
    .map(({ target }) => `${file} may not import ${target}, which is not below it`)

const isProgram = (file: string): boolean => !file.endsWith('.test.ts')

test('the server keeps to the table', () => {
  const files = globSync('**/*.ts', { cwd: source }).filter(isProgram)
  assert.ok(files.length > 50)
  const faults = files.flatMap((file) => faultsOf(file, readFileSync(join(source, file), 'utf8')))
  assert.deepEqual(faults, [])
})

/**
 * The circles of a tree of imports, of types too.
 *
 * @param imports - each file, and the files that it imports
 * @returns each circle once, as its files in the order in which one leads to the next
 */
const circlesOf = (imports: ReadonlyMap<string, readonly string[]>): string[][] => {
  const done = new Set<string>()
  const circles: string[][] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push(path.slice(path.indexOf(file)))
    if (done.has(file) || path.includes(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return circles
}

test('no file imports another in a circle, of types either', () => {
  const files = globSync('**/*.ts', { cwd: source }).filter(isProgram)
  const imports = files.map((file): [string, string[]] => [
    file,
    importsOf(file, readFileSync(join(source, file), 'utf8')).map(({ target }) => target),
  ])
  assert.deepEqual(circlesOf(new Map(imports)), [])
})

test('refused: a circle of three files', () => {
  const imports = new Map([
    ['a.ts', ['b.ts']],
    ['b.ts', ['d.ts', 'c.ts']],
    ['c.ts', ['a.ts']],
    ['d.ts', []],
  ])
  assert.deepEqual(circlesOf(imports), [['a.ts', 'b.ts', 'c.ts']])
})

test('the rooms of flows import downwards only', () => {
  const files = globSync('flows/**/*.ts', { cwd: source }).filter(isProgram)
  assert.ok(files.length > 30)
  assert.deepEqual(
    files.flatMap((file) => climbsOf(file, readFileSync(join(source, file), 'utf8'))),
    [],
  )
})

test('refused: an import that climbs from one room of flows to another', () => {
  const told = (file: string, target: string): string[] => climbsOf(file, `import type { A } from '${target}'`)
  assert.deepEqual(told('flows/users/x.ts', '../sign-in/attempt.ts'), [
    'flows/users/x.ts may not import flows/sign-in/attempt.ts, which is not below it',
  ])
  assert.equal(told('flows/recovery.ts', './sign-up.ts').length, 1)
  assert.equal(told('flows/new-room/x.ts', '../users/find-user.ts').length, 1)
  assert.deepEqual(told('flows/users/x.ts', './find-user.ts'), [])
  assert.deepEqual(told('flows/sign-up.ts', './users/find-user.ts'), [])
})

/** The chief file of each room of flows, which opens with a map: what each file of the room is for. */
const chiefs: Readonly<Record<string, string>> = {
  'sign-in': 'index.ts',
  tokens: 'index.ts',
  factors: 'mfa.ts',
  sessions: 'session-token.ts',
  callers: 'app-client.ts',
  users: 'find-user.ts',
  messages: 'messages.ts',
  triggers: 'sign-in.ts',
}

/**
 * What is wrong with the map of a room.
 *
 * @param text - the chief file
 * @param names - the files of the room
 * @returns a sentence for each file that the map leaves out, and for each that it names and is not there
 */
const faultsOfMap = (text: string, names: readonly string[]): string[] => {
  const opening = /^(?:\/\/.*\n)*/.exec(text)?.[0] ?? ''
  const mapped = [...opening.matchAll(/^\/\/ {3}([\w-]+\.ts) +\S/gm)].map(([, name = '']) => name)
  return [
    ...names.filter((name) => !mapped.includes(name)).map((name) => `${name} is not on the map`),
    ...mapped.filter((name) => !names.includes(name)).map((name) => `${name} is on the map and not in the room`),
  ]
}

test('the chief file of each room of flows opens with a map of the room', () => {
  for (const [room, chief] of Object.entries(chiefs)) {
    const folder = join(source, 'flows', room)
    const names = globSync('**/*.ts', { cwd: folder }).filter(isProgram)
    assert.deepEqual(faultsOfMap(readFileSync(join(folder, chief), 'utf8'), names), [], room)
  }
})

test('refused: a map that leaves out a file of the room, or names one that is not there', () => {
  const text = '// The room.\n//\n//   a.ts   does a\n//   gone.ts  did b\nconst c = 1\n//   b.ts   late\n'
  assert.deepEqual(faultsOfMap(text, ['a.ts', 'b.ts']), [
    'b.ts is not on the map',
    'gone.ts is on the map and not in the room',
  ])
})

/** The words that the wire has for a sign-in: of flows, challenges and factors, of parameters, of media. */
const wireWords: readonly string[] = [
  ...['USER_PASSWORD_AUTH', 'ADMIN_USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'USER_AUTH', 'CUSTOM_AUTH'],
  ...['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN', 'ADMIN_NO_SRP_AUTH', 'CUSTOM_CHALLENGE', 'DEVICE_PASSWORD_VERIFIER'],
  ...['DEVICE_SRP_AUTH', 'EMAIL_OTP', 'EMAIL_MFA', 'MFA_SETUP', 'NEW_PASSWORD_REQUIRED', 'PASSWORD_SRP'],
  ...['PASSWORD_VERIFIER', 'SELECT_CHALLENGE', 'SELECT_MFA_TYPE', 'SMS_MFA', 'SMS_OTP', 'SOFTWARE_TOKEN_MFA'],
  ...['SOFTWARE_TOKEN', 'WEB_AUTHN', 'RECOVERY_CODE'],
  ...['USERNAME', 'USER_ID_FOR_SRP', 'PASSWORD', 'NEW_PASSWORD', 'SECRET_HASH', 'DEVICE_KEY', 'ANSWER', 'CREDENTIAL'],
  ...[
    'SRP_A',
    'SRP_B',
    'SALT',
    'SECRET_BLOCK',
    'TIMESTAMP',
    'PASSWORD_CLAIM_\\w+',
    'CODE_DELIVERY_\\w+',
    'MFAS_CAN_\\w+',
  ],
  ...['\\w+_CODE', 'FRIENDLY_DEVICE_NAME', 'CREDENTIAL_REQUEST_OPTIONS', 'PREFERRED_CHALLENGE', 'CHALLENGE_NAME'],
  ...['TARGET_ACR_VALUES', 'ACCESS_TOKEN', 'MAX_AGE', 'EMAIL', 'SMS'],
]

// SMS is also what people call a text message.
const wireWord = new RegExp(`\\b(?:${wireWords.filter((word) => word !== 'SMS').join('|')})\\b|'SMS'`)

/** Who may hold such words: those who translate them, and those whose documents and events have them by contract. */
const translators: readonly string[] = [
  'api/sign-in/challenge-answers.ts',
  'api/sign-in/outcome.ts',
  'api/sign-in/factor-names.ts',
  // Words the refusal of a secret hash, for every operation that takes one.
  'api/secret-hash.ts',
  // The settings of pools and clients are kept, and refused, by the names of the wire.
  'rules/client-settings.ts',
  'rules/pool-settings.ts',
  'rules/tiers.ts',
  // Functions are sent the steps of a custom sign-in by those names.
  'flows/triggers/custom-sign-in.ts',
]

test('the words of the wire for a sign-in stay in api/sign-in', () => {
  const files = globSync('{flows,rules,api/sign-in,api/recovery-codes}/**/*.ts', { cwd: source }).filter(isProgram)
  assert.ok(translators.filter((file) => file !== 'api/secret-hash.ts').every((file) => files.includes(file)))
  const faults = [...files, 'api/shares.ts', 'api/secret-hash.ts']
    .filter((file) => !translators.includes(file))
    .flatMap((file) => {
      const [word] = wireWord.exec(readFileSync(join(source, file), 'utf8')) ?? []
      return word === undefined ? [] : [`${file} may not say ${word}`]
    })
  assert.deepEqual(faults, [])
})

test('refused: words of the wire; allowed: words that hold or resemble them', () => {
  for (const text of [
    "answers['SOFTWARE_TOKEN_MFA_CODE']",
    "requireParameter(answers, 'USERNAME')",
    '// The challenge MFA_SETUP.',
    '{ MFAS_CAN_CHOOSE: list, CODE_DELIVERY_DESTINATION: masked }',
    "medium === 'SMS'",
  ]) {
    assert.match(text, wireWord)
  }
  for (const text of [
    "'FORCE_CHANGE_PASSWORD'",
    '// A code by SMS.',
    'ALLOW_REFRESH_TOKEN_AUTHS',
    "'software-token'",
  ]) {
    assert.doesNotMatch(text, wireWord)
  }
})

test('doors do not import one another', () => {
  const doors = ['wire', 'api', 'oauth', 'pages', 'console', 'dev', 'cli']
  for (const one of doors) {
    assert.deepEqual(
      table[one]?.values.filter((name) => doors.includes(name)),
      [],
    )
  }
})

const refused: readonly [file: string, text: string, fault: string][] = [
  ['rules/totp.ts', "import { users } from '../store/users.ts'", 'rules/totp.ts may not import store/users.ts'],
  ['flows/x.ts', "import { makeKeys } from '../keys/index.ts'", 'flows/x.ts may not import keys/index.ts'],
  ['flows/x.ts', "import { a, type B } from '../context.ts'", 'flows/x.ts may not import context.ts'],
  ['oauth/x.ts', "import type { A } from '../api/a.ts'", 'oauth/x.ts may not import types of api/a.ts'],
  ['api/x.ts', "import type { Shape } from '../wire/shape.ts'", 'api/x.ts may not import types of wire/shape.ts'],
  ['api/x.ts', "export {\n  a,\n  b,\n} from '../wire/a.ts'", 'api/x.ts may not import wire/a.ts'],
  ['store/x.ts', "const x = await import('../flows/a.ts')", 'store/x.ts may not import flows/a.ts'],
  ['cli/options.ts', "import '../main.ts'", 'cli/options.ts may not import main.ts'],
  [
    'html/x.ts',
    "import { a } from '../../../client/src/index.ts'",
    'html/x.ts may not import ../../client/src/index.ts',
  ],
  ['extra/x.ts', '', 'extra/x.ts: the table does not know extra'],
  ['flows/x.ts', 'const at = Date.now()', 'flows/x.ts may not touch the clock'],
  ['keys/x.ts', 'process.env.HOME', 'keys/x.ts may not touch the environment'],
  ['flows/x.ts', 'matchTotp(secret, code, now)', 'flows/x.ts may not touch a guess'],
  ['rules/x.ts', 'Math.random()', 'rules/x.ts may not touch weak chance'],
  ['pages/x.ts', 'giveTokens(context, grant)', 'pages/x.ts may not touch the giving of tokens'],
  ['pages/x.ts', 'html`${raw(name)}`', 'pages/x.ts may not touch unescaped HTML'],
  ['flows/x.ts', "import { a } from '@simplewebauthn/server'", 'flows/x.ts may not touch a library at the start'],
]

for (const [file, text, fault] of refused) {
  test(`refused: ${fault}`, () => assert.deepEqual(faultsOf(file, text), [fault]))
}

const allowed: readonly [file: string, text: string][] = [
  [
    'flows/sign-in/index.ts',
    "import { totp } from '../../rules/totp.ts'\nimport type { Context } from '../../context.ts'",
  ],
  ['api/users/x.ts', "import type { A } from '../../wire/model.gen.ts'"],
  ['cli/dev.ts', "import { startServer } from '../main.ts'"],
  ['flows/x.ts', "const { a } = await import('@simplewebauthn/server')"],
  ['cli/program.ts', "import manifest from '../../package.json' with { type: 'json' }"],
  ['app.ts', "import { a } from './wire/a.ts'\nimport { b } from 'hono/html'"],
]

for (const [file, text] of allowed) {
  test(`allowed: ${text.replaceAll('\n', ', ')}`, () => assert.deepEqual(faultsOf(file, text), []))
}

const configText = readFileSync(join(source, 'config.ts'), 'utf8')

/** The members of a type or an object of config.ts. */
const membersOfConfig = (head: string, member: RegExp): string[] => {
  const from = configText.indexOf(head)
  assert.notEqual(from, -1, head)
  return [...configText.slice(from, configText.indexOf('\n}', from)).matchAll(member)].map(([, name = '']) => name)
}

test('every setting and every limit is read by a file beside config.ts', () => {
  const files = globSync('**/*.ts', { cwd: source }).filter((file) => isProgram(file) && file !== 'config.ts')
  const texts = files.map((file) => readFileSync(join(source, file), 'utf8'))
  const isRead = (name: string): boolean => texts.some((text) => new RegExp(`\\b${name}\\b`).test(text))
  const settings = membersOfConfig('export type Settings = {', /^ {2}readonly (\w+):/gm)
  const limits = membersOfConfig('export const limits = {', /^ {2}(\w+):/gm)
  assert.ok(settings.length > 20 && limits.length > 15)
  assert.deepEqual(
    [...settings, ...limits].filter((name) => !isRead(name)),
    [],
  )
})

test('everything that metrics can note is noted by the server', () => {
  const text = readFileSync(join(source, 'telemetry/metrics.ts'), 'utf8')
  const from = text.indexOf('export type Metrics = {')
  const notes = [...text.slice(from, text.indexOf('\n}', from)).matchAll(/^ {2}(\w+)\([^\n]*\): void$/gm)]
  const callers = ['main.ts', 'app.ts', 'telemetry/metrics.ts'].map((file) => readFileSync(join(source, file), 'utf8'))
  assert.ok(notes.length >= 4)
  for (const [, name = ''] of notes)
    assert.ok(callers.join('').match(new RegExp(`\\b(?:metrics|watch)\\.${name}\\b`)), `nobody calls ${name}`)
})

/** The folders in which no parameter is called `of`: a noun says what a function is given. */
const foldersWithoutOf: readonly string[] = [
  'bench',
  'tools',
  'packages/client/src',
  'packages/server/src',
  'packages/server/testing',
]

/**
 * The parameters called `of` in a text.
 *
 * @returns each with the characters around it
 */
const parametersCalledOf = (text: string): string[] => {
  const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  // `name: string, of: Scope`, `(of) =>`, `async of =>` and `([name, of]) =>`; a loop has `const name of`.
  return [
    ...code.matchAll(
      /[(,]\s*of\s*\??:[^\n]*|\(\s*of\s*\)\s*=>|\bof\s*=>|[[{,(]\s*of\s*[,\]}][^=\n]*\)\s*(?::[^=\n]*)?=>/g,
    ),
  ].map(([found]) => found.trim())
}

test('no parameter is called `of` in the folders that are named', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  for (const folder of foldersWithoutOf) {
    const files = globSync('**/*.ts', { cwd: join(root, folder) })
      .filter(isProgram)
      .filter((file) => !file.endsWith('.gen.ts'))
    assert.ok(files.length > 0, folder)
    for (const file of files)
      assert.deepEqual(parametersCalledOf(readFileSync(join(root, folder, file), 'utf8')), [], `${folder}/${file}`)
  }
})

test('refused: a parameter called `of`, in each way to write one', () => {
  const refusedTexts = [
    'const a = (of: Plain): string => of.name',
    'const a = (list: List, of?: number): number => 1',
    'const a = async (\n  context: Context,\n  of: Found,\n): Promise<void> => {}',
    'names.map((of) => of.name)',
    'names.map(of => of.name)',
    'entries.map(([name, of]) => name)',
    'entries.map(([of, name]) => name)',
    'const a = ({ of, name }: Given): string => name',
    'function a(of: Plain): void {}',
    'new Fault(1, of: number)',
  ]
  for (const text of refusedTexts) assert.equal(parametersCalledOf(text).length, 1, text)
  const allowedTexts = [
    'for (const [name, value] of entries) take(name)',
    'for (const name of names) take(name)',
    'const item = readerOf(shape.of, secret)',
    "type ListShape = { readonly t: 'list'; readonly of: string }",
    '// The keys (of a pool), of which one signs',
    ' * @param of - whatever',
  ]
  for (const text of allowedTexts) assert.deepEqual(parametersCalledOf(text), [], text)
})
