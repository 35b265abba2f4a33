// What carries a message to its recipient.

/** A message ready to leave. */
export type Outgoing = {
  /** The same for each try, so that a recipient can tell a message that came twice. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly body: string
  /** Whether the body is HTML; absent means it is text. */
  readonly html?: boolean
  /** The sender of a mail; that of the server when absent. */
  readonly from?: { readonly name: string; readonly address: string }
  /** The address that answers go to; the sender's when absent. */
  readonly replyTo?: string
  /** The configuration set of Amazon SES that a mail is sent by. */
  readonly configurationSet?: string
}

/** The other side is down or does not answer: a fault of the way, not of the message. */
export class Unreachable extends Error {}

/** Sends messages of one channel. */
export type Transport = {
  /**
   * Hands a message over.
   *
   * @param signal - ends the try at once
   * @throws Unreachable when no message could be handed over now, any other Error when this one could not
   */
  send(message: Outgoing, signal: AbortSignal): Promise<void>
  close(): void
}

/** The transports of a server; a channel without one keeps its messages waiting. */
export type Transports = { readonly email?: Transport | undefined; readonly sms?: Transport | undefined }
