// npm run pack-check: packs both packages, installs them into an empty folder, and uses them there like a new user.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-pack-'))
const home = join(folder, 'home')

const run = (program: string, words: readonly string[], cwd: string): string =>
  execFileSync(program, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const pack = (): string[] => {
  run('node', ['tools/build.ts'], root)
  const words = ['pack', '--workspaces', '--json', '--silent', '--pack-destination', folder]
  run('npm', words, root)
  const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'))
  return [`poolkeeper-${version}.tgz`, `poolkeeper-client-${version}.tgz`].map((name) => join(folder, name))
}

const install = (archives: readonly string[]): void => {
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n')
  run('npm', ['install', '--no-audit', '--no-fund', '--silent', ...archives], home)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

const checkCommandLine = (): void => {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'))
  assert.equal(run('npx', ['--no-install', 'poolkeeper', '--version'], home).trim(), version)
  assert.match(run('npx', ['--no-install', 'poolkeeper', '--help'], home), /dev.*serve.*try/s)
}

const untilHealthy = async (url: string): Promise<void> => {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined)
    if (response?.ok) return
    await pause(50)
  }
  throw new Error('poolkeeper dev did not answer')
}

/** A Node of this machine other than the project's. */
const otherNode = (): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
    .map((path) => join(path, process.platform === 'win32' ? 'node.exe' : 'node'))
    .find((path) => existsSync(path))

/** Checks that an old Node gets a one-line message without a stack trace. @returns what was tried */
const checkOldNode = (): string => {
  const program = join(home, 'node_modules/poolkeeper/dist/cli/index.js')
  const refused = (node: string, words: readonly string[]): void => {
    const { status, stdout, stderr } = spawnSync(node, [...words, program, '--version'], {
      cwd: home,
      encoding: 'utf8',
    })
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' })
    assert.match(stderr, /^poolkeeper: needs Node 24 or later, and \S+ is Node \S+\. [^\n]+\n$/)
  }
  // This Node, which says that it is an older one.
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"
  refused(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(older)}`])
  const other = otherNode()
  const version = other && run(other, ['--version'], home).trim()
  if (other === undefined || version === undefined || Number.parseInt(version.slice(1), 10) >= 24)
    return 'one that says so'
  refused(other, [])
  return `one that says so, and ${version}`
}

/** Starts the installed development server, runs the whole flow against it, and stops it. */
const checkServer = async (): Promise<void> => {
  const port = await freePort()
  const program = join(home, 'node_modules/.bin/poolkeeper')
  const server = spawn(program, ['dev', '--port', String(port)], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(server, 'exit')
  try {
    await untilHealthy(`http://127.0.0.1:${port}`)
    const words = ['--no-install', 'poolkeeper', 'try', '--yes', '--endpoint', `http://127.0.0.1:${port}`]
    assert.match(run('npx', words, home), /Everything held/)
  } finally {
    server.kill('SIGTERM')
  }
  assert.deepEqual(await ended, [0, null])
}

const consumer = `import { openPool, type State, type UserPool } from '@poolkeeper/client'
export const pool: UserPool = openPool({ userPoolId: 'eu-west-1_AbCdEf123', clientId: '1example23456789abcdefghij' })
export const next = (state: State): string => state.step
// Fails to compile if a pool without an id were accepted, or if the options had lost their types.
type NeedsPool = { clientId: string } extends Parameters<typeof openPool>[0] ? never : true
export const needsPool: NeedsPool = true
`

const checkClient = (): void => {
  const loaded = "import('@poolkeeper/client').then((client) => console.log(typeof client.openPool))"
  assert.equal(run('node', ['--eval', loaded], home).trim(), 'function')
  writeFileSync(join(home, 'consumer.ts'), consumer)
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--types', '', '--lib', 'es2022,dom', 'consumer.ts']
  for (const resolution of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ]) {
    run(join(root, 'node_modules/.bin/tsc'), [...resolution, ...options], home)
  }
}

try {
  const archives = pack()
  install(archives)
  checkCommandLine()
  process.stdout.write('ok     poolkeeper --version, --help\n')
  process.stdout.write(`ok     a Node that is too old is told which one is needed (${checkOldNode()})\n`)
  checkClient()
  process.stdout.write('ok     @poolkeeper/client imports, its types resolve\n')
  await checkServer()
  process.stdout.write('ok     poolkeeper dev answers, poolkeeper try passes, SIGTERM ends it\n')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
