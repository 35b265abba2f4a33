// The directory: every name that leads to a user (user name, alias, `sub`), each unique in its pool.
import type { DirectoryName } from '../rules/directory-names.ts'
import type { Database, Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

export type Directory = {
  /** The id of the user that a folded name leads to. */
  find(poolId: string, name: string): Promise<string | undefined>
  /** Gives a name to a user; refused with `taken` when the name is in use in the pool. */
  add(user: { readonly poolId: string; readonly id: string }, name: DirectoryName, taken: () => Error): Write
  /** Removes a name from the user who has it. */
  remove(poolId: string, name: string): Write
}

/** The table of names. */
export const directory = (database: Database): Directory => {
  const rows = rowsOf<'directory', Row<'directory'>>(database, 'directory')
  return {
    find: async (poolId, name) => (await rows.find({ poolId, name }))?.userId,
    add: ({ poolId, id }, { name, kind }, taken) => rows.insert({ poolId, name, kind, userId: id }, taken),
    remove: (poolId, name) => rows.remove({ poolId, name }),
  }
}
