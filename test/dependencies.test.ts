// What the published program is made of, and whom to tell of a fault (requirements 118, 120).
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const textOf = (path: string): string => readFileSync(root + path, 'utf8')

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
}
type Locked = Manifest & {
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

const manifestOf = (folder: string): Manifest => JSON.parse(textOf(`${folder}package.json`)) as Manifest
const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Readonly<Record<string, Locked>> }

const manifests = ['', 'packages/server/', 'packages/client/'].map(manifestOf)

/** What a package needs at run time, to the last: the server carries its devDependencies inside the program. */
const needed = (names: readonly string[], from: string, found = new Set<string>()): Set<string> => {
  for (const name of names) {
    const nested = `${from}/node_modules/${name}`
    const path = packages[nested] ? nested : `node_modules/${name}`
    if (found.has(path)) continue
    found.add(path)
    needed(Object.keys(packages[path]?.dependencies ?? {}), path, found)
  }
  return found
}

test('req 118: every dependency has one exact version, and the lock file its hash', () => {
  for (const { dependencies = {}, devDependencies = {} } of manifests)
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
  for (const [path, { resolved, integrity, link }] of Object.entries(packages)) {
    if (link || !path.includes('node_modules/')) continue
    assert.match(integrity ?? '', /^sha512-/, path)
    if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//, path)
  }
})

test('req 118: nothing that runs in the published packages has an install script, and neither have they', () => {
  const program = needed(Object.keys(manifestOf('packages/server/').devDependencies ?? {}), 'packages/server')
  assert.ok(program.size > 10, `${program.size} packages`)
  for (const path of program) assert.notEqual(packages[path]?.hasInstallScript, true, path)
  const [, ...published] = manifests
  for (const { dependencies, scripts = {} } of published) {
    assert.equal(dependencies, undefined)
    for (const script of ['preinstall', 'install', 'postinstall']) assert.equal(scripts[script], undefined)
  }
})

test('req 118: every dependency of the program has its page in docs/decisions', () => {
  const pages = readdirSync(`${root}docs/decisions`)
    .map((name) => textOf(`docs/decisions/${name}`))
    .join('\n')
  for (const name of Object.keys(manifestOf('packages/server/').devDependencies ?? {}))
    if (name !== '@poolkeeper/client') assert.ok(pages.includes(name), name)
})

test('req 120: faults are reported privately, and what becomes of them is said', () => {
  const policy = textOf('SECURITY.md')
  for (const said of [
    /privately/,
    /within three working days/,
    /critical .*within seven days/,
    /advisory .*names? the .*check/,
  ])
    assert.match(policy, said)
})
