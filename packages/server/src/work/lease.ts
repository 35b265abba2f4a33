// Makes sure that only one of several servers does a piece of work at a time. A lease is extended while the work
// continues, and given back at its end. The lease of a server that has died expires.
import type { Context } from '../context.ts'

/** The server that holds a lease. */
export type LeaseHolder = Pick<Context, 'store' | 'clock'> & {
  /** A name that is unique to this process. */
  readonly owner: string
  readonly pause: () => Promise<void>
  /** Whether the server is being stopped. */
  readonly stopped: () => boolean
}

const leaseMilliseconds = 60_000

const refusal = new Error('another server has the lease')

/**
 * Runs work, unless another server is doing it.
 *
 * @param work - does the work in steps, and calls `goOn` before each step; false means that the server stops, or the
 * lease was lost
 */
export const underLease = async (
  holder: LeaseHolder,
  name: string,
  work: (goOn: () => Promise<boolean>) => Promise<void>,
): Promise<void> => {
  const { store, clock, owner, pause, stopped } = holder
  let keptUntil = 0
  const take = async (): Promise<boolean> => {
    const now = clock.now()
    const lease = { name, owner, now, milliseconds: leaseMilliseconds }
    keptUntil = now + leaseMilliseconds
    return store.commit([store.leases.take(lease, () => refusal)]).then(
      () => true,
      (error: unknown) => {
        if (error === refusal) return false
        throw error
      },
    )
  }
  const goOn = async (): Promise<boolean> => {
    await pause()
    if (stopped()) return false
    return clock.now() < keptUntil - leaseMilliseconds / 2 || take()
  }
  if (!(await take())) return
  try {
    await work(goOn)
  } finally {
    await store.commit([store.leases.release({ name, owner })])
  }
}
