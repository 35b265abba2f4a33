// AWS Signature Version 4: reads the Authorization header and verifies the signature against an access key (AWS General
// Reference, "Signing AWS API requests"; requirement 82). Presigned query strings are not accepted.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import type { Incoming } from '../http/exchange.ts'

/** The content of an Authorization header. */
export type Signature = {
  readonly accessKeyId: string
  /** The day of the scope, YYYYMMDD. */
  readonly day: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** An access key, with the parts that verification needs. */
export type AwsAccessKey = {
  readonly secret: string
  readonly enabled: boolean
  /** The reason why the key may not call an operation on a pool, or on no pool; undefined if it may (requirement 83). */
  forbidden(operation: string, poolId: string | undefined): string | undefined
}

/** Finds an access key; undefined when no key has that id. */
export type FindKey = (accessKeyId: string) => Promise<AwsAccessKey | undefined>

const algorithm = 'AWS4-HMAC-SHA256'
const skewMinutes = 5
const arrivalMilliseconds = 2000

/**
 * Verifies the signature of a request to the API. It computes the hash of the body itself and ignores any header for it.
 *
 * @param region - the only Region that a scope may name
 * @param now - epoch milliseconds
 * @throws ServiceError MissingAuthenticationTokenException, IncompleteSignatureException, UnrecognizedClientException
 * or InvalidSignatureException
 */
export const verifySignature = async (
  incoming: Incoming,
  region: string,
  now: number,
  findKey: FindKey,
): Promise<{ signature: Signature; key: AwsAccessKey }> => {
  const signature = readSignature(incoming.header('authorization'))
  const { name, date, instantAt } = signedDate(incoming)
  if (incoming.header('x-amz-security-token') !== undefined) throw unrecognized('a session token: none is ever issued')
  const key = await findKey(signature.accessKeyId)
  if (!key) throw unrecognized('there is no such access key')
  if (!key.enabled) throw unrecognized('the access key is disabled')
  checkScope(signature, date, region)
  checkSkew(date, instantAt, now)
  checkSignedHeaders(signature, name)
  if (!sameText(signatureOf(incoming, signature, date, key.secret), signature.signature))
    throw invalidSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  return { signature, key }
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const invalidSignature = (message: string): ServiceError => new ServiceError('InvalidSignatureException', message)

const incomplete = (message: string): ServiceError => new ServiceError('IncompleteSignatureException', message)

const unrecognized = (reason: string): ServiceError =>
  new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.', reason)

/**
 * Reads the Authorization header.
 *
 * @throws ServiceError MissingAuthenticationTokenException when the header is absent or of another kind,
 * IncompleteSignatureException when a part is missing or malformed
 */
export const readSignature = (authorization: string | undefined): Signature => {
  if (authorization === undefined || !authorization.startsWith(algorithm))
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const parts = new Map<string, string>()
  for (const part of authorization.slice(algorithm.length).split(',')) {
    const equals = part.indexOf('=')
    if (equals !== -1) parts.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const part = (name: string): string => {
    const value = parts.get(name)
    if (!value) throw incomplete(`Authorization header requires '${name}' parameter.`)
    return value
  }
  const credential = part('Credential')
  const [accessKeyId = '', day = '', region = '', service = '', terminator = '', ...rest] = credential.split('/')
  const sound = accessKeyId !== '' && /^\d{8}$/.test(day) && /^[a-z0-9-]{1,32}$/.test(region) && service !== ''
  if (!sound || terminator !== 'aws4_request' || rest.length > 0)
    throw incomplete('Credential must have the form <access key id>/<YYYYMMDD>/<region>/<service>/aws4_request.')
  const signedHeaders = part('SignedHeaders').split(';')
  return { accessKeyId, day, region, service, signedHeaders, signature: part('Signature') }
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The canonical form of a query: decoded, encoded in the AWS way, sorted by name, then by value. */
export const canonicalQuery = (query: string): string =>
  query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [encode(decode(name)), encode(decode(value.join('=')))] as const
    })
    .toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&')

/** The canonical request. The path is taken as it is, because the service is called at `/`. */
export const canonicalRequest = (incoming: Incoming, signedHeaders: readonly string[]): string => {
  const headers = signedHeaders.map((name) => {
    const value = incoming.header(name) ?? ''
    return `${name}:${value.trim().replace(/\s+/g, ' ')}\n`
  })
  return [
    incoming.method,
    incoming.path,
    canonicalQuery(incoming.query),
    headers.join(''),
    signedHeaders.join(';'),
    sha256(incoming.body),
  ].join('\n')
}

/** Derives the signing key of one day, Region and service. */
export const signingKey = (secret: string, day: string, region: string, service: string): Buffer =>
  hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request')

/**
 * The signature of a request.
 *
 * @param date - the request's X-Amz-Date, YYYYMMDDTHHMMSSZ
 * @returns lower-case hexadecimal
 */
export const signatureOf = (incoming: Incoming, signature: Signature, date: string, secret: string): string => {
  const { day, region, service, signedHeaders } = signature
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = [algorithm, date, scope, sha256(canonicalRequest(incoming, signedHeaders))].join('\n')
  return hmac(signingKey(secret, day, region, service), text).toString('hex')
}

const compact = (instantAt: number): string => new Date(instantAt).toISOString().replace(/[-:]|\.\d{3}/g, '')

/** The instant of a compact date in epoch milliseconds, or undefined when there is no such date. */
const instantOf = (date: string): number | undefined => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  const instantAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(instantAt) ? undefined : instantAt
}

/** The date of a signature, in compact form: X-Amz-Date, or Date if that is absent. */
const signedDate = (incoming: Incoming): { name: string; date: string; instantAt: number } => {
  const amzDate = incoming.header('x-amz-date')
  const date = incoming.header('date')
  if (amzDate === undefined && date === undefined)
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  const instantAt = amzDate === undefined ? Date.parse(date ?? '') : instantOf(amzDate)
  if (instantAt === undefined || Number.isNaN(instantAt)) throw incomplete('Date must be in ISO-8601 "basic format".')
  return { name: amzDate === undefined ? 'date' : 'x-amz-date', date: amzDate ?? compact(instantAt), instantAt }
}

const checkSkew = (date: string, instantAt: number, now: number): void => {
  const skew = skewMinutes * 60_000
  const bound = (at: number, sign: string) => `${compact(at)} (${compact(now)} ${sign} ${skewMinutes} min.)`
  if (instantAt <= now - skew)
    throw invalidSignature(`Signature expired: ${date} is now earlier than ${bound(now - skew, '-')}`)
  // A date is truncated to the second, and the request takes time to arrive: a date five minutes ahead arrives as slightly
  // less.
  if (instantAt >= now + skew - arrivalMilliseconds)
    throw invalidSignature(`Signature not yet current: ${date} is still later than ${bound(now + skew, '+')}`)
}

const checkSignedHeaders = (signature: Signature, dateHeader: string): void => {
  for (const name of ['host', dateHeader, 'x-amz-target'])
    if (!signature.signedHeaders.includes(name))
      throw invalidSignature(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
}

const checkScope = (signature: Signature, date: string, region: string): void => {
  if (signature.service !== 'cognito-idp')
    throw invalidSignature("Credential should be scoped to correct service: 'cognito-idp'.")
  if (signature.region !== region) throw invalidSignature(`Credential should be scoped to a valid region: '${region}'.`)
  if (signature.day !== date.slice(0, 8))
    throw invalidSignature('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.')
}

const sameText = (left: string, right: string): boolean => {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}
