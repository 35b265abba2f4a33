// Closes what a test opened, when the test has ended: also when it failed, also when another closing fails or hangs.

/** How long one closing may take; one that takes longer is an error, and the others go on. */
const patienceMilliseconds = 60_000

type Close = () => unknown

/** A test, or a file of tests: `{ after }` of node:test. */
type Owner = { after(close: () => Promise<void>): void }

const opened = new WeakMap<Owner, Close[]>()

/**
 * Calls `close` when the test has ended, at once after opening: `closing(t, () => server.close())`. Of what one test
 * opened the newest is closed first, so that a server ends before the folder it writes to goes.
 *
 * @param owner - the test; `{ after }` closes when the last test of the run has ended
 * @param close - may answer a promise, and may be called for something that was closed already
 */
export const closing = (owner: Owner, close: Close): void => {
  const known = opened.get(owner)
  if (known) return void known.push(close)
  const closes = [close]
  opened.set(owner, closes)
  owner.after(() => closeAll(closes))
}

/** Closes everything. @throws Error the first that failed, when all had their turn */
const closeAll = async (closes: Close[]): Promise<void> => {
  const failures: unknown[] = []
  for (let close = closes.pop(); close; close = closes.pop())
    await withinPatience(close).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

const withinPatience = async (close: Close): Promise<void> => {
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    const error = new Error(`not closed within ${patienceMilliseconds / 1000} s: ${String(close)}`)
    late = setTimeout(() => reject(error), patienceMilliseconds)
  })
  try {
    await Promise.race([close(), tooLate])
  } finally {
    clearTimeout(late)
  }
}
