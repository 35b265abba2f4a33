// Makes the checkpoints of a SQLite file outside the event loop. SQLite itself makes them within a commit, which then
// takes 10 to 20 ms: it copies a thousand pages and waits for the disk twice. Here a thread copies the pages of the
// log, and the writing connection copies only the pages that were added meanwhile; then the log starts again from its
// beginning.
import { Worker } from 'node:worker_threads'

/** Checkpoints of one file. */
export type Checkpoints = {
  /** Counts writes, and begins a checkpoint after `writesBetween` of them. */
  wrote(writes: number): void
  /** Ends the thread. */
  close(): Promise<void>
}

/** The writes from one checkpoint to the next: about four thousand pages of the log, 16 MB. */
const writesBetween = 1600

// In the bundled program, the thread is a JavaScript file in the same folder.
const program = new URL(`checkpoint-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

/**
 * Makes checkpoints of a file. The thread starts with the first checkpoint.
 *
 * @param finish - makes a checkpoint with the writing connection, and never throws. It is called when the thread has
 * copied most pages, and when the thread has failed, so that the log does not grow without end
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
