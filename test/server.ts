// A real server for tests: another process, started by the command line as a person would, on a port of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../packages/server/src/cli/index.ts', import.meta.url))

/** A port that nothing listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** A folder that `remove` takes away. */
export const temporaryFolder = (): { path: string; remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'poolkeeper-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A process that runs the command line. */
export type ServerProcess = {
  readonly url: string
  readonly child: ChildProcess
  /** Everything it printed so far. */
  output(): string
  /** Asks it to stop. @returns the exit code */
  stop(): Promise<number | null>
  /** Kills it without a word (SIGKILL). */
  kill(): Promise<void>
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once('exit', resolve)
  })

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** What a start may choose. */
export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>
  readonly port?: number
  /** In place of the source: the built program. */
  readonly program?: string
}

/**
 * Starts `poolkeeper <words> --port …` and waits until it answers.
 *
 * @throws Error with what it printed when it ends instead
 */
export const startProcess = async (words: readonly string[], options: StartOptions = {}): Promise<ServerProcess> => {
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [options.program ?? cli, ...words, '--port', String(port)], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${printed}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url,
    child,
    output: () => printed,
    stop: async () => {
      child.kill('SIGTERM')
      return ended(child)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended(child)
    },
  }
}
