// SMS by Publish of Amazon SNS, or of a compatible service: the AWS Query protocol, signed by Signature Version 4. All
// requests go to the operator's endpoint.
import { createHash, createHmac } from 'node:crypto'
import { Unreachable, type Transport } from './transport.ts'
import type { Clock } from '../clock.ts'

/** The endpoint, and the access key that signs requests. */
export type SnsOptions = {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly timeoutMilliseconds: number
  readonly clock: Clock
}

/** A transport that publishes each message to its phone number. Redirects are not followed. */
export const snsTransport = (options: SnsOptions): Transport => {
  const url = new URL(options.endpoint)
  return {
    send: async ({ to, body: text }, signal) => {
      const body = published(to, text)
      const ends = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMilliseconds)])
      const headers = signed(options, url, body)
      const unreachable = (cause: unknown): never => {
        throw new Unreachable('no SNS endpoint', { cause })
      }
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: ends }).catch(
        unreachable,
      )
      const answer = (await response.text().catch(unreachable)).slice(0, answerLength)
      if (response.ok) return
      const code = /<Code>([A-Za-z.]{1,64})<\/Code>/.exec(answer)?.[1] ?? ''
      const said = Object.assign(new Error(`the SNS endpoint answered ${response.status}`), { code: code || undefined })
      if (ofTheService(response.status, code)) throw new Unreachable('the SNS endpoint takes nothing', { cause: said })
      throw said
    },
    close: () => {},
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

const contentType = 'application/x-www-form-urlencoded; charset=utf-8'

/** The headers of a signed request (AWS General Reference, "Signing AWS API requests"). */
const signed = (
  { region, accessKeyId, secretAccessKey, clock }: SnsOptions,
  { host, pathname }: URL,
  body: string,
): Record<string, string> => {
  const date = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const scope = [date.slice(0, 8), region, 'sns', 'aws4_request']
  const names = 'content-type;host;x-amz-date'
  const headers = [`content-type:${contentType}`, `host:${host}`, `x-amz-date:${date}`, ''].join('\n')
  const path = pathname.split('/').map(encodeURIComponent).join('/')
  const request = ['POST', path, '', headers, names, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(request)].join('\n')
  const key = scope.reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secretAccessKey}`)
  const credential = `${accessKeyId}/${scope.join('/')}`
  return {
    'content-type': contentType,
    'x-amz-date': date,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${hmac(key, text).toString('hex')}`,
  }
}

const published = (to: string, message: string): string =>
  new URLSearchParams({
    Action: 'Publish',
    Version: '2010-03-31',
    PhoneNumber: to,
    Message: message,
    'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
  }).toString()

/** Whether every message would be refused now: because of the key, the rate or the service. */
const ofTheService = (status: number, code: string): boolean =>
  status >= 500 || status === 429 || status === 403 || /^(?:Throttl|RequestLimitExceeded|KMSThrottling)/.test(code)

/** The part of an answer that is searched for an error code, in characters. */
const answerLength = 4096
