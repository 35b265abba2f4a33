// Which transports a server has, and the worker that uses them.
import type { Context } from '../context.ts'
import { smtpTransport } from './smtp.ts'
import type { Transport } from './transport.ts'
import { startDelivery, type Delivery, type DeliveryOptions } from './worker.ts'

const smtpTimeoutMilliseconds = 30_000
const pollMilliseconds = 500

/** What a server may add to its delivery. */
export type DeliveryExtras = {
  /** Sends SMS; without it they wait. */
  readonly sms?: Transport | undefined
  /** Told how each try ended. */
  readonly noted?: DeliveryOptions['noted']
}

/**
 * Starts delivery. Without a mail server the development server sends nothing: its mailbox shows the outbox itself.
 * The production server lets its messages wait then, and says so in the log.
 *
 * @returns undefined when there is nothing to deliver by
 */
export const deliveryOf = (
  context: Context,
  { sms, noted = () => {} }: DeliveryExtras = {},
): { delivery: Delivery; close: () => void } | undefined => {
  const { smtpUrl, mailFrom, mode } = context.settings
  if (mode === 'dev' && smtpUrl === undefined && !sms) return undefined
  const email =
    smtpUrl === undefined
      ? undefined
      : smtpTransport({ url: smtpUrl, from: mailFrom, timeoutMilliseconds: smtpTimeoutMilliseconds })
  const delivery = startDelivery({ context, transports: { email, sms }, pollMilliseconds, noted })
  const close = (): void => {
    email?.close()
    sms?.close()
  }
  return { delivery, close }
}
