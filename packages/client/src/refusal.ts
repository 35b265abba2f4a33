// The exceptions that are refusals, and the state that each leads to. Other exceptions are thrown.
import { PoolError } from './call.ts'
import type { Refusal, State, Why } from './state.ts'

// By the exception's name without its ending; for a name with several meanings, by the first matching message
// (protocol/authentication 1.12, 2, 3.6, 5.1, 6.3, 6.4).
const table: Readonly<Record<string, Why | readonly (readonly [words: RegExp, why: Why])[]>> = {
  CodeMismatch: 'code-wrong',
  EnableSoftwareTokenMFA: 'code-wrong',
  ExpiredCode: [
    [/already been used/, 'code-used'],
    [/./, 'code-expired'],
  ],
  CodeDeliveryFailure: 'code-not-sent',
  NotAuthorized: [
    [/^Invalid (session|(Refresh|Access) Token)|^(Refresh|Access) Token has (been|expired)/, 'session-expired'],
    [/^Incorrect username/, 'password-wrong'],
    [/^Password attempts/, 'too-many-attempts'],
    [/^Temporary password/, 'password-expired'],
    [/^Passkey verification/, 'passkey-wrong'],
    [/^User is disabled/, 'user-disabled'],
    [/status is CONFIRMED/, 'already-confirmed'],
    [/^SignUp is not/, 'sign-up-closed'],
    [/cannot be reset/, 'cannot-reset'],
    [/^Cannot modify|unauthorized attribute/, 'attributes-wrong'],
  ],
  InvalidParameter: [
    [/^Attributes did not|^Invalid attributes|^Username (should|cannot)/, 'attributes-wrong'],
    [/at '(user|confirmation)Code' failed/, 'code-wrong'],
    [/at '(p|proposedP)assword' failed/, 'password-unfit'],
    [/already confirmed/, 'already-confirmed'],
    [/^Cannot reset/, 'cannot-reset'],
  ],
  InvalidPassword: 'password-unfit',
  PasswordHistoryPolicyViolation: 'password-unfit',
  RefreshTokenReuse: 'session-expired',
  UserNotFound: 'user-not-found',
  UsernameExists: 'user-exists',
  AliasExists: 'user-exists',
  UserLambdaValidation: 'refused-by-trigger',
  LimitExceeded: 'too-many-attempts',
  TooManyFailedAttempts: 'too-many-attempts',
  TooManyRequests: 'too-many-attempts',
}

/** The reason of a refusal; undefined if the error is not a refusal. */
export const whyOf = ({ name, message }: PoolError): Why | undefined => {
  const key = name.replace('Exception', '')
  const row = Object.hasOwn(table, key) ? table[key] : undefined
  return typeof row === 'object' ? row.find(([words]) => words.test(message))?.[1] : row
}

// Documented limits of wrong answers (protocol/authentication 2.3.7, 3.2).
const tries: Partial<Record<State['step'], number>> = {
  'confirm-sign-up': 15,
  password: 5,
  'enter-totp': 5,
  'enter-code': 5,
}

const refusalOf = ({ step, refused }: State, why: Why, message: string): Refusal => {
  const left = refused?.triesLeft ?? tries[step]
  const counts = why === 'code-wrong' || why === 'password-wrong'
  const triesLeft = counts && left !== undefined ? Math.max(left - 1, 0) : refused?.triesLeft
  return { why, message, ...(triesLeft !== undefined && { triesLeft }) }
}

// These end a challenge: the sign-in starts again.
const final: readonly Why[] = ['password-wrong', 'user-disabled', 'user-not-found']

/**
 * The state after an error.
 *
 * @param state - the state that was answered
 * @param start - the state in which a sign-in starts again
 * @throws the error itself if it is not a refusal
 */
export const refusedState = (state: State, start: State, error: unknown): State => {
  if (!(error instanceof PoolError)) throw error
  const { username } = state
  if (error.name === 'UserNotConfirmedException') return { step: 'confirm-sign-up', username }
  if (error.name === 'PasswordResetRequiredException') return { step: 'reset-password', username }
  const why = whyOf(error)
  if (!why) throw error
  const refused = refusalOf(state, why, error.message)
  // The user exists although the code could not be sent (protocol/authentication 2.2.12).
  const unsent = error.name === 'CodeDeliveryFailureException' || error.name === 'LimitExceededException'
  if (state.step === 'sign-up' && unsent) return { step: 'confirm-sign-up', username, refused }
  if ('tokens' in state && why === 'session-expired') {
    return { step: 'signed-in', username, tokens: state.tokens, refused }
  }
  const over = why === 'session-expired' || why === 'already-confirmed' || ('userId' in state && final.includes(why))
  return { ...(over ? start : state), refused: over ? { why, message: error.message } : refused }
}
