// Delivery: chooses the transports of a server and starts the worker that uses them.
import type { Context } from '../context.ts'
import { smsWebhook } from './sms-webhook.ts'
import { smtpTransport } from './smtp.ts'
import { snsTransport } from './sns.ts'
import type { Transport } from './transport.ts'
import { startDelivery, type Delivery, type DeliveryOptions } from './worker.ts'

const smtpTimeoutMilliseconds = 30_000
const smsTimeoutMilliseconds = 10_000
const pollMilliseconds = 500

/** Optional parts of delivery. */
export type DeliveryExtras = {
  /** Called after each try, with its result. */
  readonly noted?: DeliveryOptions['noted']
}

/**
 * Starts delivery. Without a mail server, the development server sends nothing, because its mailbox shows the outbox; the
 * production server lets messages wait, and says so in the log.
 *
 * @returns undefined when the development server has no transport
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

// Without a transport for SMS, text messages wait.
const smsOf = ({ settings: { sms }, clock }: Context): Transport | undefined => {
  if (!sms) return undefined
  const timeoutMilliseconds = smsTimeoutMilliseconds
  return sms.by === 'sns'
    ? snsTransport({ ...sms, timeoutMilliseconds, clock })
    : smsWebhook({ ...sms, timeoutMilliseconds, clock })
}
