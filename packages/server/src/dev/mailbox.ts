// The development mailbox: shows the messages of the outbox, which the development server does not send.
import { html } from 'hono/html'
import type { Context } from '../context.ts'
import { page, type Html } from '../html/layout.ts'
import type { Message } from '../store/index.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

/** A message, as the mailbox shows it. */
export type Mail = {
  readonly to: string
  /** The sender, where the pool names one. */
  readonly from?: string
  /** The address for answers, where the pool names one. */
  readonly replyTo?: string
  readonly subject: string
  readonly body: string
  readonly channel: 'email' | 'sms'
  /** ISO 8601. */
  readonly sentAt: string
}

const shown = 100

/** The newest messages, newest first: those to one address, or all. */
export const readMailbox = async (context: Context, to: string | undefined): Promise<Mail[]> =>
  (await context.store.outbox.newest(to, shown)).map((message) => mailOf(context, message))

/** The other content of the page: the address that was asked for, and how far the clock is ahead of real time. */
type Shown = { readonly to: string | undefined; readonly clockAheadSeconds: number }

/** The mailbox as a page. */
export const mailboxPage = (mail: readonly Mail[], { to, clockAheadSeconds }: Shown): Html =>
  page(
    'Mailbox',
    html`<h1>Mailbox</h1>
      <form class="row" action="/_poolkeeper/mailbox" method="get">
        <label>Address <input type="text" name="to" value="${to ?? ''}" /></label>
        <button type="submit">Show</button>
      </form>
      ${clockAheadSeconds > 0 ? html`<p class="quiet">The clock of this server is ${clockAheadSeconds} s ahead of real time.</p>` : ''}
      ${mail.length === 0 ? html`<p class="quiet">No messages${to ? ' to this address' : ' yet'}.</p>` : mail.map(article)}`,
  )

const mailOf = ({ keys }: Context, message: Message): Mail => {
  const content = JSON.parse(keys.seal.openRow(message.content, sealedPlaces.message(message)).toString('utf8')) as {
    subject: string
    body: string
    from?: { name: string; address: string }
    replyTo?: string
  }
  const { recipient: to, channel, createdAt } = message
  const { subject, body, from, replyTo } = content
  return {
    to,
    ...(from === undefined ? {} : { from: from.name ? `${from.name} <${from.address}>` : from.address }),
    ...(replyTo === undefined ? {} : { replyTo }),
    subject,
    body,
    channel,
    sentAt: new Date(createdAt).toISOString(),
  }
}

const article = (mail: Mail): Html => {
  const { subject, body, channel, sentAt } = mail
  return html`<article>
    <h2>${channel === 'sms' ? 'SMS' : subject}</h2>
    <p class="quiet">${headOf(mail)}, <time datetime="${sentAt}">${sentAt.replace('T', ' ').slice(0, 19)} UTC</time></p>
    <p class="body">${body}</p>
  </article>`
}

const headOf = ({ to, from, replyTo }: Mail): string =>
  [`to ${to}`, from && `from ${from}`, replyTo && `answers to ${replyTo}`].filter(Boolean).join(', ')
