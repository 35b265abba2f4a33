// For tests of guesses: what counts the checks of a server, what holds a sign-in up while others go on, and floods of
// guesses.
import assert from 'node:assert/strict'
import { Refused, type TestOptions } from './app.ts'

/** Keys that count what they compare guesses with. */
export const countedChecks = (): {
  readonly keys: NonNullable<TestOptions['keys']>
  /** Passwords, secrets of authenticator apps and keyed hashes of codes that were looked at so far. */
  checks(): number
} => {
  let made = 0
  const purposes = ['software-token', 'sign-in-code', 'recovery-code', 'code']
  return {
    checks: () => made,
    keys: (keys) => ({
      ...keys,
      passwords: {
        ...keys.passwords,
        verify: (password, stored) => {
          made += 1
          return keys.passwords.verify(password, stored)
        },
      },
      seal: {
        ...keys.seal,
        openRow: (sealed, place) => {
          if (place.purpose === 'software-token') made += 1
          return keys.seal.openRow(sealed, place)
        },
        macMatches: (data, purpose, stored) => {
          if (purposes.includes(purpose)) made += 1
          return keys.seal.macMatches(data, purpose, stored)
        },
      },
    }),
  }
}

/** A database whose commits can be held up. */
export const heldCommits = (): {
  readonly wrapDatabase: NonNullable<TestOptions['wrapDatabase']>
  /**
   * Holds the next commit that writes such a statement.
   *
   * @returns resolves when it waits, with what lets it go on
   */
  holdNext(statement: RegExp): Promise<() => void>
} => {
  let awaited: { readonly statement: RegExp; readonly waits: (letGo: () => void) => void } | undefined
  return {
    wrapDatabase: (database) => ({
      ...database,
      commit: async (writes) => {
        const held = writes.some(({ statement: { sql } }) => awaited?.statement.test(sql)) ? awaited : undefined
        if (held) {
          awaited = undefined
          await new Promise<void>((resolve) => held.waits(resolve))
        }
        await database.commit(writes)
      },
    }),
    holdNext: (statement) => new Promise((waits) => (awaited = { statement, waits })),
  }
}

/** How many guesses a flood has. */
export const floodSize = 300

/** What came of a flood of guesses. */
export type Flood = {
  /** The answer to each guess in its place: `let in`, or status and body. */
  readonly answers: readonly string[]
  /** How many were let in. */
  readonly letIn: number
  /** How many were refused in other words than those of a lock or of a session that has ended: these were looked at. */
  readonly refusedOnSight: number
}

const letIn = 'let in'

const refusal = (message: string): string =>
  JSON.stringify({ status: 400, body: { __type: 'NotAuthorizedException', message } })

const exceeded = refusal('Password attempts exceeded')

/** What is told of a session that the right answer has ended. */
const ended = refusal('Invalid session for the user, session can only be used once.')

const toldBy = (error: unknown): string => {
  if (error instanceof Refused && error.status < 500) return JSON.stringify({ status: error.status, body: error.body })
  throw new Error('no refusal', { cause: error })
}

/**
 * Sends a flood of guesses at once, by turns to every server.
 *
 * @throws Error when a request fails other than by a refusal
 */
export const flood = async <Server>(
  servers: readonly Server[],
  guess: (server: Server, index: number) => Promise<unknown>,
): Promise<Flood> => {
  const answers = await Promise.all(
    Array.from({ length: floodSize }, async (_, index) => {
      const server = servers[index % servers.length]
      if (!server) throw new Error('a flood needs a server')
      return guess(server, index).then(() => letIn, toldBy)
    }),
  )
  const count = (told: (answer: string) => boolean): number => answers.filter(told).length
  return {
    answers,
    letIn: count((answer) => answer === letIn),
    refusedOnSight: count((answer) => answer !== letIn && answer !== exceeded && answer !== ended),
  }
}

/**
 * Asserts that a flood was held by the lock, and that no answer told the right guess.
 *
 * @param right - the place of the right one
 */
export const assertHeld = ({ answers, letIn: count, refusedOnSight }: Flood, right: number): void => {
  const place = `the right one stood at ${right} and was answered ${answers[right]}`
  // One that is let in may end a row of wrong ones and let another begin.
  assert.ok(refusedOnSight <= (count > 0 ? 9 : 5), `${refusedOnSight} were refused on sight; ${place}`)
  assert.ok(count <= 1, place)
  if (count === 1) {
    assert.equal(answers[right], letIn)
    return
  }
  assert.equal(answers[right], exceeded, place)
  assert.equal(answers.includes(ended), false, place)
}
