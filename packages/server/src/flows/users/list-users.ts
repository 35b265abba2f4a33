// ListUsers: a filter becomes one range of one index, a page goes on behind its last row, and nothing is scanned
// (protocol/administration 4.3; requirement 94).
import type { RequestContext } from '../../context.ts'
import { parseFilter, type Filter } from '../../rules/filter.ts'
import { foldSearch } from '../../rules/search-fold.ts'
import type { Pool, User, UserCursor, UserPage } from '../../store/index.ts'
import { readPage, writePage } from '../paging.ts'

/** What is listed. */
export type Listing = {
  readonly pool: Pool
  readonly filter: string | undefined
  readonly limit: number
  readonly page: string | undefined
}

type Range = Pick<UserPage, 'by' | 'low' | 'high'>

/** The last of all texts that begin with a prefix, as bytes are compared. */
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

// `status` is Enabled or Disabled, with capitals; a prefix may fit one, both or neither.
const enabledRange = ({ operator, value }: Filter): Range | undefined => {
  const fitting = statuses.flatMap((status, index) =>
    (operator === '=' ? status === value : status.startsWith(value)) ? [index] : [],
  )
  const [low] = fitting
  return low === undefined ? undefined : { by: 'enabled', low, high: fitting.at(-1) ?? low }
}

// Which range of which index a filter means; undefined when it fits nobody. Case counts in `username` and `status` alone.
const rangeOf = (filter: Filter): Range | undefined => {
  const { attribute, value } = filter
  if (value === '') return undefined
  if (attribute === 'status') return enabledRange(filter)
  if (attribute === 'sub') return textRange('id', { ...filter, value: value.toLowerCase() })
  if (attribute === 'username') return textRange('username', filter)
  if (attribute === 'cognito:user_status') return textRange('status', { ...filter, value: value.toUpperCase() })
  return textRange(attribute, { ...filter, value: foldSearch(value) })
}
