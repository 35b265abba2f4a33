// Authority: decides whether a caller may call an operation (protocol/authentication 1.A; requirements 81 to 84). An
// operation that the model does not mark as open needs the signature of a key whose policy allows it. Open operations
// ignore signatures.
import type { Settings } from '../config.ts'
import type { RequestContext } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { cognitoArn } from '../rules/arn.ts'
import type { Incoming } from '../http/exchange.ts'
import { isLocalHost, isLocalOrigin } from '../http/origins.ts'
import { operationShapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'
import { readSignature, verifySignature } from './sigv4.ts'
import type { FindKey, AwsAccessKey } from './sigv4.ts'

/** The parts of the context that authority depends on. */
export type AuthorityContext = Pick<RequestContext, 'settings' | 'clock' | 'subject'>

/** The caller of an operation. */
export type ApiCaller = {
  /** The Region of the request: that of the signature's scope, or the server's Region. */
  readonly region: string
  /** The access key that signed; undefined if no signature was checked. */
  readonly signer: ({ readonly id: string } & Pick<AwsAccessKey, 'forbidden'>) | undefined
}

const openClasses: readonly string[] = ['none', 'accessToken', 'accessTokenOrSession']

/** Whether an operation may be called without a signature. The operation itself checks access tokens and sessions. */
export const isOpen = (operation: OperationName): boolean => openClasses.includes(operationShapes[operation].auth)

/**
 * Checks the caller's authority over an operation. The development server accepts any credentials, but requires some, and
 * only from this machine.
 *
 * @throws ServiceError as `verifySignature` does; ForbiddenException on the development server, for a page of another
 * site and for a host name that is not this machine's
 */
export const checkAuthority = async (
  operation: OperationName,
  incoming: Incoming,
  { settings, clock, subject }: AuthorityContext,
  findKey: FindKey,
): Promise<ApiCaller> => {
  if (isOpen(operation)) return { region: settings.region, signer: undefined }
  if (settings.mode === 'dev') {
    requireOwnMachine(incoming, settings)
    return { region: readSignature(incoming.header('authorization')).region, signer: undefined }
  }
  const findNamed: FindKey = (id) => {
    subject.accessKeyId = id.slice(0, 128)
    return findKey(id)
  }
  const { signature, key } = await verifySignature(incoming, settings.region, clock.now(), findNamed)
  const { accessKeyId, region } = signature
  return { region, signer: { id: accessKeyId, forbidden: key.forbidden } }
}

/**
 * Refuses pages of other sites that a developer's browser has open: they must not administer the development server. Their
 * requests carry a foreign Origin; if their name resolves to this machine (DNS rebinding), they carry a foreign Host.
 */
const requireOwnMachine = (
  { header }: Incoming,
  { publicUrl, allowedOrigins }: Pick<Settings, 'publicUrl' | 'allowedOrigins'>,
): void => {
  const own = new URL(publicUrl)
  const host = header('host') ?? ''
  if (!isLocalHost(host) && host !== own.host)
    throw new ServiceError(
      'ForbiddenException',
      `The development server takes signed operations at a Host of this machine, such as localhost, not at ${host.slice(0, 256)}. Another name is allowed by --public-url.`,
    )
  const origin = header('origin')
  if (origin === undefined || isLocalOrigin(origin) || [own.origin, ...allowedOrigins].includes(origin)) return
  throw new ServiceError(
    'ForbiddenException',
    `The development server takes signed operations from pages of this machine, not from ${origin.slice(0, 256)}. Another origin is allowed by --allow-origin.`,
  )
}

const poolArn = /^arn:[\w-]+:cognito-idp:[\w-]*:\d+:userpool\/([\w-]+_[0-9a-zA-Z]+)$/

/** The pool that an input names, by its id or by its ARN. */
export const poolOf = (input: object): string | undefined => {
  if ('UserPoolId' in input) return typeof input.UserPoolId === 'string' ? input.UserPoolId : undefined
  if ('ResourceArn' in input && typeof input.ResourceArn === 'string') return poolArn.exec(input.ResourceArn)?.[1]
  return undefined
}

/**
 * Checks the policy of the key that signed (requirement 83). A key that is limited to pools may not call an operation that
 * names no pool, such as CreateUserPool and ListUserPools.
 *
 * @param input - the validated input
 * @throws ServiceError AccessDeniedException
 */
export const checkPolicy = (
  operation: OperationName,
  input: object,
  { region, signer }: ApiCaller,
  accountId: string,
): void => {
  const poolId = poolOf(input)
  const reason = signer?.forbidden(operation, poolId)
  if (signer === undefined || reason === undefined) return
  const action = `${operationShapes[operation].service?.toLowerCase() ?? 'cognito-idp'}:${operation}`
  const resource = poolId === undefined ? '*' : cognitoArn(region, accountId, `userpool/${poolId}`)
  throw new ServiceError(
    'AccessDeniedException',
    `User: ${signer.id} is not authorized to perform: ${action} on resource: ${resource}`,
    reason,
  )
}
