// A signer of requests written by itself from the rules of AWS Signature Version 4, for tests that send what no SDK
// would: a signature with one thing wrong, a body that is no JSON.
import { createHash, createHmac } from 'node:crypto'
import { targetOf } from '../packages/server/src/wire/target.ts'

/** An access key. */
export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** What is signed, and how; what is absent is as it should be. */
export type Signing = {
  readonly key: AccessKey
  readonly operation: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly region?: string
  readonly service?: string
  readonly signedAt?: Date
  readonly signedHeaders?: readonly string[]
  readonly sessionToken?: string
}

const hash = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The headers of an unsigned request to the API. */
export const plainHeaders = (operation: string): Record<string, string> => ({
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': targetOf(operation),
})

/** The headers of a signed request to the API, host aside. */
export const signedHeaders = (url: string, signing: Signing): Record<string, string> => {
  const { key, operation, body, region = 'zz-local-1', service = 'cognito-idp', signedAt = new Date() } = signing
  const date = signedAt.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const headers: Record<string, string> = { ...plainHeaders(operation), 'x-amz-date': date }
  if (signing.sessionToken !== undefined) headers['x-amz-security-token'] = signing.sessionToken
  const all: Record<string, string> = { ...headers, host: new URL(url).host }
  const names = (signing.signedHeaders ?? Object.keys(all)).toSorted()
  const list = names.join(';')
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${all[name]}`), '', list, hash(body)].join('\n')
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n')
  const secret = mac(mac(mac(mac(`AWS4${key.secretAccessKey}`, date.slice(0, 8)), region), service), 'aws4_request')
  const signature = mac(secret, text).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`
  return { ...headers, authorization }
}
