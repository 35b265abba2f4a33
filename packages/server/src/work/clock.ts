// Keeps the time of the service: stores the highest time that was used. When the system clock is set back, the time
// stands still until all rows that had ended are removed; then the service follows the clock (requirements, faults F8).
import { setTimeout as wait } from 'node:timers/promises'
import type { ClockStep, WatchedClock } from '../clock.ts'
import type { Context } from '../context.ts'
import type { Step } from '../store/index.ts'
import { touchInSteps } from './steps.ts'

/** The time keeper of one server. */
export type TimeKeeper = {
  /** Reads the highest time that an earlier process has used. */
  start(): Promise<void>
  /** Stores the time, or follows a step back. Never rejects. */
  run(): Promise<void>
  stop(): Promise<void>
}

/** The clocks of servers on one database may differ by this much. */
const toleratedMilliseconds = 60_000

const noteEveryMilliseconds = 60_000

type Tools = Pick<Context, 'store' | 'log'> & {
  readonly clock: WatchedClock
  /** The pause after each step; 10 ms by default. */
  readonly pause?: () => Promise<void>
  /** The milliseconds between two checks of the clock. */
  readonly everyMilliseconds?: number
}

/** Makes the time keeper of a server. */
export const keepTime = (tools: Tools): TimeKeeper => {
  const { store, log, clock, pause = () => wait(10), everyMilliseconds = 5000 } = tools
  let stopped = false
  let noteAt = 0
  const note = async (): Promise<void> => {
    const now = clock.now()
    if (now < noteAt) return
    noteAt = now + noteEveryMilliseconds
    await store.commit([store.clock.raise(now)])
  }
  /** Whether the clock is still set back: it may have been corrected meanwhile. */
  const goOn = async (): Promise<boolean> => {
    await pause()
    return !stopped && clock.pending() !== undefined
  }
  const doAll = async (steps: readonly Step[], goOnWith: () => Promise<boolean>): Promise<boolean> => {
    for (const step of steps) {
      if (!(await touchInSteps(store, step, { goOn: goOnWith, touched: () => {} }))) return false
    }
    return true
  }
  const follow = async (step: ClockStep): Promise<void> => {
    if (!(await doAll(store.clock.steps(step), goOn))) return
    // Rows that had ended before an earlier step back stay ended too.
    const remembered = { from: Math.max(step.from, clock.steppedBack()?.from ?? 0), to: step.to }
    await store.commit([store.clock.follow(remembered)])
    clock.follow(remembered)
    noteAt = 0
    // This also removes rows that requests stored while the time stood still.
    await doAll(store.clock.removeFuture(clock.now()), async () => !stopped)
    log.warn({}, 'the clock that was set back is followed: nothing is left of what had ended before')
  }
  const once = async (): Promise<void> => {
    const step = clock.pending()
    try {
      await (step ? follow(step) : note())
    } catch (error) {
      log.error(
        { err: error },
        step ? 'the time stands still until the database can be written' : 'the time could not be noted',
      )
    }
  }
  let running: Promise<void> | undefined
  const run = (): Promise<void> => (running ??= once().finally(() => (running = undefined)))
  const timer = setInterval(() => void run(), everyMilliseconds).unref()
  return {
    start: async () => {
      const mark = await store.clock.find()
      if (!mark) return
      const { highestAt, steppedFrom, steppedTo } = mark
      const step =
        steppedFrom !== undefined && steppedTo !== undefined ? { from: steppedFrom, to: steppedTo } : undefined
      clock.recall(highestAt > clock.now() + toleratedMilliseconds ? highestAt : 0, step)
    },
    run,
    stop: async () => {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
