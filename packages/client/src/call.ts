// Calls the service: AWS JSON 1.1 over fetch, signed if there are credentials (protocol/authentication 1).
import { signed, type Credentials } from './sigv4.ts'

/** An answer of the service that is not a state: a wrong setting, a fault, an outage. */
export class PoolError extends Error {
  /** The exception's name, such as `ResourceNotFoundException`; `HTTP 502` if the answer has none. */
  override readonly name: string
  /** The HTTP status. */
  readonly status: number
  /** The id to quote when asking the service's operator. */
  readonly requestId: string | undefined

  constructor(name: string, message: string, status: number, requestId?: string) {
    super(message)
    this.name = name
    this.status = status
    this.requestId = requestId
  }
}

/** The endpoint and the credentials of calls. */
export type Caller = {
  readonly endpoint: string
  readonly region: string
  readonly credentials: Credentials | undefined
  readonly fetch: typeof globalThis.fetch
  /** The present instant, in epoch milliseconds. */
  readonly now: () => number
}

const cognito = 'AWSCognitoIdentityProviderService'

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text || '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * The error of a refused call: its name from the header or the body, as the AWS SDKs read it
 * (protocol/authentication 1.4 to 1.6).
 */
const errorOf = (response: Response, body: Record<string, unknown>): PoolError => {
  const { status, headers } = response
  const named = headers.get('x-amzn-errortype') ?? body['__type'] ?? body['code'] ?? `HTTP ${status}`
  const name = String(named).split('#').at(-1)?.split(/[:,]/)[0] ?? ''
  const message = body['message'] ?? body['Message'] ?? headers.get('x-amzn-errormessage') ?? name
  return new PoolError(name, String(message), status, headers.get('x-amzn-requestid') ?? undefined)
}

/**
 * Calls an operation, signed when the caller has credentials.
 *
 * @param operation - its name; an extension has a service name before it, such as `Poolkeeper.CreateRecoveryCodes`
 * @returns the answer's body, whose shape is not checked
 * @throws PoolError when the service refuses; the error of `fetch` when there is no answer
 */
export const call = async <Output>(caller: Caller, operation: string, input: object): Promise<Output> => {
  const url = new URL(caller.endpoint)
  const target = operation.includes('.') ? operation : `${cognito}.${operation}`
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  const body = JSON.stringify(input)
  const { region, credentials } = caller
  const signature = credentials && (await signed({ url, headers, body, region, now: caller.now() }, credentials))
  const response = await caller.fetch(url, { method: 'POST', headers: { ...headers, ...signature }, body })
  const answer = parsed(await response.text())
  if (!response.ok) throw errorOf(response, answer ?? {})
  if (!answer) throw new PoolError('SerializationException', 'The answer is not JSON.', response.status)
  return answer as Output
}
