// E-mail by SMTP (RFC 5321), through nodemailer.
import { createTransport } from 'nodemailer'
import type { Transport } from './transport.ts'

/** How to reach the mail server. */
export type SmtpOptions = {
  /** smtp:// or smtps://, with user and password where the server asks for them. */
  readonly url: string
  readonly from: string
  /** How long the server may be silent, in milliseconds. */
  readonly timeoutMilliseconds: number
}

const hasTags = (body: string): boolean => /<[a-z][^>]*>/i.test(body)

const withoutTags = (body: string): string => body.replaceAll(/<[^>]*>/g, ' ')

/** A transport that speaks SMTP. */
export const smtpTransport = ({ url, from, timeoutMilliseconds }: SmtpOptions): Transport => {
  const mailer = createTransport({
    url,
    pool: true,
    maxConnections: 5,
    connectionTimeout: timeoutMilliseconds,
    greetingTimeout: timeoutMilliseconds,
    socketTimeout: timeoutMilliseconds,
    dnsTimeout: timeoutMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'poolkeeper.invalid'
  return {
    send: async ({ id, to, subject, body }) => {
      if (/[\r\n]/.test(to + subject)) throw new Error('a line break in an address or a subject')
      const html = hasTags(body) ? { html: body } : {}
      await mailer.sendMail({
        from,
        to: { name: '', address: to },
        subject,
        text: hasTags(body) ? withoutTags(body) : body,
        ...html,
        messageId: `<${id}@${domain}>`,
      })
    },
    close: () => mailer.close(),
  }
}
