// SMS by a web hook: posts the message as JSON to the operator's URL, which sends it. The body and the time are signed
// (HMAC-SHA-256), so that the receiver can verify the sender and refuse a replay.
import { createHmac } from 'node:crypto'
import { Unreachable, type Transport } from './transport.ts'
import type { Clock } from '../clock.ts'

/** The settings of the web hook. */
export type SmsWebhookOptions = {
  readonly url: string
  /** Key of the signature, as text. */
  readonly key: string
  readonly timeoutMilliseconds: number
  readonly clock: Clock
}

/** The statuses of a receiver that accepts no message now. */
const down = new Set([429, 502, 503, 504])

/**
 * A transport that posts `{id, to, body}`. The header `x-poolkeeper-signature` is `t=<epoch seconds>,v1=<hex>`, the
 * HMAC of the seconds, a dot and the body. `id` is the same for each try. Redirects are not followed.
 */
export const smsWebhook = ({ url, key, timeoutMilliseconds, clock }: SmsWebhookOptions): Transport => ({
  send: async ({ id, to, body: text }, signal) => {
    const body = JSON.stringify({ id, to, body: text })
    const seconds = Math.floor(clock.now() / 1000)
    const mac = createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-poolkeeper-signature': `t=${seconds},v1=${mac}` }
    const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)])
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: ends }).catch(
      (error: unknown) => {
        throw new Unreachable('no SMS hook', { cause: error })
      },
    )
    await response.body?.cancel()
    if (down.has(response.status)) throw new Unreachable('the SMS hook is down')
    if (!response.ok) throw new Error(`the SMS hook answered ${response.status}`)
  },
  close: () => {},
})
