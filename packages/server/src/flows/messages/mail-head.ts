// Whom a pool's mail comes from and is answered to. A key that is limited to one pool must not be able to send in the name
// of others: where mail leaves by the operator's server, a pool's sender is of the domain of --mail-from
// (protocol/administration 5.4).
import type { Context } from '../../context.ts'
import { domainOf, readSender, senderOf, type MailSender } from '../../rules/mail-sender.ts'
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { Pool } from '../../store/index.ts'

/** What a mail says of itself beside subject and body; what is absent is the server's own. */
export type MailHead = {
  readonly from?: MailSender
  /** An address. */
  readonly replyTo?: string
  /** The configuration set of Amazon SES, for a mail server that is one of SES. */
  readonly configurationSet?: string
}

/**
 * Whether a pool's sender is one that this server may not send from.
 *
 * @returns the domain that it would have to be of, or undefined where nothing is wrong
 */
export const foreignSender = (
  { mode, smtpUrl, mailFrom }: Pick<Context['settings'], 'mode' | 'smtpUrl' | 'mailFrom'>,
  emailConfiguration: PoolSettings['emailConfiguration'],
): string | undefined => {
  const sender = senderOf(emailConfiguration)
  const own = readSender(mailFrom)
  if (!sender || !own || mode === 'dev' || smtpUrl === undefined) return undefined
  return domainOf(sender) === domainOf(own) ? undefined : domainOf(own)
}

/** The head of a pool's mail. A sender that the server may no longer send from is left out, and the log says so. */
export const mailHead = ({ settings, log }: Context, { id, settings: { emailConfiguration } }: Pool): MailHead => {
  const { replyToEmailAddress: replyTo, configurationSet } = emailConfiguration
  const foreign = foreignSender(settings, emailConfiguration)
  if (foreign !== undefined)
    log.warn({ pool: id }, `the sender of this pool is not of ${foreign}: its mail comes from --mail-from`)
  const from = foreign === undefined ? senderOf(emailConfiguration) : undefined
  return {
    ...(from === undefined ? {} : { from }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(configurationSet === undefined ? {} : { configurationSet }),
  }
}
