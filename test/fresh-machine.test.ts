// The tests run on a machine that has never seen them: what they use is below the clone, where npm ci put it, in the
// temporary folder of the run, or the system's.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../packages/server/testing/postgres.ts'
import { openPage } from './browser.ts'
import { startDev } from './dev-server.ts'
import { processesOfTheRun } from './processes.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is the system's on any Linux; `/memfd:` and `/SYSV` name memory. */
const system = ['/usr/', '/lib/', '/lib64/', '/bin/', '/sbin/', '/etc/', '/dev/', '/proc/', '/sys/', '/memfd:', '/SYSV']

const isOutside = (file: string): boolean =>
  ![...system, root, `${realpathSync(tmpdir())}/`].some((place) => `${file}/`.startsWith(place))

const linux = { skip: platform() !== 'linux' && 'only Linux tells what a process uses' }

test('the tests depend on no path outside the clone but the system’s: programs, libraries, fonts', linux, async (t) => {
  const page = await openPage(t)
  await page.setContent('<p>Text in a font</p><input value="form"><select><option>control</select>')
  await startPostgres()
  await startDev(t)
  const processes = processesOfTheRun()
  for (const name of ['node', 'chromium', 'postgres'])
    assert.ok(processes.map(({ program }) => basename(program)).includes(name), `no ${name} among them`)
  const outside = processes.flatMap(({ program, files }) =>
    files.filter(isOutside).map((file) => `${program} uses ${file}`),
  )
  assert.deepEqual(outside, [])
})

test('pages are set in the fonts that came with the browser', linux, async (t) => {
  const page = await openPage(t)
  await page.setContent('<h1>Hello</h1><button>Go on</button>')
  const session = await page.context().newCDPSession(page)
  await session.send('DOM.enable')
  await session.send('CSS.enable')
  const { root: document } = await session.send('DOM.getDocument')
  for (const selector of ['h1', 'button']) {
    const { nodeId } = await session.send('DOM.querySelector', { nodeId: document.nodeId, selector })
    const { fonts } = await session.send('CSS.getPlatformFontsForNode', { nodeId })
    assert.deepEqual(
      fonts.map(({ familyName }) => familyName),
      ['Open Sans'],
    )
  }
})

type Manifest = { readonly [kind: string]: Readonly<Record<string, string>> | undefined }

test('every dependency stands below the clone', () => {
  const folders = ['.', ...globSync('packages/*', { cwd: root })]
  const names = folders
    .map((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest)
    .flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }))
  assert.ok(names.length > 20)
  for (const name of names) {
    const found = folders.map((folder) => join(root, folder, 'node_modules', name)).find((path) => existsSync(path))
    assert.ok(found, `${name} is not there`)
    assert.ok(realpathSync(found).startsWith(realpathSync(root)), `${name} leads out of the clone`)
  }
})

const places = ['home', 'root', 'tmp', 'var', 'opt', 'mnt', 'srv', 'Users']
const elsewhere = new RegExp(`['"\`](?:file://)?/(?:${places.join('|')})\\b|\\bhomedir\\(`)

test('no test names a place outside the clone', () => {
  const globs = ['packages/*/src/**/*.test.ts', 'packages/server/testing/**/*.ts', 'test/**/*.ts']
  const faults = globSync(globs, { cwd: root }).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (elsewhere.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
  )
  assert.deepEqual(faults, [])
  assert.match(["readFileSync('", "home/jane/.npmrc')"].join('/'), elsewhere)
})
