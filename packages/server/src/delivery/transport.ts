// The interface of transports, which carry messages to their recipients.

/** A message ready to leave. */
export type Outgoing = {
  /** The same id for each try, so that the recipient can recognise a repeated message. */
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

/** The other side is down or does not answer: the fault concerns all messages, not this one. */
export class Unreachable extends Error {}

/** Sends messages of one channel. */
export type Transport = {
  /**
   * Hands a message over.
   *
   * @param signal - ends the try at once
   * @throws Unreachable when no message can be handed over now; any other Error when this message was refused
   */
  send(message: Outgoing, signal: AbortSignal): Promise<void>
  close(): void
}

/** The transports of a server; a channel without one keeps its messages waiting. */
export type Transports = { readonly email?: Transport | undefined; readonly sms?: Transport | undefined }
