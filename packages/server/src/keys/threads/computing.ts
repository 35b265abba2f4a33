// Slow cryptography in worker threads, started on first use. Waiting jobs are sent to a thread in lists, and a list is
// answered as a whole; each thread holds its next list while it computes one. So a thread never waits for the event
// loop, and a busy server wakes the event loop rarely. docs/decisions/threads.md gives the measurements.
import { Worker } from 'node:worker_threads'
import type { JobResult, JobRequest, Jobs } from './computing-thread.ts'
import { inTurn } from '../../turns.ts'
import { makeFairQueue, unknownSource, type JobSource } from './fair-queue.ts'
import { tooManyWait } from './limiter.ts'

/** Runs jobs in threads. */
export type Computing = {
  /**
   * Runs a job of computing-thread.ts.
   *
   * @param source - where the job comes from: the queue is shared by source
   * @throws ServiceError TooManyRequestsException when the source has no place in the queue; Error when the job fails
   */
  run<Name extends keyof Jobs>(
    job: Name,
    input: Parameters<Jobs[Name]>[0],
    source?: JobSource,
  ): Promise<ReturnType<Jobs[Name]>>
  /** Whether the queue has a place for a job of a source now. */
  hasPlace(source?: JobSource): boolean
  /** The number of jobs that wait. */
  waiting(): number
  /** Ends the threads; later jobs start new ones. */
  close(): void
}

/** The number of threads, and the number of jobs that may wait for them. */
export type ComputingOptions = { readonly threads: number; readonly queueLimit: number }

/** The lists that a thread holds: the one that it computes, and the next. */
const listsAtOnce = 2

/** The waiting jobs are divided into this many lists for each thread: short lists add little to the wait. */
const shares = 2

/** The most jobs of a list: its first job waits for its last, and the event loop gets all answers at once. */
const listLimit = 16

type Job = {
  readonly ask: JobRequest
  readonly answered: (answer: JobResult) => void
  readonly failed: (error: Error) => void
}

/** A thread, with the lists that it received; it answers them in their order. */
type ComputingThread = { readonly worker: Worker; readonly lists: (readonly Job[])[] }

// In the bundled program the file lies in the same folder, as JavaScript.
const program = new URL(`computing-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

/** Makes computing threads; `what` names their jobs in the log. */
export const makeComputing = (what: string, { threads, queueLimit }: ComputingOptions): Computing => {
  const all = new Set<ComputingThread>()
  const waiting = makeFairQueue<Job>(queueLimit)

  // Chooses an idle thread, else a new one, else the thread with the fewest lists.
  const choose = (): ComputingThread | undefined => {
    const [freest] = [...all].toSorted((one, other) => one.lists.length - other.lists.length)
    if (freest && (freest.lists.length === 0 || all.size >= threads))
      return freest.lists.length < listsAtOnce ? freest : undefined
    const thread = startThread(what, { free: handOver, gone: (ended) => void all.delete(ended) })
    all.add(thread)
    return thread
  }

  const nextList = (): Job[] => {
    const share = Math.floor(waiting.size / (threads * shares))
    return waiting.take(Math.min(Math.max(share, 1), listLimit))
  }

  const handOver = (): void => {
    while (waiting.size > 0) {
      const thread = choose()
      if (!thread) return
      hand(thread, nextList())
    }
  }

  return {
    run: async (job, input, source = unknownSource) => {
      const answer = await new Promise<JobResult>((answered, failed) => {
        const dropped = waiting.add(source, { ask: { job, input } as JobRequest, answered, failed })
        dropped?.failed(tooManyWait(what))
        handOver()
      })
      if ('failed' in answer) throw new Error(answer.failed)
      return answer.value as ReturnType<Jobs[typeof job]>
    },
    hasPlace: (source = unknownSource) => waiting.hasPlace(source),
    waiting: () => waiting.size,
    close: () => {
      for (const { worker } of all) void worker.terminate()
      all.clear()
    },
  }
}

type Calls = { readonly free: () => void; readonly gone: (thread: ComputingThread) => void }

const startThread = (name: string, { free, gone }: Calls): ComputingThread => {
  const worker = new Worker(program, { name, env: {}, execArgv: [] })
  const thread: ComputingThread = { worker, lists: [] }
  // A thread keeps the process alive only while it has jobs.
  worker.unref()
  worker.on('message', (answers: readonly JobResult[]) => {
    const list = thread.lists.shift() ?? []
    free()
    if (thread.lists.length === 0) worker.unref()
    for (const [index, answer] of answers.entries()) inTurn(() => list[index]?.answered(answer))
  })
  const end = (error: Error): void => {
    gone(thread)
    for (const { failed } of thread.lists.splice(0).flat()) failed(error)
    free()
  }
  worker.on('error', end).on('exit', () => end(new Error(`a thread that computes ${name} has ended`)))
  return thread
}

const hand = ({ worker, lists }: ComputingThread, list: readonly Job[]): void => {
  worker.ref()
  lists.push(list)
  worker.postMessage(list.map(({ ask }) => ask))
}
