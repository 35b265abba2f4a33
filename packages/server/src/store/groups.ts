// Groups of a pool (protocol/administration 3).
import { resourceNotFound, type ServiceError } from '../errors.ts'
import type { Database } from './database/index.ts'
import { rowsOf, type Rows } from './rows.ts'
import type { Row } from './tables.ts'

/** A group. */
export type Group = Row<'groups'>

export type Groups = Rows<'groups', Group> & {
  /** @throws ServiceError ResourceNotFoundException */
  get(poolId: string, name: string): Promise<Group>
}

/** The refusal of a group that the pool does not have. */
export const groupNotFound = (): ServiceError => resourceNotFound('Group not found.')

/** The table of groups. */
export const groups = (database: Database): Groups => {
  const rows = rowsOf<'groups', Group>(database, 'groups')
  return {
    ...rows,
    get: async (poolId, name) => {
      const group = await rows.find({ poolId, name })
      if (!group) throw groupNotFound()
      return group
    },
  }
}
