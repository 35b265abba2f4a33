// What carries a message to its recipient.

/** A message ready to leave. */
export type Outgoing = {
  /** The same for each try, so that a recipient can tell a message that came twice. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly body: string
}

/** Sends messages of one channel. */
export type Transport = {
  /** @throws Error when the message could not be handed over */
  send(message: Outgoing): Promise<void>
  close(): void
}

/** The transports of a server; a channel without one keeps its messages waiting. */
export type Transports = { readonly email?: Transport | undefined; readonly sms?: Transport | undefined }
