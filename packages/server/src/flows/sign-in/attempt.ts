// What the steps of a sign-in are given and give back.
import type { RequestContext } from '../../context.ts'
import type { Proof, SecondFactor } from '../../rules/proofs.ts'
import type { Client, Pool, User, Write } from '../../store/index.ts'
import type { CountedHold, LockHold } from '../sessions/guesses.ts'
import type { Carried } from '../sessions/progress.ts'
import type { OpenedSession } from '../sessions/session-token.ts'
import type { TokenSource } from '../triggers/sign-in.ts'
import type { ChallengeAnswer, ChallengeName, CodeRole, Nothing, Told } from './values.ts'

/** A sign-in under way. */
export type Attempt = {
  readonly context: RequestContext
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  /** Whether it comes by an administrator's operation. */
  readonly admin: boolean
  /** The session that is being answered; undefined at the start. */
  readonly session: OpenedSession | undefined
  readonly carried: Carried
  /** The device key of this very request. */
  readonly sentDeviceKey: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
  /** How its commits hold the lock. */
  readonly hold: LockHold
}

/** A sign-in whose guess was counted and may be looked at. */
export type ReservedAttempt = Attempt & { readonly hold: CountedHold }

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
  /** The next challenge, where the caller chose one or a proof takes two steps; the rules decide otherwise. */
  readonly next?: ChallengeStep
}

/** Looks at a guess, which was counted before. @throws WrongAnswer for a wrong one; ServiceError for anything else */
export type Check = (attempt: ReservedAttempt) => Promise<Passed>

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

type Choices = { readonly choices: readonly SecondFactor[] }

type CodeStep =
  | { readonly role: Exclude<CodeRole, 'set-up'> }
  /** A code to an address that becomes the user's second factor by it. */
  | { readonly role: 'set-up'; readonly address: string }

/** What each challenge is issued with. */
export type Steps = {
  readonly choice: Nothing
  /** The client's public value, and the name that an unknown user's made-up challenge is made of. */
  readonly 'password-proof': { readonly publicValue: string; readonly name: string }
  readonly device: Nothing
  readonly 'device-proof': { readonly publicValue: string }
  readonly 'email-code': CodeStep
  readonly 'sms-code': CodeStep
  readonly 'sms-sign-in-code': CodeStep
  readonly 'software-token': Nothing
  readonly 'recovery-code': never
  readonly 'select-factor': Choices
  readonly 'mfa-setup': Choices
  readonly 'new-password': Nothing
  readonly passkey: Nothing
  readonly custom: Nothing
  readonly 'custom-password': Nothing
}

/** The next challenge. Only one that `nextStep` chose can lead to the end of a sign-in; others are chosen by a flow. */
export type ChallengeStep<Name extends ChallengeName = ChallengeName> = {
  [Each in Name]: { readonly challenge: Each } & Steps[Each]
}[Name]

/** The challenge that asks for each second factor. */
export const stepOfFactor: Readonly<Record<SecondFactor, ChallengeStep>> = {
  'software-token': { challenge: 'software-token' },
  sms: { challenge: 'sms-code', role: 'second-factor' },
  email: { challenge: 'email-code', role: 'second-factor' },
}

/** What the session of a code remembers. */
export type CodeState = {
  readonly role: CodeRole
  /** Makes equal codes look different. */
  readonly salt: string
  readonly mac: string
  /** Where the code went, sealed; it proves that address and no other. */
  readonly address: string
}

/** What the session of a passkey remembers. */
export type PasskeyState = {
  readonly challenge: string
  readonly relyingParty: string
  readonly requireUserVerification: boolean
}

/** What the session of a verified authenticator app remembers beside the proof: the secret that was verified, sealed. */
export type VerifiedState = { readonly verified: string }

/** What the session of a custom challenge remembers: the private parameters, sealed, and the metadata. */
export type CustomState = { readonly sealed: string; readonly metadata: string | null }

/** What the session of each challenge remembers for its answer. Nothing in it is secret unless sealed. */
export type States = {
  readonly choice: undefined
  readonly 'password-proof': undefined
  readonly device: undefined
  readonly 'device-proof': undefined
  readonly 'email-code': CodeState
  readonly 'sms-code': CodeState
  readonly 'sms-sign-in-code': CodeState
  readonly 'software-token': undefined
  /** It answers sessions of several challenges. */
  readonly 'recovery-code': unknown
  readonly 'select-factor': undefined
  /** Undefined until an authenticator app is verified. */
  readonly 'mfa-setup': VerifiedState | undefined
  readonly 'new-password': undefined
  readonly passkey: PasskeyState
  readonly custom: CustomState
  readonly 'custom-password': undefined
}

/** A challenge as it is issued. */
export type Issued<Name extends ChallengeName> = {
  readonly told: Told[Name]
  readonly state: States[Name]
  /** What must be stored with it, such as a message with a code. */
  readonly writes?: readonly Write[]
  /** What the Session carries for the answer, sealed; the row does not have it. */
  readonly secret?: Buffer
}

/** What all challenges have in common. */
type Issuing<Name extends ChallengeName> = {
  /** The steps a session may wait at when this challenge is answered; the challenge's own name if not given. */
  readonly answeredAt?: readonly string[]
  issue(attempt: Attempt, step: { readonly challenge: Name } & Steps[Name]): Promise<Issued<Name>>
}

/** Looks at the answer to a challenge, as `Check` does. */
type StateCheck<Name extends ChallengeName> = (attempt: ReservedAttempt, state: States[Name]) => Promise<Passed>

/** A challenge whose answers can be guessed. */
type GuessedChallenge<Name extends ChallengeName> = Issuing<Name> & {
  /** How many answers a session takes; undefined where the common limit holds. */
  readonly sessionLimit?: number
  /** Reads an answer, without looking whether it is right. @throws FieldFault when the answer lacks something */
  read(answer: ChallengeAnswer<Name>): StateCheck<Name>
  /**
   * Reads an answer about a user who does not exist, where such a user was challenged (protocol/authentication 2.4): it
   * fails like a wrong one, or goes on as with anybody. It proves nothing.
   */
  readonly readUnknown?: (answer: ChallengeAnswer<Name>) => StateCheck<Name>
}

/** A challenge in whose answers there is nothing to guess. */
type TakenChallenge<Name extends ChallengeName> = Issuing<Name> & {
  /** @throws ServiceError */
  take(attempt: Attempt, answer: ChallengeAnswer<Name>, state: States[Name]): Promise<Passed>
}

/** One challenge: it is issued, and takes its answer. Challenges never call one another. */
export type Challenge<Name extends ChallengeName> = GuessedChallenge<Name> | TakenChallenge<Name>
