// Who may call an operation (spec: authentication 1.A; requirements 81, 82, 84). What the model does not list as open
// needs a signature; an open operation looks at none.
import type { Settings } from '../config.ts'
import type { Clock } from '../context.ts'
import type { Incoming } from './exchange.ts'
import { operationShapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'
import { readSignature, verifySignature } from './sigv4.ts'
import type { FindKey } from './sigv4.ts'

/** What authority is decided by. */
export type AuthorityContext = { readonly settings: Settings; readonly clock: Clock }

const openClasses: readonly string[] = ['none', 'accessToken', 'accessTokenOrSession']

/** Whether an operation may be called without a signature. An access token or a session is the operation's matter. */
export const isOpen = (operation: OperationName): boolean => openClasses.includes(operationShapes[operation].auth)

/**
 * Checks the caller's authority over an operation. The development server takes any credentials, but wants some.
 *
 * @returns the Region the request belongs to: that of the signing scope, or the server's own
 * @throws ServiceError as `verifySignature` does
 */
export const checkAuthority = async (
  operation: OperationName,
  incoming: Incoming,
  { settings, clock }: AuthorityContext,
  findKey: FindKey,
): Promise<string> => {
  if (isOpen(operation)) return settings.region
  if (settings.mode === 'dev') return readSignature(incoming.header('authorization')).region
  return (await verifySignature(incoming, settings.region, clock.now(), findKey)).region
}
