// AWS Signature Version 4 for one kind of request: a POST with a JSON body to the service cognito-idp.
import { hmac, sha256, toHex, utf8 } from './bytes.ts'

/** An access key of an administrator, made by the command line of Poolkeeper, or by IAM on AWS. */
export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The request to sign. Header names are in lower case; `host` and `x-amz-date` are added here. */
export type SignableRequest = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly region: string
  /** Epoch milliseconds. */
  readonly now: number
}

const algorithm = 'AWS4-HMAC-SHA256'

const hashed = async (text: string): Promise<string> => toHex(await sha256(utf8(text)))

const canonical = async (url: URL, headers: readonly (readonly [string, string])[], body: string): Promise<string> =>
  [
    'POST',
    url.pathname.split('/').map(encodeURIComponent).join('/'),
    '',
    ...headers.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    headers.map(([name]) => name).join(';'),
    await hashed(body),
  ].join('\n')

/** The headers that sign a request, to be sent with its others: `authorization`, `x-amz-date` and the session token. */
export const signed = async (
  { url, headers, body, region, now }: SignableRequest,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Promise<Record<string, string>> => {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = [time.slice(0, 8), region, 'cognito-idp', 'aws4_request']
  const added = { 'x-amz-date': time, ...(sessionToken && { 'x-amz-security-token': sessionToken }) }
  const all = Object.entries({ ...headers, ...added, host: url.host }).sort(([a], [b]) => (a < b ? -1 : 1))
  const request = await canonical(url, all, body)
  const text = [algorithm, time, scope.join('/'), await hashed(request)].join('\n')
  let key = utf8(`AWS4${secretAccessKey}`)
  for (const part of scope) key = await hmac(key, utf8(part))
  const signature = toHex(await hmac(key, utf8(text)))
  const names = all.map(([name]) => name).join(';')
  const authorization = `${algorithm} Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature}`
  return { ...added, authorization }
}
