// Which transports a server has, and the worker that uses them.
import type { Context } from '../context.ts'
import { smtpTransport } from './smtp.ts'
import type { Transports } from './transport.ts'
import { startDelivery, type Delivery } from './worker.ts'

const smtpTimeoutMilliseconds = 30_000
const pollMilliseconds = 500

/**
 * Starts delivery. Without a mail server the development server sends nothing: its mailbox shows the outbox itself.
 *
 * @returns undefined when there is nothing to deliver by
 */
export const deliveryOf = (context: Context): { delivery: Delivery; close: () => void } | undefined => {
  const { smtpUrl, mailFrom } = context.settings
  if (smtpUrl === undefined) return undefined
  const email = smtpTransport({ url: smtpUrl, from: mailFrom, timeoutMilliseconds: smtpTimeoutMilliseconds })
  const transports: Transports = { email }
  return { delivery: startDelivery({ context, transports, pollMilliseconds }), close: () => email.close() }
}
