// A limit on slow work: so many jobs at once, first come first served, and a bounded queue behind them. Past it a job
// is refused at once rather than made to wait without end (protocol/requirements F17).
import { tooManyRequests, type ServiceError } from '../../errors.ts'

/** How much may run and wait. */
export type LimiterOptions = {
  /** Jobs that run at once. */
  readonly atOnce: number
  /** Jobs that may wait; one more is refused. */
  readonly queueLimit: number
}

/** Runs jobs within its limits. */
export type Limiter = {
  /** @returns what the job returns. @throws ServiceError TooManyRequestsException when the queue is full */
  run<Result>(job: () => Promise<Result>): Promise<Result>
  /** Jobs that wait. */
  readonly waiting: number
}

/** What a job is refused by when too many wait. */
export const tooManyWait = (what: string): ServiceError =>
  tooManyRequests(`queue/${what.replaceAll(' ', '-')}`, `too many ${what} wait`)

/** Makes a limiter; `what` names its jobs in the log. */
export const makeLimiter = (what: string, { atOnce, queueLimit }: LimiterOptions): Limiter => {
  const queue: (() => void)[] = []
  let running = 0

  const turn = async (): Promise<void> => {
    if (running < atOnce) {
      running += 1
      return
    }
    if (queue.length >= queueLimit) throw tooManyWait(what)
    await new Promise<void>((resolve) => queue.push(resolve))
  }
  // The place of a job that is done goes to the next one; only without one does it become free.
  const done = (): void => {
    const next = queue.shift()
    if (next) next()
    else running -= 1
  }

  return {
    run: async (job) => {
      await turn()
      try {
        return await job()
      } finally {
        done()
      }
    },
    get waiting() {
      return queue.length
    },
  }
}
