// Slow cryptography in worker threads, started when they are first needed. Jobs that wait together are handed over
// together, as a list that is answered as one; each thread has its next list while it computes one. So a thread never
// waits for the event loop, and the event loop is woken seldom when there is much to do. docs/decisions/threads.md says
// what that is worth.
import { Worker } from 'node:worker_threads'
import type { Answer, Ask, Jobs } from './computing-thread.ts'
import { inTurn } from '../../turns.ts'
import { makeFairQueue, unknownSource, type Share } from './fair-queue.ts'
import { tooManyWait } from './limiter.ts'

/** Computes in threads. */
export type Computing = {
  /**
   * Runs a job of computing-thread.ts.
   *
   * @param share - whose job it is: the queue is shared by source
   * @throws ServiceError TooManyRequestsException when too many of its source wait; Error when the job fails
   */
  run<Name extends keyof Jobs>(
    job: Name,
    input: Parameters<Jobs[Name]>[0],
    share?: Share,
  ): Promise<ReturnType<Jobs[Name]>>
  /** Whether a job of a source would find a place in the queue now. */
  hasPlace(share?: Share): boolean
  /** Jobs that wait. */
  waiting(): number
  /** Ends the threads; jobs that are asked for afterwards start new ones. */
  close(): void
}

/** How many threads compute, and how many jobs may wait for them. */
export type ComputingOptions = { readonly threads: number; readonly queueLimit: number }

/** Lists that a thread has at once: the one that it computes, and the next. */
const listsAtOnce = 2

/** In how many lists for each thread the waiting jobs are shared out: waiting for one's list adds little to the wait. */
const shares = 2

/** Jobs of a list at most: the first waits for the last, and the event loop gets their answers at once. */
const listLimit = 16

type Job = { readonly ask: Ask; readonly answered: (answer: Answer) => void; readonly failed: (error: Error) => void }

/** A thread, and the lists that it was handed, which it answers in their order. */
type Thread = { readonly worker: Worker; readonly lists: (readonly Job[])[] }

// The bundled program has it beside itself, as JavaScript.
const program = new URL(`computing-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

type Calls = { readonly free: () => void; readonly gone: (thread: Thread) => void }

const startThread = (name: string, { free, gone }: Calls): Thread => {
  const worker = new Worker(program, { name, env: {}, execArgv: [] })
  const thread: Thread = { worker, lists: [] }
  // A thread holds the process only while it has jobs.
  worker.unref()
  worker.on('message', (answers: readonly Answer[]) => {
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

const hand = ({ worker, lists }: Thread, list: readonly Job[]): void => {
  worker.ref()
  lists.push(list)
  worker.postMessage(list.map(({ ask }) => ask))
}

/** Makes threads that compute; `what` names their jobs in the log. */
export const makeComputing = (what: string, { threads, queueLimit }: ComputingOptions): Computing => {
  const all = new Set<Thread>()
  const waiting = makeFairQueue<Job>(queueLimit)

  // One that has nothing to do, else a new one, else the one that is nearest to its end.
  const choose = (): Thread | undefined => {
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
    run: async (job, input, share = unknownSource) => {
      const answer = await new Promise<Answer>((answered, failed) => {
        const dropped = waiting.add(share, { ask: { job, input } as Ask, answered, failed })
        dropped?.failed(tooManyWait(what))
        handOver()
      })
      if ('failed' in answer) throw new Error(answer.failed)
      return answer.value as ReturnType<Jobs[typeof job]>
    },
    hasPlace: (share = unknownSource) => waiting.hasPlace(share),
    waiting: () => waiting.size,
    close: () => {
      for (const { worker } of all) void worker.terminate()
      all.clear()
    },
  }
}
