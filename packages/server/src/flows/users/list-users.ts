// Lists users. A filter becomes one range of one index and a page starts after the last row of the previous one, so
// that no list scans a table (protocol/administration 4.3; requirement 94).
import type { RequestContext } from '../../context.ts'
import { parseFilter, type Filter } from '../../rules/filter.ts'
import { foldSearch } from '../../rules/search-fold.ts'
import type { Pool, User, UserCursor, UserPage } from '../../store/index.ts'
import { readPage, writePage } from '../paging.ts'

/** A request for a page of users. */
export type Listing = {
  readonly pool: Pool
  readonly filter: string | undefined
  readonly limit: number
  readonly page: string | undefined
}

type Range = Pick<UserPage, 'by' | 'low' | 'high'>

/** Appended to a prefix, this character makes the upper bound of all texts with that prefix, in byte order. */
const last = '\u{10FFFF}'

const everybody: Range = { by: 'id', low: '', high: last }

/**
 * Lists users.
 *
 * @returns one page, and the token of the next one when there is more
 * @throws ServiceError InvalidParameterException for a bad filter or token
 */
export const listUsers = async (
  context: RequestContext,
  { pool, filter: text, limit, page }: Listing,
): Promise<{ users: User[]; next: string | undefined }> => {
  const filter = parseFilter(text ?? '')
  const pageScope = { operation: 'ListUsers', scope: [pool.id, text ?? ''] }
  const from = readPage(context, pageScope, page) as UserCursor | undefined
  const range = filter ? rangeOf(filter) : everybody
  if (!range) return { users: [], next: undefined }
  const cursor = from ?? { value: range.low, userId: '' }
  const { users, next } = await context.store.users.list(pool.id, { ...range, cursor, limit })
  return { users, next: next && writePage(context, pageScope, next) }
}

const textRange = (by: UserPage['by'], { operator, value }: Filter): Range => ({
  by,
  low: value,
  high: operator === '=' ? value : value + last,
})

const statuses = ['Disabled', 'Enabled'] as const

// `status` is Enabled or Disabled, with capitals; a prefix may match one, both or neither.
const enabledRange = ({ operator, value }: Filter): Range | undefined => {
  const fitting = statuses.flatMap((status, index) =>
    (operator === '=' ? status === value : status.startsWith(value)) ? [index] : [],
  )
  const [low] = fitting
  return low === undefined ? undefined : { by: 'enabled', low, high: fitting.at(-1) ?? low }
}

// The index range of a filter; undefined when no user can match. Only `username` and `status` are compared with case.
const rangeOf = (filter: Filter): Range | undefined => {
  const { attribute, value } = filter
  if (value === '') return undefined
  if (attribute === 'status') return enabledRange(filter)
  if (attribute === 'sub') return textRange('id', { ...filter, value: value.toLowerCase() })
  if (attribute === 'username') return textRange('username', filter)
  if (attribute === 'cognito:user_status') return textRange('status', { ...filter, value: value.toUpperCase() })
  return textRange(attribute, { ...filter, value: foldSearch(value) })
}
