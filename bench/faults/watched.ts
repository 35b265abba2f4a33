// Shared parts of the drills of the HTTP server: a development server with a fresh folder, its memory, and the time that
// /healthz takes on a separate connection during the drill.
import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { startProcess, type ServerProcess } from '../../packages/server/testing/server-process.ts'
import { temporaryFolder } from '../../packages/server/testing/folders.ts'

/** A watched server. */
export type Watched = {
  readonly server: ServerProcess
  readonly port: number
  /** The memory of its process, in MiB (resident set). */
  rss(): number
  /** Asks /healthz every 20 ms until `until` has passed. @returns how long the slowest answer took, in milliseconds */
  slowestHealth(until: Promise<unknown>): Promise<number>
  stop(): Promise<void>
}

/** Starts `poolkeeper dev` with a fresh folder. */
export const watched = async (words: readonly string[] = []): Promise<Watched> => {
  const folder = temporaryFolder()
  const server = await startProcess(['dev', '--data', folder.path, ...words])
  const { pid } = server.child
  return {
    server,
    port: Number(new URL(server.url).port),
    rss: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024,
    slowestHealth: (until) => slowestHealth(server.url, until),
    stop: async () => {
      await server.stop()
      folder.remove()
    },
  }
}

/** Asks /healthz every 20 ms until `until` has passed. @returns how long the slowest answer took, in milliseconds */
export const slowestHealth = async (url: string, until: Promise<unknown>): Promise<number> => {
  let over = false
  void until.finally(() => (over = true))
  let slowest = 0
  while (!over) {
    const begun = performance.now()
    const response = await fetch(`${url}/healthz`)
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`/healthz answered ${response.status}`)
    slowest = Math.max(slowest, performance.now() - begun)
    await pause(20)
  }
  return slowest
}

/** Prints a figure of a drill. */
export const figure = (what: string, value: string): void => void process.stdout.write(`  ${what}: ${value}\n`)
