// The interface of trigger functions: JSON in, JSON out, and three errors.

/** A function that can be called. */
export type TriggerFunction = {
  /**
   * Calls the function once.
   *
   * @param event - the event as JSON; the same text for every try
   * @returns the answer of the function, as JSON
   * @throws FunctionThrew, NotInvoked or UnusableAnswer
   */
  invoke(event: string): Promise<string>
  /** Releases its resources. */
  close(): Promise<void>
}

/** The function threw or crashed. The message is the function's; the caller of the operation sees it. */
export class FunctionThrew extends Error {}

/** The function gave no answer. The message is the service's. */
export class NotInvoked extends Error {
  /** Whether another try may help. */
  readonly again: boolean
  /** The true reason, for the log. */
  readonly reason: string | undefined

  constructor(message: string, { again, reason }: { readonly again: boolean; readonly reason?: string }) {
    super(message)
    this.again = again
    this.reason = reason
  }
}

/** The function's answer cannot be read. The message says why, for the log. */
export class UnusableAnswer extends Error {}

/** The time-out of a call (protocol/administration 14.1). */
export const answerMilliseconds = 5000

/** The largest answer (protocol/administration 14.1). */
export const answerBytes: number = 6 * 1024 * 1024

/** The error of a call that timed out, in Cognito's words. */
export const timedOut = (reason?: string): NotInvoked =>
  new NotInvoked('Socket timeout while invoking Lambda function', { again: true, ...(reason ? { reason } : {}) })
