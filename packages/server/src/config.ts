// Every setting, default and limit of the service, and the only reader of the environment.

/** How hard passwords are hashed (RFC 9106; spec: requirements 9). */
export type Argon2Parameters = {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
}

/** What `iss` says (spec: endpoints 1.3). */
export type IssuerMode = 'own' | 'cognito'

/** Everything a running server was told, after defaults. */
export type Settings = {
  readonly mode: 'dev' | 'serve'
  readonly host: string
  readonly port: number
  /** The port of /metrics, in `serve` only. */
  readonly metricsPort: number | undefined
  /** The URL under which clients reach the server, without a trailing slash. */
  readonly publicUrl: string
  readonly issuerMode: IssuerMode
  /** The Region that unsigned requests and new pools belong to when the signature names none. */
  readonly region: string
  readonly accountId: string
  /** A folder for SQLite and keys, or undefined when PostgreSQL is used or nothing is kept. */
  readonly dataFolder: string | undefined
  /** A postgres:// URL, a SQLite file path, or ':memory:'. */
  readonly database: string
  readonly databasePoolSize: number
  /** An smtp:// or smtps:// URL, or undefined for the development mailbox. */
  readonly smtpUrl: string | undefined
  readonly mailFrom: string
  readonly argon2: Argon2Parameters
  /** Password checks that may wait; one more is answered TooManyRequestsException. */
  readonly hashQueueLimit: number
}

/** The strong parameters of `serve` (OWASP's floor, spec: requirements 9). */
export const strongArgon2: Argon2Parameters = { memoryKib: 19_456, passes: 2, parallelism: 1 }

/** Deliberately light parameters, for the development server alone. */
export const lightArgon2: Argon2Parameters = { memoryKib: 64, passes: 1, parallelism: 1 }

/** Limits that Cognito has and a setting may not loosen (spec: authentication 8, administration 13). */
export const limits = {
  bodyBytes: 1_048_576,
  jsonDepth: 64,
  headerBytes: 16_384,
  signUpCodeSeconds: 86_400,
  attributeCodeSeconds: 86_400,
  recoveryCodeSeconds: 3600,
  /** Wrong answers that one code bears before it dies. */
  codeAttempts: 15,
  confirmSignUpPerHour: 15,
  resendPerHour: 5,
  recoveryPerHour: 20,
  changePasswordPerHour: 5,
  attributeCodePerHour: 5,
  verifyAttributePerHour: 15,
  /** Wrong passwords or MFA codes before the lock begins. */
  failuresBeforeLock: 5,
  lockMaximumSeconds: 900,
  /** Wrong answers that one challenge session bears before it ends. */
  sessionAttempts: 12,
} as const
