// What the steps of a sign-in are given and give back.
import type { RequestContext } from '../../context.ts'
import type { ServiceError } from '../../errors.ts'
import type { NextStep, Proof } from '../../rules/next-step.ts'
import type { Client, Pool, Session, User, Write } from '../../store/index.ts'
import type { TokenSource } from '../token-triggers.ts'

/** A sign-in under way. */
export type Attempt = {
  readonly context: RequestContext
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  /** Whether it goes by the Admin operations. */
  readonly admin: boolean
  /** The session that is being answered; undefined at the start. */
  readonly session: Session | undefined
  /** All that was proved so far. */
  readonly proved: readonly Proof[]
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** ChallengeResponses or AuthParameters, as the caller sent them. */
export type Answers = Readonly<Record<string, string>>

/** A right answer: what it proves, what it changes. */
export type Passed = {
  readonly proof?: Proof
  /** The user as `writes` will leave it, when they change it. */
  readonly user?: User
  readonly writes: readonly Write[]
  readonly source?: TokenSource
}

/** What a challenge tells the client. */
export type Asked = {
  readonly parameters: Readonly<Record<string, string>>
  /** What must be stored with it, such as a message with a code. */
  readonly writes?: readonly Write[]
  /** What must be remembered for the answer. Nothing in it is secret unless sealed. */
  readonly state?: unknown
}

/** One challenge: asks, and checks the answer. Challenges never call one another. */
export type Challenge = {
  /** The steps a session may wait at when this challenge is answered; the challenge's own name if not given. */
  readonly answeredAt?: readonly string[]
  ask(attempt: Attempt, next: NextStep): Promise<Asked>
  /** @throws WrongAnswer for a guess that counts; ServiceError for anything else */
  answer(attempt: Attempt, answers: Answers): Promise<Passed>
}

/** A wrong password or code: counts towards the lock, and leaves the session open (3.6.5). */
export class WrongAnswer extends Error {
  readonly refusal: ServiceError

  constructor(refusal: ServiceError) {
    super(refusal.message)
    this.refusal = refusal
  }
}
