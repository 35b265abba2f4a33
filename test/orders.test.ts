// The commands in every order in which a person can run them, on one place: each does its work or says in a sentence
// what comes first, and a refusal leaves nothing behind.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { closing } from '../packages/server/testing/closing.ts'
import { startPostgres } from '../packages/server/testing/postgres.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import { runCommand, startProcess, type Ended } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

const newSealKey = async (): Promise<string> => (await runCommand(['seal-key'])).stdout.trim()

const newFolder = (t: TestContext): string => {
  const folder = folderOf(t)
  return join(folder, 'new', 'data')
}

type Env = Readonly<Record<string, string>>

const withKey = async (): Promise<Env> => ({ POOLKEEPER_SEAL_KEYS: await newSealKey() })

const withoutKey: Env = { POOLKEEPER_SEAL_KEYS: '', POOLKEEPER_DATABASE: '' }

const address: Env = { POOLKEEPER_PUBLIC_URL: 'https://id.example.com', POOLKEEPER_REGION: 'zz-local-1' }

/** Starts a server and stops it again. */
const startAndStop = async (t: TestContext, words: readonly string[], env: Env): Promise<void> => {
  const ports = words[0] === 'serve' ? ['--metrics-port', '0', '--drain', '0'] : []
  const server = await startProcess([...words, ...ports], { env: { ...address, ...env } })
  closing(t, server.kill)
  assert.equal(await server.stop(), 0)
}

const assertRefused = ({ code, stdout, stderr }: Ended, sentence: RegExp): void => {
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr)
  assert.match(stderr, sentence)
  assert.match(stderr, /^poolkeeper: [^\n]+(\n[^\n]+)?\n$/)
  assert.doesNotMatch(stderr, /\n {4}at /)
}

const refusedStart = async (words: readonly string[], env: Env): Promise<Ended> =>
  runCommand([...words, '--port', String(await freePort()), ...(words[0] === 'serve' ? ['--metrics-port', '0'] : [])], {
    ...address,
    ...env,
  })

const noKey = /The production server seals secrets and needs a key for it\. Make one with poolkeeper seal-key/
const noDatabase = /There is no database at \S+ yet\. The first poolkeeper keys create, or the first start of/
const otherKey = /The database was sealed under another sealing key/
const ofDev = /This database was made by poolkeeper dev/
const ofServe = /This database is a production server’s, or may be one’s/

/** Runs a test on a folder that is not there yet, and on an empty PostgreSQL. */
const onBothPlaces = (title: string, run: (t: TestContext, where: readonly string[]) => Promise<void>): void => {
  test(`${title} (SQLite)`, (t) => run(t, ['--data', newFolder(t)]))
  test(`${title} (PostgreSQL)`, async (t) => run(t, ['--database', await (await startPostgres()).freshDatabase()]))
}

onBothPlaces('keys create first, as the README has it: then serve, list, disable', async (t, where) => {
  const env = await withKey()
  const made = await runCommand(['keys', 'create', ...where], env)
  assert.equal(made.code, 0, made.stderr)
  const [, id = ''] = /^AWS_ACCESS_KEY_ID=(\S+)\nAWS_SECRET_ACCESS_KEY=\S+\n$/.exec(made.stdout) ?? []
  assert.match((await runCommand(['keys', 'list', ...where], env)).stdout, new RegExp(`^${id}  \\S+  enabled`))
  await startAndStop(t, ['serve', ...where], env)
  assert.equal((await runCommand(['keys', 'disable', id, ...where], env)).stdout, `${id} is disabled.\n`)
  await startAndStop(t, ['serve', ...where], env)
  assertRefused(await runCommand(['pools', 'rotate-keys', 'zz-local-1_none', ...where], env), /There is no user pool/)
  assertRefused(await refusedStart(['dev', ...where], env), ofServe)
})

onBothPlaces(
  'serve first, then keys create by another sealing key: refused before anything is sealed',
  async (t, where) => {
    const env = await withKey()
    await startAndStop(t, ['serve', ...where], env)
    const other = await withKey()
    for (const words of [['create'], ['list'], ['disable', 'PKIA']])
      assertRefused(await runCommand(['keys', ...words, ...where], other), otherKey)
    assertRefused(await refusedStart(['serve', ...where], other), otherKey)
    // A new key before the old one goes on, and then by itself as far as nothing else is sealed under the old one.
    const both = { POOLKEEPER_SEAL_KEYS: `${other['POOLKEEPER_SEAL_KEYS']},${env['POOLKEEPER_SEAL_KEYS']}` }
    await startAndStop(t, ['serve', ...where], both)
    assert.equal((await runCommand(['keys', 'create', ...where], other)).code, 0)
    assertRefused(await runCommand(['keys', 'list', ...where], env), otherKey)
  },
)

