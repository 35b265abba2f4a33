// The sender and reply address of a pool's mail. An access key that is limited to one pool must not send mail in the
// name of others: when mail leaves through the operator's server, a pool's sender must have the domain of --mail-from
// (protocol/administration 5.4).
import type { Context } from '../../context.ts'
import { domainOf, readSender, senderOf, type MailSender } from '../../rules/mail-sender.ts'
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { Pool } from '../../store/index.ts'

/** The head of a mail, without the subject; absent members have the server's own values. */
export type MailHead = {
  readonly from?: MailSender
  /** The reply address. */
  readonly replyTo?: string
  /** The configuration set of Amazon SES, when the mail server belongs to SES. */
  readonly configurationSet?: string
}

/**
 * Checks whether this server may send mail from a pool's sender.
 *
 * @returns the domain that the sender must have, or undefined when the sender is allowed
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

/** The head of a pool's mail. A sender that is no longer allowed is left out, with a line in the log. */
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
