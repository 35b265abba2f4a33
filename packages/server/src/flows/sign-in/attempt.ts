// What the steps of a sign-in are given and give back.
import type { RequestContext } from '../../context.ts'
import type { NextStep } from '../../rules/next-step.ts'
import type { Client, Pool, User, Write } from '../../store/index.ts'
import type { CountedHold, LockHold } from '../sessions/guesses.ts'
import type { Carried } from '../sessions/progress.ts'
import type { TokenSource } from '../triggers/sign-in.ts'
import type { NewSession, OpenedSession } from '../sessions/session-token.ts'
import type { Proof } from '../../rules/proofs.ts'

/** ChallengeResponses or AuthParameters, as the caller sent them. */
export type Answers = Readonly<Record<string, string>>

/** The first request of a sign-in. */
export type Start = {
  readonly pool: Pool
  readonly client: Client
  readonly admin: boolean
  readonly flow: string
  readonly parameters: Answers
  readonly session: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** A sign-in under way. */
export type Attempt = {
  readonly context: RequestContext
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  /** Whether it goes by the Admin operations. */
  readonly admin: boolean
  /** The session that is being answered; undefined at the start. */
  readonly session: OpenedSession | undefined
  readonly carried: Carried
  /** The device key of this very request. */
  readonly sentDeviceKey: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
  /** How what it commits holds the lock. */
  readonly hold: LockHold
}

/** A sign-in whose guess was counted and may be looked at. */
export type CountedAttempt = Attempt & { readonly hold: CountedHold }

/** A challenge to be asked. What a flow asks for by itself gives no tokens: only what the rules owe leads there. */
export type ChallengeStep =
  | Exclude<NextStep, { readonly step: 'tokens' | 'impossible' }>
  /** The proof of a password by SRP, against a client's public value. */
  | { readonly step: 'PASSWORD_VERIFIER'; readonly publicValue: string; readonly name: string }
  /** The choice among first factors, where the first request made none. */
  | { readonly step: 'SELECT_CHALLENGE' }
  /** A passkey as first factor. */
  | { readonly step: 'WEB_AUTHN' }
  /** A code that was sent, as first factor. */
  | { readonly step: 'EMAIL_OTP' | 'SMS_OTP'; readonly role: 'first-factor' }
  /** A code to an address that becomes the user's second factor by it. */
  | { readonly step: 'EMAIL_OTP' | 'SMS_MFA'; readonly role: 'set-up'; readonly address: string }
  /** A challenge of the pool's own, or the password itself as a step of such a sign-in. */
  | { readonly step: 'CUSTOM_CHALLENGE' | 'ADMIN_NO_SRP_AUTH' }
  /** The proof of a device's secret by SRP. */
  | { readonly step: 'DEVICE_PASSWORD_VERIFIER'; readonly publicValue: string }

/** A right answer, or a right start: what it proves, what it changes. */
export type Passed = {
  /** The answer was wrong and stays counted, though the sign-in goes on. */
  readonly wrong?: boolean
  readonly proof?: Proof
  /** The user as `writes` will leave it, when they change it. */
  readonly user?: User
  readonly writes: readonly Write[]
  readonly source?: TokenSource
  /** What the sign-in carries from now on, beside the proof. */
  readonly carried?: Partial<Omit<Carried, 'proved'>>
  /** The challenge that follows, where the caller chose one or a proof takes two steps; the rules decide otherwise. */
  readonly next?: ChallengeStep
}

/**
 * A sign-in that has begun: who signs in, and what takes its first request. `check` looks at a guess, `take` takes a
 * request that holds none.
 */
export type Begun = { readonly attempt: Attempt; readonly opened: Opened } & (
  | { readonly check: Check }
  | { readonly take: (attempt: Attempt) => Promise<Passed> }
)

/** Who signs in, as typed and as found; undefined for a user whose absence is not told. */
export type Opened = { readonly name: string; readonly user: User | undefined }

/** What a challenge tells the client. */
export type Asked = {
  readonly parameters: Readonly<Record<string, string>>
  /** What must be stored with it, such as a message with a code. */
  readonly writes?: readonly Write[]
  /** What must be remembered for the answer. Nothing in it is secret unless sealed. */
  readonly state?: unknown
  /** The session, where the challenge had to make it itself. */
  readonly session?: NewSession
  /** The first factors that the user may choose, where the client is told (protocol/authentication 3.5). */
  readonly available?: readonly string[]
}

/** What all challenges have in common. */
type Asking = {
  /** The steps a session may wait at when this challenge is answered; the challenge's own name if not given. */
  readonly answeredAt?: readonly string[]
  /** The Session that an answer holds within another member; undefined where it must be sent as Session. */
  readonly sessionIn?: (answers: Answers) => string
  ask(attempt: Attempt, next: ChallengeStep): Promise<Asked>
}

/** Looks at a guess, which was counted before. @throws WrongAnswer for a wrong one; ServiceError for anything else */
export type Check = (attempt: CountedAttempt) => Promise<Passed>

/** A challenge whose answers can be guessed. */
type CheckedChallenge = Asking & {
  /** Answers that a session bears, where it is not as many as any other. */
  readonly sessionLimit?: number
  /**
   * Reads an answer, without looking whether it is right.
   *
   * @throws ServiceError InvalidParameterException when the answer lacks something
   */
  read(answers: Answers): Check
  /**
   * Reads an answer about a user who does not exist, where such a user was challenged (protocol/authentication 2.4): it
   * is refused like a wrong one, or goes on as with anybody. It proves nothing.
   */
  readonly readUnknown?: (answers: Answers) => Check
}

/** A challenge in whose answers there is nothing to guess. */
type TakenChallenge = Asking & {
  /** @throws ServiceError */
  take(attempt: Attempt, answers: Answers): Promise<Passed>
  /** Takes an answer about a user who does not exist, as `readUnknown` does. */
  readonly takeUnknown?: (attempt: Attempt, answers: Answers) => Promise<Passed>
}

/** One challenge: asks, and takes the answer. Challenges never call one another. */
export type Challenge = CheckedChallenge | TakenChallenge