onBothPlaces('keys create by one sealing key, serve by another: refused, and the first goes on', async (t, where) => {
  const env = await withKey()
  assert.equal((await runCommand(['keys', 'create', ...where], env)).code, 0)
  assertRefused(await refusedStart(['serve', ...where], await withKey()), otherKey)
  await startAndStop(t, ['serve', ...where], env)
})

onBothPlaces('dev first: the production server and its keys do not open what dev made', async (t, where) => {
  const env = await withKey()
  await startAndStop(t, ['dev', ...where], env)
  assertRefused(await refusedStart(['serve', ...where], env), ofDev)
  for (const words of [['create'], ['list'], ['disable', 'PKIA']])
    assertRefused(await runCommand(['keys', ...words, ...where], env), ofDev)
  const rotated = await runCommand(['pools', 'rotate-keys', 'zz-local-1_Poolkeepr', ...where], env)
  assert.equal(rotated.code, 0, rotated.stderr)
  await startAndStop(t, ['dev', ...where], env)
})

test('without a sealing key keys create and serve say how to make one, and make nothing', async (t) => {
  const folder = newFolder(t)
  for (const words of [['create'], ['list'], ['disable', 'PKIA']])
    assertRefused(await runCommand(['keys', ...words, '--data', folder], withoutKey), noKey)
  assertRefused(await refusedStart(['serve', '--data', folder], withoutKey), noKey)
  assert.equal(existsSync(join(folder, '..')), false)
})

test('what lists, disables and rotates says that there is no database yet, and makes none', async (t) => {
  const folder = newFolder(t)
  const env = await withKey()
  for (const words of [
    ['keys', 'list'],
    ['keys', 'disable', 'PKIA'],
    ['pools', 'rotate-keys', 'zz-local-1_a'],
  ])
    assertRefused(await runCommand([...words, '--data', folder], env), noDatabase)
  assert.equal(existsSync(join(folder, '..')), false)
})

test('dev without a sealing key makes one beside its database; its pool is rotated by that file, and by no other key', async (t) => {
  const folder = newFolder(t)
  await startAndStop(t, ['dev', '--data', folder], withoutKey)
  const words = ['pools', 'rotate-keys', 'zz-local-1_Poolkeepr', '--data', folder]
  assert.equal((await runCommand(words, withoutKey)).code, 0)
  assertRefused(await runCommand(words, await withKey()), otherKey)
  assertRefused(await runCommand(['keys', 'create', '--data', folder], withoutKey), ofDev)
})

test('req 127: dev refuses the folder of a production server, with its key and without, and leaves no file there', async (t) => {
  const folder = newFolder(t)
  const env = await withKey()
  await startAndStop(t, ['serve', '--data', folder], env)
  for (const some of [env, withoutKey]) {
    const before = readdirSync(folder)
    assertRefused(await refusedStart(['dev', '--data', folder], some), ofServe)
    assert.deepEqual(readdirSync(folder), before)
  }
  await startAndStop(t, ['serve', '--data', folder], env)
})

test('dev passes over the database that the environment names, and its help names no such variable', async (t) => {
  const folder = newFolder(t)
  const env = { ...withoutKey, POOLKEEPER_DATABASE: 'postgres://postgres@127.0.0.1:1/production' }
  await startAndStop(t, ['dev', '--data', folder], env)
  assert.doesNotMatch((await runCommand(['dev', '--help'])).stdout, /POOLKEEPER_DATABASE\b/)
  for (const words of [['serve'], ['keys', 'create'], ['keys', 'list'], ['pools', 'rotate-keys']])
    assert.match((await runCommand([...words, '--help'])).stdout, /POOLKEEPER_DATABASE\)/)
})

test('a place that is none: another kind of URL, a folder that is missing, a folder in place of a file', async (t) => {
  const env = await withKey()
  const folder = newFolder(t)
  const kinds =
    /Data is kept in PostgreSQL \(postgres:\/\/…\) or in a SQLite file, which is named by its path; mysql:\/\//
  for (const words of [['keys', 'create'], ['keys', 'list'], ['serve'], ['dev']]) {
    const run = words[1] === undefined ? refusedStart : runCommand
    assertRefused(await run([...words, '--database', 'mysql://root:hunter2@127.0.0.1/people'], env), kinds)
  }
  const missing = join(folder, 'people.db')
  assertRefused(
    await runCommand(['keys', 'create', '--database', missing], env),
    /There is no folder \S+ for the database/,
  )
  assertRefused(await refusedStart(['serve', '--database', missing], env), /There is no folder \S+ for the database/)
  const here = join(folder, '..', '..')
  assertRefused(await refusedStart(['serve', '--database', here], env), /A folder stands where a file is needed/)
})
