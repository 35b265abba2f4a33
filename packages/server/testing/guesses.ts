// For tests of guesses: what holds a sign-in up while others go on.
import type { TestOptions } from './app.ts'

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
