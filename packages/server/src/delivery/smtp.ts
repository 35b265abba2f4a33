// E-mail by SMTP (RFC 5321), through nodemailer. Each message goes to exactly one address.
import { createTransport } from 'nodemailer'
import { Unreachable, type Transport } from './transport.ts'

/** The settings of the mail server. */
export type SmtpOptions = {
  /** smtp:// or smtps://, with a user and password if the server requires them. */
  readonly url: string
  /** Whether messages wait if the server offers no TLS (RFC 3207). */
  readonly requireTls: boolean
  readonly from: string
  /** How long the server may be silent, in milliseconds. */
  readonly timeoutMilliseconds: number
}

const connections = 5

/** By which Amazon SES takes the configuration set of a mail that comes by SMTP; other servers pass it on. */
const configurationSetHeader = 'X-SES-CONFIGURATION-SET'

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', nbsp: ' ', '#39': "'" }

/** A transport that speaks SMTP. It sends once; the worker repeats, with the same Message-ID. */
export const smtpTransport = ({ url, requireTls, from, timeoutMilliseconds }: SmtpOptions): Transport => {
  const mailer = createTransport({
    url,
    requireTLS: requireTls,
    pool: true,
    maxConnections: connections,
    // The worker repeats tries: it counts them and keeps the pauses.
    maxRequeues: 0,
    connectionTimeout: timeoutMilliseconds,
    greetingTimeout: timeoutMilliseconds,
    socketTimeout: timeoutMilliseconds,
    dnsTimeout: timeoutMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'poolkeeper.invalid'
  return {
    send: async ({ id, to, subject, body, html = false, replyTo, configurationSet, ...message }, signal) => {
      const mail = {
        from: message.from ? { ...message.from, address: oneAddress(message.from.address) } : from,
        to: { name: '', address: oneAddress(to) },
        subject: oneLine(subject),
        text: html ? withoutTags(body) : body,
        ...(html ? { html: body } : {}),
        messageId: `<${id}@${domain}>`,
        ...(replyTo === undefined ? {} : { replyTo: { name: '', address: oneAddress(replyTo) } }),
        headers: {
          'Auto-Submitted': 'auto-generated',
          ...(configurationSet === undefined ? {} : { [configurationSetHeader]: oneLine(configurationSet) }),
        },
        signal,
      }
      await mailer.sendMail(mail).catch((error: unknown) => {
        throw nameFault(error)
      })
    },
    close: () => mailer.close(),
  }
}

/** The plain text of an HTML body. */
const withoutTags = (body: string): string =>
  body
    .replaceAll(/<(?:br|\/p|\/div|\/h[1-6]|\/li)\b[^>]*>/gi, '\n')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(lt|gt|quot|amp|nbsp|#39);/g, (_, name: string) => entities[name] ?? '')

/** The error codes of nodemailer and the system that mean a fault of the server or the network. */
const ofTheServer =
  /^(?:ECONN|ETIMEDOUT$|ESOCKET$|EDNS$|ETLS$|EREQUIRETLS$|EPROTOCOL$|EAUTH$|ENOAUTH$|EPROXY$|ECONFIG$|ENOTFOUND$|EAI_AGAIN$|EHOST|ENET|EPIPE$)/

/** The reply of a server that accepts no mail now (RFC 5321, section 4.2.3). */
const closing = 421

const nameFault = (error: unknown): unknown => {
  const { code = '', responseCode } = error as { code?: string; responseCode?: number }
  return ofTheServer.test(code) || responseCode === closing
    ? new Unreachable('no mail server', { cause: error })
    : error
}

/** Refuses text that is not exactly one address, so that it cannot add recipients or headers (requirement 111). */
const oneAddress = (to: string): string => {
  if (/^[^\s@<>,;:"\\()[\]\p{C}]+@[^\s@<>,;:"\\()[\]\p{C}]+$/u.test(to)) return to
  throw new Error('a recipient or sender is not one plain address')
}

const oneLine = (subject: string): string => {
  if (!/[\r\n]/.test(subject)) return subject
  throw new Error('a line break in a subject')
}
