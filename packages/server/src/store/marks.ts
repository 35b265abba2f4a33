// Facts about the database itself, by name. The mark `mode` is written when the database is opened (database/mode.ts).
import type { Database, Write } from './database/index.ts'
import { rowsOf } from './rows.ts'

export type Marks = {
  /** The value of a mark. */
  find(name: string): Promise<string | undefined>
  /** Adds a mark; refused with `taken` when another server was first. */
  add(name: string, value: string, taken: () => Error): Write
  /** Sets a mark; it replaces an earlier one of its name. */
  put(name: string, value: string): Write
}

/** The table of marks. */
export const marks = (database: Database): Marks => {
  const rows = rowsOf<'marks', { name: string; value: string }>(database, 'marks')
  return {
    find: async (name) => (await rows.find({ name }))?.value,
    add: (name, value, taken) => rows.insert({ name, value }, taken),
    put: (name, value) => rows.put({ name, value }),
  }
}
