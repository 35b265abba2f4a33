// A real server for tests: another process, started by the command line as a person would, on a port of its own.
// Processes that a test leaves behind go when the test process ends.
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.ts'

const cli = fileURLToPath(new URL('../src/cli/index.ts', import.meta.url))

/** A process that runs the command line. */
export type ServerProcess = {
  readonly url: string
  readonly child: ChildProcess
  /** Everything it printed so far. */
  output(): string
  /** Resolves when what it printed holds the pattern, rejects when it ends or a minute passes without. */
  says(pattern: RegExp): Promise<void>
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

const running = new Set<ChildProcess>()

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** What the production server is told of itself where a test says nothing else. */
const ownAddress = (url: string): Record<string, string> => ({
  POOLKEEPER_PUBLIC_URL: url,
  POOLKEEPER_REGION: 'zz-local-1',
})

const start = (words: readonly string[], { program, env, prefix, stdout = 'pipe' }: StartOptions): ChildProcess => {
  const [command, ...before] = [...(prefix ?? []), process.execPath]
  const child = spawn(command, [...before, program ?? cli, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', stdout === 'unread' ? 'pipe' : stdout, 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** What a command said, and its exit code. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs `poolkeeper <words>` to its end, or kills it after a minute, or when `killed` says so. */
export const runCommand = async (
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  killed?: AbortSignal,
): Promise<Ended> => {
  const child = start(words, { env })
  killed?.addEventListener('abort', () => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve))
  clearTimeout(tooLong)
  return { code, stdout, stderr }
}

/**
 * Runs `poolkeeper <words>` into a pipe whose reader goes, as `head` does: at once, or when the output holds `enough`.
 *
 * @returns what was read until then
 */
export const runPiped = async (words: readonly string[], enough: RegExp | undefined): Promise<Ended> => {
  const child = start(words, {})
  let stdout = ''
  let stderr = ''
  if (enough === undefined) child.stdout?.destroy()
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    if (enough?.test(stdout)) child.stdout?.destroy()
  })
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve))
  clearTimeout(tooLong)
  return { code, stdout, stderr }
}

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
  /** One of its own where absent; 0 leaves the choice to the server, and `url` then leads nowhere. */
  readonly port?: number
  /** In place of the source: the built program. */
  readonly program?: string
  /** Where standard output goes: a pipe where absent, a file descriptor, or a pipe that is not read; then `output` holds none. */
  readonly stdout?: number | 'pipe' | 'unread'
  /** A command that starts the program, such as a shell that sets limits. */
  readonly prefix?: readonly [string, ...string[]]
}

/**
 * Starts `poolkeeper <words> --port …` and waits until it answers.
 *
 * @throws Error with what it printed when it ends instead
 */
export const startProcess = async (words: readonly string[], options: StartOptions = {}): Promise<ServerProcess> => {
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const production = words[0] === 'serve'
  const env = production ? { ...ownAddress(url), ...options.env } : { ...options.env }
  // A test that does not ask for it waits for no load balancer.
  const drain = production && !words.includes('--drain') ? ['--drain', '0'] : []
  const child = start([...words, ...drain, '--port', String(port)], { ...options, env })
  const over = (): boolean => child.exitCode !== null || child.signalCode !== null
  let printed = ''
  if (options.stdout !== 'unread') child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  // Where the server chooses its port, the test reads it from the output.
  while (port !== 0 && !(await answers(url))) {
    if (over()) throw new Error(`the server ended: ${printed}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const says = async (pattern: RegExp): Promise<void> => {
    const end = Date.now() + 60_000
    while (!pattern.test(printed)) {
      if (over() || Date.now() > end) throw new Error(`it did not say ${pattern}: ${printed}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return {
    url,
    child,
    output: () => printed,
    says,
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
