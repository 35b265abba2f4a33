// Checkpoints of a SQLite file beside the event loop. SQLite makes them within a commit, which then takes 10 to 20 ms:
// it copies a thousand pages and waits for the disk twice. Here a thread copies what the log holds, and the connection
// that writes copies only what has come meanwhile; so all is copied, and the log begins anew.
import { Worker } from 'node:worker_threads'

/** Checkpoints of one file. */
export type Checkpoints = {
  /** Counts writes, and begins a checkpoint when they are many. */
  wrote(writes: number): void
  /** Ends the thread. */
  close(): Promise<void>
}

/** Writes from one checkpoint to the next: some four thousand pages of the log, 16 MB. */
const writesBetween = 1600

// The bundled program has it beside itself, as JavaScript.
const program = new URL(`checkpoint-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

/**
 * Makes checkpoints of a file. The thread starts when the first is due.
 *
 * @param finish - makes a checkpoint by the connection that writes, and never throws: called when the thread has copied
 * most, and when it has failed, so that the log does not grow without end
 */
export const makeCheckpoints = (path: string, finish: () => void): Checkpoints => {
  let thread: Worker | undefined
  let written = 0
  let under = false

  const done = (): void => {
    under = false
    thread?.unref()
    finish()
  }

  const start = (): Worker => {
    const made = new Worker(program, { name: 'checkpoints', workerData: path, env: {}, execArgv: [] })
    const ended = (): void => {
      if (thread !== made) return
      thread = undefined
      if (under) done()
    }
    return made.on('message', done).on('error', ended).on('exit', ended)
  }

  return {
    wrote: (writes) => {
      written += writes
      if (under || written < writesBetween) return
      written = 0
      under = true
      thread ??= start()
      thread.ref()
      thread.postMessage('copy')
    },
    close: async () => {
      const ending = thread
      if (!ending) return
      thread = undefined
      ending.ref()
      ending.postMessage('close')
      await new Promise((resolve) => ending.once('exit', resolve))
    },
  }
}
