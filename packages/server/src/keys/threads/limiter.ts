// A limit on slow work: a number of jobs run at once, and later ones wait in a bounded queue, first come first served.
// When the queue is full, a job is refused at once (protocol/requirements F17).
import { tooManyRequests, type ServiceError } from '../../errors.ts'

/** The limits on running and waiting jobs. */
export type LimiterOptions = {
  /** The number of jobs that run at once. */
  readonly atOnce: number
  /** The number of jobs that may wait; one more is refused. */
  readonly queueLimit: number
}

/** Runs jobs within its limits. */
export type Limiter = {
  /** @returns the result of the job. @throws ServiceError TooManyRequestsException when the queue is full */
  run<Result>(job: () => Promise<Result>): Promise<Result>
  /** The number of jobs that wait. */
  readonly waiting: number
}

/** The refusal of a job when too many wait; `what` names the jobs in the log. */
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
  // A finished job passes its place to the next waiting job; if none waits, the place becomes free.
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
