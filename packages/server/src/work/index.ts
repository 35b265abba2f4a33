// Work in the background: the sweep of rows that have ended, and the purge of rows of removed owners. Each runs under a
// lease, so that only one server does it at a time, and in short steps with pauses, so that no request waits long for a
// step.
import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { underLease, type LeaseHolder } from './lease.ts'
import { purge } from './purge.ts'
import { sweep } from './sweep.ts'

/** The parts of the server that the work uses. */
export type WorkContext = Pick<Context, 'store' | 'clock' | 'random' | 'log'>

/** The options of the background work. */
export type WorkOptions = {
  /** Gets the number of rows that a step removed from a table, and the reason. */
  readonly removed?: (why: 'ended' | 'owner-removed', table: string, rows: number) => void
  /** The milliseconds from one run to the next. */
  readonly everyMilliseconds?: number
  /** The pause after each step; 10 ms by default. */
  readonly pause?: () => Promise<void>
}

/** The background work of a server. */
export type Work = {
  /** Runs sweep and purge once, now, and resolves when both are done. Never rejects. */
  run(): Promise<void>
  /** Stops after the current step. */
  stop(): Promise<void>
}

/** Starts the background work. */
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
