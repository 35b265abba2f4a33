// The sender of mail that a pool sets (protocol/administration 5.4).
import { isEmail } from './user-names.ts'

/** A sender of mail: an address, and the name that stands before it, or ''. */
export type MailSender = { readonly name: string; readonly address: string }

/** Reads a sender, such as `id@example.com` or `Example <id@example.com>`. @returns undefined for any other text */
export const readSender = (text: string): MailSender | undefined => {
  const [, name = '', address = text] = /^([^<>\p{Cc}]*)<([^<>]*)>\s*$/u.exec(text) ?? []
  return isEmail(address) ? { name: name.trim().replace(/^"(.*)"$/, '$1'), address } : undefined
}

/**
 * The sender that a pool names: From, or else the address that is the identity of SourceArn.
 *
 * @returns undefined if it names no address: the identity may be a domain
 */
export const senderOf = (settings: {
  readonly from?: string | undefined
  readonly sourceArn?: string | undefined
}): MailSender | undefined => {
  const { from, sourceArn } = settings
  if (from !== undefined) return readSender(from)
  const identity = sourceArn === undefined ? undefined : /:identity\/(.+)$/.exec(sourceArn)?.[1]
  return identity === undefined ? undefined : readSender(identity)
}

/** The domain of an address, in lower case. */
export const domainOf = ({ address }: MailSender): string => address.slice(address.indexOf('@') + 1).toLowerCase()
