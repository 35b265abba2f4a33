// The rows by which ListUsers finds users: one for each attribute of a user that a filter may name, with folded case.
import type { FilterAttribute } from '../rules/filter.ts'
import { foldSearch } from '../rules/search-fold.ts'
import { cutText } from '../rules/text.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

/** An attribute that a filter may name and that is not a column of users. */
export type SearchAttribute = Exclude<FilterAttribute, 'username' | 'cognito:user_status' | 'status' | 'sub'>

const searchAttributes: readonly SearchAttribute[] = [
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
]

/** The values from `low` to `high` that come after the cursor. */
export type SearchRange = {
  readonly low: string
  readonly high: string
  readonly value: string
  readonly userId: string
  readonly limit: number
}

type SearchRow = Row<'search'>

type Attributes = Readonly<Record<string, string>>

export type Search = {
  /** Up to `limit` rows of an attribute, by value and user. */
  page(poolId: string, attribute: SearchAttribute, range: SearchRange): Promise<SearchRow[]>
  /** Replaces the rows of a user whose attributes change. */
  change(user: { readonly poolId: string; readonly id: string }, before: Attributes, after: Attributes): Write[]
}

/** A row keeps this many characters of a value: a filter has at most 256 (protocol/administration 4.3). */
const valueLength = 256

/** The table of search rows. */
export const search = (database: Database): Search => {
  const rows = rowsOf<'search', SearchRow>(database, 'search')
  const selectPage = prepare<SearchRange & { poolId: string; attribute: string }>(database.dialect, (db, slot) =>
    db
      .selectFrom('search')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('attribute', '=', slot('attribute'))
      .where('value', '>=', slot('low'))
      .where('value', '<=', slot('high'))
      .where((eb) => eb(eb.refTuple('value', 'user_id'), '>', eb.tuple(slot('value'), slot('userId'))))
      .orderBy('value')
      .orderBy('user_id')
      .limit(slot('limit')),
  )
  return {
    page: (poolId, attribute, range) => rows.read(selectPage({ ...range, poolId, attribute })),
    change: ({ poolId, id }, before, after) => {
      const rowsOfUser = (attributes: Attributes): Map<string, SearchRow> =>
        new Map(
          searchAttributes
            .filter((attribute) => attributes[attribute])
            .map((attribute) => {
              const value = cutText(foldSearch(attributes[attribute] ?? ''), valueLength)
              return [`${attribute} ${value}`, { poolId, attribute, value, userId: id }]
            }),
        )
      const [had, has] = [rowsOfUser(before), rowsOfUser(after)]
      return [
        ...[...had].filter(([row]) => !has.has(row)).map(([, row]) => rows.remove(row)),
        ...[...has].filter(([row]) => !had.has(row)).map(([, row]) => rows.put(row)),
      ]
    },
  }
}
