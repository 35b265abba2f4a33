// The work that runs beside requests: the sweep of rows that have ended, the purge of what was removed. Each is done
// under a lease, so that of several servers one does it at a time, and in short steps with pauses, so that no request
// waits long for one.
import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { underLease, type LeaseHolder } from './lease.ts'
import { purge } from './purge.ts'
import { sweep } from './sweep.ts'

/** What a work needs to know of the server. */
export type WorkContext = Pick<Context, 'store' | 'clock' | 'random' | 'log'>

/** What may be chosen of the work beside requests. */
export type WorkOptions = {
  /** Told how many rows of a table a step removed, and why. */
  readonly removed?: (why: 'ended' | 'owner-removed', table: string, rows: number) => void
  /** How often each work is done, in milliseconds. */
  readonly everyMilliseconds?: number
  /** The pause after each step; 10 ms by default. */
  readonly pause?: () => Promise<void>
}

/** The work beside requests, under way. */
export type Work = {
  /** Does each work once, now; resolves when all are done. Never rejects. */
  run(): Promise<void>
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** Starts the work beside requests. */
export const startWork = (context: WorkContext, options: WorkOptions = {}): Work => {
  const { removed = () => {}, everyMilliseconds = 60_000, pause = () => wait(10) } = options
  let stopped = false
  const holder: LeaseHolder = { ...context, owner: context.random.uuid(), pause, stopped: () => stopped }
  const works = {
    sweep: (goOn: () => Promise<boolean>) =>
      sweep(context, { goOn, touched: (table, rows) => removed('ended', table, rows) }),
    purge: (goOn: () => Promise<boolean>) =>
      purge(context, { goOn, touched: (table, rows) => removed('owner-removed', table, rows) }),
  }
  const runAll = async (): Promise<void> => {
    for (const [name, work] of Object.entries(works)) {
      if (stopped) return
      try {
        await underLease(holder, name, work)
      } catch (error) {
        context.log.error({ err: error, work: name }, 'work beside requests failed; it is tried again')
      }
    }
  }
  let running: Promise<void> | undefined
  const run = (): Promise<void> => (running ??= runAll().finally(() => (running = undefined)))
  const timer = setInterval(() => void run(), everyMilliseconds).unref()
  return {
    run,
    stop: async () => {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
