// The states of a sign-up and sign-in, and the answer of each. States are plain data: they survive JSON.stringify and
// JSON.parse. No state holds a password.

/** The reason of a refusal. */
export type Why =
  | 'code-wrong'
  | 'code-expired'
  | 'code-used'
  | 'code-not-sent'
  | 'session-expired'
  | 'too-many-attempts'
  | 'password-wrong'
  | 'password-unfit'
  | 'password-expired'
  | 'passkey-wrong'
  | 'user-not-found'
  | 'user-exists'
  | 'user-disabled'
  | 'already-confirmed'
  | 'sign-up-closed'
  | 'attributes-wrong'
  | 'cannot-reset'
  | 'refused-by-trigger'

/** A refused answer. It is part of the next state, which is usually the same as before. */
export type Refusal = {
  readonly why: Why
  /** The message of the service. */
  readonly message: string
  /**
   * The most wrong answers left before the service makes the user wait, by its documented limit. Only failures of this state
   * are counted: failures elsewhere lower it. Absent if no limit is documented.
   */
  readonly triesLeft?: number
}

/** The delivery of a code; the destination is masked (`j***@e***`). */
export type SentTo = { readonly destination: string; readonly medium: 'email' | 'sms' }

/** The tokens of a signed-in user. */
export type Tokens = {
  readonly accessToken: string
  readonly idToken: string
  readonly refreshToken: string
  /** The instant at which the access token expires, in epoch milliseconds by this machine's clock. */
  readonly expiresAt: number
}

/** A second factor. */
export type Factor = 'totp' | 'sms' | 'email'

/** A first factor. */
export type FirstFactor = 'password' | 'email' | 'sms' | 'passkey'

type Attributes = Readonly<Record<string, string>>

type Base = {
  /** The name as the user typed it. */
  readonly username: string
  readonly refused?: Refusal
}

type Pending = Base & {
  /** The user name in the service. */
  readonly userId: string
  readonly session: string
}

/** Every state by its step. */
export type States = {
  /** A sign-up that was refused. */
  'sign-up': Base & { readonly step: 'sign-up'; readonly attributes: Attributes }
  /** The code of a sign-up. */
  'confirm-sign-up': Base & { readonly step: 'confirm-sign-up'; readonly sentTo?: SentTo }
  /** The password, at the start of a sign-in or again. */
  password: Base & { readonly step: 'password' }
  /** The start of a sign-in that does not begin with a password. */
  start: Base & { readonly step: 'start' }
  /** A new password, with the code that was sent for it. */
  'reset-password': Base & { readonly step: 'reset-password'; readonly sentTo?: SentTo }
  /** A new password in place of a temporary one, and the attributes that are still missing. */
  'new-password': Pending & {
    readonly step: 'new-password'
    readonly requiredAttributes: readonly string[]
    readonly attributes: Attributes
  }
  /** The first code of a new authenticator; show `uri` as a QR code, and `secret` as text. */
  'set-up-totp': Base & { readonly step: 'set-up-totp'; readonly secret: string; readonly uri: string } & (
      | { readonly userId: string; readonly session: string }
      | { readonly tokens: Tokens }
    )
  /** A code from the authenticator; `device` is its name. */
  'enter-totp': Pending & { readonly step: 'enter-totp'; readonly device?: string }
  /** A code that was sent. */
  'enter-code': Pending & {
    readonly step: 'enter-code'
    readonly challenge: 'SMS_MFA' | 'SMS_OTP' | 'EMAIL_OTP'
    readonly sentTo: SentTo
  }
  /** The choice of a second factor. */
  'select-mfa': Pending & { readonly step: 'select-mfa'; readonly choices: readonly Factor[] }
  /** The choice of a first factor. */
  'select-challenge': Pending & { readonly step: 'select-challenge'; readonly choices: readonly FirstFactor[] }
  /** A passkey; `options` is PublicKeyCredentialRequestOptionsJSON. */
  'use-passkey': Pending & { readonly step: 'use-passkey'; readonly options: unknown }
  /** A challenge of the pool's triggers. */
  'custom-challenge': Pending & { readonly step: 'custom-challenge'; readonly parameters: Attributes }
  /** Signed in. `refused` is the refusal of a later call; `session-expired` asks for a refresh. */
  'signed-in': Base & { readonly step: 'signed-in'; readonly tokens: Tokens }
}

/** A state of a user. Narrow it by `step`. */
export type State = States[keyof States]

/** The steps that take an answer. */
export type OpenStep = Exclude<keyof States, 'signed-in'>

/** A recovery code of Poolkeeper, for a user who has lost the second factor. */
type RecoveryAnswer = { readonly recoveryCode: string }

/** The answer of each step. */
export type Answers = {
  'sign-up': { readonly username: string; readonly password?: string; readonly attributes?: Attributes }
  /** With the password, the sign-in continues at once. */
  'confirm-sign-up': { readonly code: string; readonly password?: string }
  password: { readonly password: string }
  start: { readonly password?: string }
  'reset-password': { readonly code: string; readonly password: string }
  'new-password': { readonly password: string; readonly attributes?: Attributes }
  'set-up-totp': { readonly code: string; readonly device?: string }
  'enter-totp': { readonly code: string } | RecoveryAnswer
  'enter-code': { readonly code: string } | RecoveryAnswer
  'select-mfa': { readonly choice: Factor }
  'select-challenge':
    | { readonly choice: 'password'; readonly password: string }
    | { readonly choice: Exclude<FirstFactor, 'password'> }
  /** AuthenticationResponseJSON, the `toJSON()` of the browser's credential. */
  'use-passkey': { readonly credential: unknown }
  'custom-challenge': { readonly answer: string }
}

/** A state that takes an answer. */
export type OpenState = States[OpenStep]

type Takes<S> = S extends OpenState ? (answer: Answers[S['step']]) => void : never

/** The answer of a state; for a state that is not narrowed, an answer to all of its possible steps. */
export type AnswerTo<S extends OpenState> = Takes<S> extends (answer: infer A) => void ? A : never

/** The user, as the service describes it. */
export type User = {
  readonly username: string
  readonly attributes: Attributes
  readonly factors: readonly Factor[]
  readonly preferredFactor?: Factor
}
