// Slow cryptography in worker threads, one for each core, started when they are first needed. Each is handed its next
// job while it computes one: it never waits for the event loop, and need not be woken.
import { Worker } from 'node:worker_threads'
import type { Answer, Ask, Jobs } from './computing-thread.ts'
import { bytesOf } from './latin1.ts'
import { makeLimiter } from './limiter.ts'

/** Computes in threads. */
export type Computing = {
  /**
   * Runs a job of computing-thread.ts.
   *
   * @throws ServiceError TooManyRequestsException when too many wait; Error when the job fails
   */
  run<Name extends keyof Jobs>(job: Name, input: Parameters<Jobs[Name]>[0]): Promise<Buffer>
  /** Jobs that wait. */
  readonly waiting: number
  /** Ends the threads; jobs that are asked for afterwards start new ones. */
  close(): void
}

/** How much is computed at once, and how much may wait. */
export type ComputingOptions = { readonly threads: number; readonly queueLimit: number }

/** Jobs that a thread is handed at once. */
const handedAtOnce = 2

type Job = { readonly done: (answer: Answer) => void; readonly failed: (error: Error) => void }

/** A thread, and the jobs that it was handed, which it answers in their order. */
type Thread = { readonly worker: Worker; readonly jobs: Job[] }

// The bundled program has it beside itself, as JavaScript.
const program = new URL(`computing-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

const startThread = (name: string, gone: (thread: Thread) => void): Thread => {
  const worker = new Worker(program, { name, env: {}, execArgv: [] })
  const thread: Thread = { worker, jobs: [] }
  // A thread holds the process only while it has jobs.
  worker.unref()
  worker.on('message', (answer: Answer) => {
    thread.jobs.shift()?.done(answer)
    if (thread.jobs.length === 0) worker.unref()
  })
  const end = (error: Error): void => {
    gone(thread)
    for (const { failed } of thread.jobs.splice(0)) failed(error)
  }
  worker.on('error', end).on('exit', () => end(new Error(`a thread that computes ${name} has ended`)))
  return thread
}

const answerOf = ({ worker, jobs }: Thread, ask: Ask): Promise<Answer> =>
  new Promise((done, failed) => {
    worker.ref()
    jobs.push({ done, failed })
    worker.postMessage(ask)
  })

/** Makes threads that compute; `what` names their jobs in the log. */
export const makeComputing = (what: string, { threads, queueLimit }: ComputingOptions): Computing => {
  const limiter = makeLimiter(what, { atOnce: threads * handedAtOnce, queueLimit })
  const all = new Set<Thread>()

  // One that has nothing to do, else a new one, else the one that is nearest to its end.
  const choose = (): Thread => {
    const [freest] = [...all].toSorted((one, other) => one.jobs.length - other.jobs.length)
    if (freest && (freest.jobs.length === 0 || all.size >= threads)) return freest
    const thread = startThread(what, (gone) => void all.delete(gone))
    all.add(thread)
    return thread
  }

  return {
    run: (job, input) =>
      limiter.run(async () => {
        const answer = await answerOf(choose(), { job, input } as Ask)
        if (typeof answer !== 'string') throw new Error(answer.failed)
        return bytesOf(answer)
      }),
    get waiting() {
      return limiter.waiting
    },
    close: () => {
      for (const { worker } of all) void worker.terminate()
      all.clear()
    },
  }
}
