// Which transports a server has, and the worker that uses them.
import type { Context } from '../context.ts'
import { smsWebhook } from './sms-webhook.ts'
import { smtpTransport } from './smtp.ts'
import { snsTransport } from './sns.ts'
import type { Transport } from './transport.ts'
import { startDelivery, type Delivery, type DeliveryOptions } from './worker.ts'

const smtpTimeoutMilliseconds = 30_000
const smsTimeoutMilliseconds = 10_000
const pollMilliseconds = 500

/** What a server may add to its delivery. */
export type DeliveryExtras = {
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
  { noted = () => {} }: DeliveryExtras = {},
): { delivery: Delivery; close: () => void } | undefined => {
  const { smtpUrl, smtpRequireTls: requireTls, mailFrom: from, mode } = context.settings
  const sms = smsOf(context)
  if (mode === 'dev' && smtpUrl === undefined && !sms) return undefined
  const email =
    smtpUrl === undefined
      ? undefined
      : smtpTransport({ url: smtpUrl, requireTls, from, timeoutMilliseconds: smtpTimeoutMilliseconds })
  const delivery = startDelivery({ context, transports: { email, sms }, pollMilliseconds, noted })
  const close = (): void => {
    email?.close()
    sms?.close()
  }
  return { delivery, close }
}

// Without a way for text messages they wait.
const smsOf = ({ settings: { sms }, clock }: Context): Transport | undefined => {
  if (!sms) return undefined
  const timeoutMilliseconds = smsTimeoutMilliseconds
  return sms.by === 'sns'
    ? snsTransport({ ...sms, timeoutMilliseconds, clock })
    : smsWebhook({ ...sms, timeoutMilliseconds, clock })
}
