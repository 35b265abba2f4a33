// What goes into a sign-in and what comes out of it, in plain values. Doors turn their own words into starts and answers,
// and what a challenge tells into their own words again; the API and pages read the same. A text that was not sent is '':
// the sign-in refuses it when it needs it (field-fault.ts).
import type { FirstFactor } from '../../rules/first-factors.ts'
import type { SecondFactor } from '../../rules/proofs.ts'
import type { Client, Pool } from '../../store/index.ts'
import type { Destination } from '../messages/delivery-details.ts'

/** What every request of a sign-in brings. */
export type SignInRequest = {
  readonly pool: Pool
  readonly client: Client
  /** Whether it comes by an administrator's operation. */
  readonly admin: boolean
  /** The key of the device that it comes from, as the caller sent it. */
  readonly deviceKey: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** What each flow begins with (protocol/authentication 3.3). */
export type Starts = {
  /** The password itself. */
  readonly password: { readonly password: string }
  /** The same, permitted to administrators alone. */
  readonly 'admin-password': { readonly password: string }
  /** A proof of the password by SRP, which does not send it. */
  readonly srp: { readonly publicValue: string }
  /** The user chooses the first factor, now or from a list. */
  readonly choice: {
    /** The Session of a confirmed sign-up, by which its user goes on. */
    readonly session: string | undefined
    readonly preferred: FirstFactor | 'unknown' | undefined
    readonly password: string
    readonly publicValue: string
    /** Names of the levels that the caller wants reached, best first, between spaces. */
    readonly target: string
    /** An access token whose sign-in proved part of it. */
    readonly accessToken: string
    /** How long ago that may be, in seconds. */
    readonly maxAge: string
  }
  /** Challenges of the pool's own, after a proof by SRP or without one. */
  readonly custom: { readonly opensWith: 'challenge' | 'srp' | 'unknown'; readonly publicValue: string }
}

/** The name of a flow. */
export type FlowName = keyof Starts

/** The start of a flow; `name` is the user name as typed. */
export type SignInStart<Flow extends FlowName = FlowName> = {
  [Each in Flow]: { readonly flow: Each; readonly name: string } & Starts[Each]
}[Flow]

/** The proof of an SRP exchange: the signature, in Base64, and the time that it is over, as text. */
export type SrpClaim = { readonly signature: string; readonly time: string }

/** A code that was typed. */
export type CodeAnswer = { readonly code: string }

/** What the answer to each challenge holds (protocol/authentication 3.4). */
export type Answers = {
  readonly choice: {
    /** Undefined where the caller named none. */
    readonly factor: FirstFactor | undefined
    readonly password: string
    readonly publicValue: string
  }
  readonly 'password-proof': SrpClaim
  readonly device: { readonly deviceKey: string; readonly publicValue: string }
  readonly 'device-proof': SrpClaim & { readonly deviceKey: string }
  /** A code by e-mail, as first or second factor. */
  readonly 'email-code': CodeAnswer
  /** A code by text message, as second factor. */
  readonly 'sms-code': CodeAnswer
  /** A code by text message, as first factor. */
  readonly 'sms-sign-in-code': CodeAnswer
  /** A code of the authenticator app. */
  readonly 'software-token': CodeAnswer
  /** In place of the second factor that is asked for. */
  readonly 'recovery-code': CodeAnswer
  readonly 'select-factor': { readonly factor: SecondFactor | undefined }
  /** The address that is to become a second factor; none where an authenticator app was set up. */
  readonly 'mfa-setup': { readonly address: Destination | undefined }
  readonly 'new-password': {
    readonly password: string
    /** Attributes that the user lacks. */
    readonly attributes: Readonly<Record<string, string>>
  }
  /** What the browser answered, as JSON (AuthenticationResponseJSON). */
  readonly passkey: { readonly credential: string }
  readonly custom: { readonly answer: string }
  /** The password, as a step of a custom sign-in. */
  readonly 'custom-password': { readonly password: string }
}

/** The name of a challenge. */
export type ChallengeName = keyof Answers

/** The answer to a challenge. */
export type ChallengeAnswer<Name extends ChallengeName = ChallengeName> = {
  [Each in Name]: { readonly challenge: Each } & Answers[Each]
}[Name]

/** The server's half of an SRP exchange, in hexadecimal. */
type SrpOffer = { readonly salt: string; readonly serverPublic: string }

/** What a code is for: what it proves differs. */
export type CodeRole = 'first-factor' | 'second-factor' | 'set-up'

/** What the client is told of a code that was sent. */
export type CodeTold = {
  readonly medium: 'email' | 'sms'
  /** Where the code went, masked. */
  readonly destination: string
  readonly role: CodeRole
}

/** No value beside the name. */
export type Nothing = Readonly<Record<never, never>>

/** What the client is told of each challenge that is issued. */
export type Told = {
  readonly choice: { readonly factors: readonly FirstFactor[] }
  readonly 'password-proof': SrpOffer
  readonly device: { readonly deviceKey: string }
  readonly 'device-proof': SrpOffer & { readonly deviceKey: string }
  readonly 'email-code': CodeTold
  readonly 'sms-code': CodeTold
  readonly 'sms-sign-in-code': CodeTold
  /** The name that the user gave the authenticator app. */
  readonly 'software-token': { readonly appName: string | undefined }
  /** Never issued: a user who has lost a factor answers the challenge of that factor with one. */
  readonly 'recovery-code': never
  readonly 'select-factor': { readonly factors: readonly SecondFactor[] }
  readonly 'mfa-setup': { readonly factors: readonly SecondFactor[] }
  readonly 'new-password': {
    /** Names of attributes that the answer must give. */
    readonly missing: readonly string[]
    readonly attributes: Readonly<Record<string, string>>
  }
  readonly passkey: { readonly options: PasskeyOptions }
  /** What the pool's function shows. */
  readonly custom: { readonly parameters: Readonly<Record<string, string>> }
  readonly 'custom-password': Nothing
}

/** What a browser needs to sign by a passkey: PublicKeyCredentialRequestOptionsJSON. */
export type PasskeyOptions = {
  readonly challenge: string
  readonly timeout: number
  readonly rpId: string
  readonly allowCredentials: readonly {
    readonly id: string
    readonly type: 'public-key'
    readonly transports: readonly string[]
  }[]
  readonly userVerification: 'required' | 'preferred'
}

/** A challenge as the client is told of it. */
export type IssuedChallenge<Name extends ChallengeName = ChallengeName> = {
  [Each in Name]: { readonly challenge: Each } & Told[Each]
}[Name]

/** What a request of a sign-in came to: the end, in the form that the door asked for, or another challenge. */
export type Outcome<Finished> =
  | { readonly kind: 'finished'; readonly finished: Finished }
  | {
      readonly kind: 'challenge'
      readonly issued: IssuedChallenge
      /** The user name of the user who signs in. */
      readonly username: string
      /** The Session that the answer must bring. */
      readonly session: string
    }
