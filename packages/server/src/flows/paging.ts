// Page tokens: the sealed start of the next page. A token is valid for one hour, and only for the list that it was made
// for (protocol/administration 4.3; requirement 93).
import type { RequestContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'

/** The list that a token belongs to. */
export type PageScope = {
  readonly operation: string
  /** The values that identify the list: pool, filter, order. */
  readonly scope: readonly unknown[]
}

const lifetimeMilliseconds = 3_600_000

/**
 * Writes the token of the next page.
 *
 * @param key - the key after which the next page begins; any JSON value
 */
export const writePage = ({ keys, clock }: RequestContext, scope: PageScope, key: unknown): string =>
  keys.seal.seal(JSON.stringify({ key, scope: scopeText(scope), until: clock.now() + lifetimeMilliseconds }), 'page')

const scopeText = ({ operation, scope }: PageScope): string => JSON.stringify([operation, ...scope])

/**
 * Reads the token of a page.
 *
 * @returns the key that `writePage` got; undefined without a token
 * @throws ServiceError InvalidParameterException for a token that belongs to another list, has expired or was changed
 */
export const readPage = (
  { keys, clock, requestId }: RequestContext,
  scope: PageScope,
  token: string | undefined,
): unknown => {
  if (token === undefined) return undefined
  const invalid = (reason: string): Error =>
    invalidParameter(`Paging marker ${token.slice(0, 100)} is invalid for request ${requestId}.`, reason)
  const opened = ((): { key: unknown; scope: string; until: number } => {
    try {
      return JSON.parse(keys.seal.open(token, 'page').toString('utf8')) as {
        key: unknown
        scope: string
        until: number
      }
    } catch {
      throw invalid('this service did not write the token, or it was changed')
    }
  })()
  if (opened.scope !== scopeText(scope)) throw invalid('the token belongs to another list')
  if (opened.until <= clock.now()) throw invalid('the token has expired')
  return opened.key
}
