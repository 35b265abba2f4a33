// What a function is to the server, wherever it runs: text in, text out, and three ways to fail.

/** A function that can be called. */
export type TriggerFunction = {
  /**
   * Calls it once.
   *
   * @param event - the event as JSON; the same text for every try
   * @returns what the function answered, as JSON if all went well
   * @throws FunctionThrew, NotInvoked or UnusableAnswer
   */
  invoke(event: string): Promise<string>
  /** Lets go of what it holds. */
  close(): Promise<void>
}

/** The function ran and refused, or crashed. The message is its own, and the caller is told. */
export class FunctionThrew extends Error {}

/** The function did not run to an answer. The message is the service's. */
export class NotInvoked extends Error {
  /** Whether another try may help. */
  readonly again: boolean
  /** What really happened, for the log. */
  readonly reason: string | undefined

  constructor(message: string, { again, reason }: { readonly again: boolean; readonly reason?: string }) {
    super(message)
    this.again = again
    this.reason = reason
  }
}

/** The function answered what cannot be read. The message says why, for the log. */
export class UnusableAnswer extends Error {}

/** A function has this long to answer (protocol/administration 14.1). */
export const answerMilliseconds = 5000

/** Answers are read as far as this (protocol/administration 14.1). */
export const answerBytes: number = 6 * 1024 * 1024

/** The function that did not answer in time, in the service's words. */
export const timedOut = (reason?: string): NotInvoked =>
  new NotInvoked('Socket timeout while invoking Lambda function', { again: true, ...(reason ? { reason } : {}) })
