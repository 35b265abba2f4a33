// The interface to trigger functions (protocol/administration 14). If this server cannot call a function that a pool
// names, the request is refused; a trigger is never skipped.
import type { Pool } from '../store/index.ts'

/** The triggers, as Cognito names them in LambdaConfig and in errors (protocol/administration 14.1). */
export type TriggerName =
  | 'PreSignUp'
  | 'PostConfirmation'
  | 'PreAuthentication'
  | 'PostAuthentication'
  | 'DefineAuthChallenge'
  | 'CreateAuthChallenge'
  | 'VerifyAuthChallengeResponse'
  | 'PreTokenGeneration'
  | 'CustomMessage'
  | 'UserMigration'

/** One call of a trigger, in plain values. */
export type TriggerCall = {
  readonly pool: Pool
  /** The app client of the call, if any. */
  readonly clientId: string | undefined
  readonly username: string
  /** The part of the source after the underscore: `SignUp` in `PreSignUp_SignUp`. */
  readonly source: string
  /** The version of the event; '1' if not given. */
  readonly version?: '1' | '2' | '3'
  /** The `request` member of the event. */
  readonly request: Readonly<Record<string, unknown>>
  /** The `response` member of the event, with its null and false defaults. */
  readonly response: Readonly<Record<string, unknown>>
}

/** Calls trigger functions. */
export type Triggers = {
  /** Whether the pool names a function for this trigger. */
  has(pool: Pool, name: TriggerName): boolean
  /**
   * Calls the pool's function and returns the `response` member of its answer, or undefined when the pool names no
   * function. Each member has its documented type, or is null or absent.
   *
   * @throws ServiceError UserLambdaValidationException when the function throws, UnexpectedLambdaException when it
   * cannot be called, InvalidLambdaResponseException when its answer has another form (protocol/administration 14.1)
   */
  call(name: TriggerName, call: TriggerCall): Promise<Record<string, unknown> | undefined>
}
