// Every setting, default and limit of the service, and the only reader of the environment.
import { ConfigError } from './errors.ts'

export { ConfigError }

/** The parameters of password hashes (RFC 9106; requirement 9). */
export type Argon2Parameters = {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
}

/** The form of the issuer in tokens (protocol/endpoints 1.3). */
export type IssuerMode = 'own' | 'cognito'

/** The transport of text messages: the operator's web hook, or Publish of SNS. */
export type SmsSettings =
  | { readonly by: 'webhook'; readonly url: string; readonly key: string }
  | {
      readonly by: 'sns'
      readonly endpoint: string
      readonly region: string
      readonly accessKeyId: string
      readonly secretAccessKey: string
    }

/** The kinds of open requests that count against shares. */
export type ShareKind = 'sign-in' | 'sign-up' | 'message'

/**
 * The holders of shares. `spare` belongs to a source too: these requests remain to it when the share of its client or pool
 * is used up, so that other sources cannot lock it out.
 */
export type ShareHolder = 'source' | 'client' | 'pool' | 'spare'

/** The name of a share, as in `--limits`, the log and the metrics. */
export type ShareName = `${ShareKind}/${ShareHolder}`

/** The requests a minute of each holder, for each kind; undefined for no limit. */
export type ShareLimits = Readonly<Record<ShareName, number | undefined>>

/** All settings of a running server, with defaults filled in. */
export type Settings = {
  readonly mode: 'dev' | 'serve'
  readonly host: string
  readonly port: number
  /** The files of the TLS certificate and its key, in PEM; undefined if a proxy speaks TLS. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** The address of /metrics, in `serve` only. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined
  /** The drain period: a stopping server goes on serving while load balancers learn that it is not ready. */
  readonly drainSeconds: number
  /** The URL under which clients reach the server, without a trailing slash. */
  readonly publicUrl: string
  readonly issuerMode: IssuerMode
  /** Origins of pages beyond this machine that may call signed operations of the development server. */
  readonly allowedOrigins: readonly string[]
  /** The only Region of `serve`; in `dev`, the Region of unsigned requests. */
  readonly region: string
  readonly accountId: string
  /** A folder for SQLite and keys, or undefined when PostgreSQL is used or nothing is kept. */
  readonly dataFolder: string | undefined
  /** A postgres:// URL, a SQLite file path, or ':memory:'. */
  readonly database: string
  readonly databasePoolSize: number
  /** An smtp:// or smtps:// URL, or undefined for the development mailbox. */
  readonly smtpUrl: string | undefined
  /** Whether mail waits if the mail server offers no TLS. */
  readonly smtpRequireTls: boolean
  readonly mailFrom: string
  /** Undefined if text messages wait, or appear in the development mailbox. */
  readonly sms: SmsSettings | undefined
  readonly argon2: Argon2Parameters
  /** The length of the queue of password checks, which sources share; beyond it, TooManyRequestsException. */
  readonly hashQueueLimit: number
  /** The requests a minute of each source, client and pool. */
  readonly shareLimits: ShareLimits
  /** Addresses and CIDR blocks of proxies whose X-Forwarded-For is trusted, separated by commas; undefined for none. */
  readonly trustedProxies: string | undefined
  /** The file that maps ARNs to functions; undefined if no functions are called. */
  readonly triggersFile: string | undefined
  /** The file of forbidden passwords; undefined for none. */
  readonly passwordListFile: string | undefined
}

/** The strong parameters of `serve` (the OWASP minimum, requirement 9). */
export const strongArgon2: Argon2Parameters = { memoryKib: 19_456, passes: 2, parallelism: 1 }

/** Deliberately light parameters, for the development server only. */
export const lightArgon2: Argon2Parameters = { memoryKib: 64, passes: 1, parallelism: 1 }

/**
 * The shares of `serve`. A pool has more than Cognito's default quotas grant a whole account (120 authentications, 50
 * sign-ups and 30 recoveries a second), a client three quarters of its pool's, a source a quarter: a normal application
 * stays far below these limits, even with all its users behind one address.
 */
export const defaultShareLimits: ShareLimits = {
  'sign-in/source': 3000,
  'sign-in/client': 9000,
  'sign-in/pool': 12_000,
  'sign-in/spare': 10,
  'sign-up/source': 1000,
  'sign-up/client': 3000,
  'sign-up/pool': 4000,
  'sign-up/spare': 5,
  'message/source': 1000,
  'message/client': 3000,
  'message/pool': 4000,
  'message/spare': 5,
}

/** No limits: the shares of the development server, for test suites that sign in thousands of users at once. */
export const noShareLimits: ShareLimits = Object.fromEntries(
  Object.keys(defaultShareLimits).map((name) => [name, undefined]),
) as Record<ShareName, undefined>

/** Limits that Cognito has and a setting may not loosen (protocol/authentication 8, protocol/administration 13). */
export const limits = {
  bodyBytes: 1_048_576,
  jsonDepth: 64,
  headerBytes: 16_384,
  /** Open connections. Near the limit, idle ones are closed to make room. */
  connections: 4096,
  /** Requests of one connection that may wait for their answers. */
  pipelined: 32,
  /** Bodies up to this size are read whatever else is in flight. */
  smallBodyBytes: 16_384,
  /** The sum of all larger bodies in flight, not counting that many bytes of each. */
  bodiesBytes: 33_554_432,
  signUpCodeSeconds: 86_400,
  attributeCodeSeconds: 86_400,
  recoveryCodeSeconds: 3600,
  /** Wrong answers after which a code is void. */
  codeAttempts: 15,
  confirmSignUpPerHour: 15,
  resendPerHour: 5,
  recoveryPerHour: 20,
  changePasswordPerHour: 5,
  attributeCodePerHour: 5,
  verifyAttributePerHour: 15,
  recoveryCodesPerHour: 10,
  /** Codes that sign-ins send to one user in an hour. */
  signInCodesPerHour: 20,
  /** Wrong passwords or MFA codes before the lock begins. */
  failuresBeforeLock: 5,
  lockMaximumSeconds: 900,
  /** The longest time that one guess delays others about the same user. */
  guessTurnSeconds: 3,
  passkeysPerUser: 20,
  passkeyRegistrationSeconds: 300,
  /** Wrong answers after which a challenge session ends. */
  sessionAttempts: 12,
  /** How far the time of an SRP claim may be ahead of the server's: devices may have clocks an hour ahead. */
  claimAheadSeconds: 5400,
} as const

/** The options of the command line; the environment and the defaults supply missing ones. */
export type Options = {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly data?: string | undefined
  readonly database?: string | undefined
  readonly databaseConnections?: string | undefined
  readonly smtp?: string | undefined
  readonly smtpRequireTls?: boolean | undefined
  readonly mailFrom?: string | undefined
  readonly smsWebhook?: string | undefined
  readonly snsEndpoint?: string | undefined
  readonly publicUrl?: string | undefined
  readonly issuer?: IssuerMode | undefined
  readonly allowOrigin?: readonly string[] | undefined
  readonly region?: string | undefined
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  /** In seconds. */
  readonly drain?: number | undefined
  readonly metricsHost?: string | undefined
  readonly metricsPort?: number | undefined
  readonly limits?: string | undefined
  readonly trustedProxies?: string | undefined
  readonly triggers?: string | undefined
  readonly passwordList?: string | undefined
}

const loopback: readonly string[] = ['127.0.0.1', 'localhost', '::1']

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The URL of a server for this machine. */
export const localUrl = ({ host, port }: Pick<Settings, 'host' | 'port'>): string => `http://${urlHost(host)}:${port}`

const environment = (name: string): string | undefined => process.env[name] || undefined

const checkUrl = (url: string, schemes: readonly string[], what: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed && schemes.includes(parsed.protocol)) return url.replace(/\/+$/, '')
  throw new ConfigError(
    `${what} must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}.`,
  )
}

// An origin as browsers send it: scheme, host and port.
const checkOrigin = (text: string): string => {
  const origin = text.replace(/\/$/, '')
  if (/^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin) return origin
  throw new ConfigError(
    `An allowed origin is a scheme, a host and perhaps a port, such as https://app.example, not ${text}.`,
  )
}

// A Region must be a name that the scope of a signature can hold.
const checkRegion = (region: string): string => {
  if (/^[a-z0-9-]{1,32}$/.test(region)) return region
  throw new ConfigError('A Region is made of small letters, digits and hyphens, such as zz-local-1.')
}

// The endpoint of signed requests must be a URL of host and path only.
const checkEndpoint = (url: string, what: string): string => {
  const { search, hash, username, password } = new URL(checkUrl(url, ['http:', 'https:'], what))
  if (search || hash || username || password) throw new ConfigError(`${what} must be a URL of a host and a path alone.`)
  return url
}

/**
 * Reads the URL of a server, as a person types it: the default scheme is http.
 *
 * @throws ConfigError when it is not a URL
 */
export const endpointOf = (text: string): string =>
  checkUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`, ['http:', 'https:'], 'The endpoint')

// An address, or a name with the address in angle brackets. Mail servers refuse the rest, long after the start.
const checkMailFrom = (from: string): string => {
  if (/^(?:[^<>\p{Cc}]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u.test(from)) return from
  throw new ConfigError(
    `The sender of mail must be an address, such as id@example.com or 'Example <id@example.com>', not ${from}.`,
  )
}

const isShareName = (name: string): name is ShareName => Object.hasOwn(defaultShareLimits, name)

// Reads a list such as sign-in/source=600,message/pool=off, which leaves the other limits as they are; or `off`, for no
// limits at all.
const shareLimitsOf = (text: string | undefined, before: ShareLimits): ShareLimits => {
  if (text?.trim() === 'off') return noShareLimits
  const changed: Partial<Record<ShareName, number | undefined>> = {}
  for (const item of text?.split(',') ?? []) {
    const [, name = '', number = ''] = /^\s*([a-z-]+\/[a-z]+)=([1-9]\d{0,6}|off)\s*$/.exec(item) ?? []
    if (!isShareName(name))
      throw new ConfigError(
        `--limits is a list of requests a minute, such as sign-in/source=600,message/pool=off, or off for none at all; there are ${Object.keys(defaultShareLimits).join(', ')}. Not one of them: ${item.trim()}.`,
      )
    changed[name] = number === 'off' ? undefined : Number(number)
  }
  return { ...before, ...changed }
}

const required = (name: string, what: string): string => {
  const value = environment(name)
  if (value !== undefined) return value
  throw new ConfigError(`${what} needs ${name}.`)
}

const tlsOf = (options: Options): Settings['tls'] => {
  const certFile = options.tlsCert ?? environment('POOLKEEPER_TLS_CERT')
  const keyFile = options.tlsKey ?? environment('POOLKEEPER_TLS_KEY')
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile }
  throw new ConfigError('TLS needs both files: --tls-cert and --tls-key.')
}

const isOn = (name: string): boolean => ['1', 'true', 'yes'].includes(environment(name)?.toLowerCase() ?? '')

const smsOf = (options: Options, region: string): SmsSettings | undefined => {
  const url = options.smsWebhook ?? environment('POOLKEEPER_SMS_WEBHOOK')
  const endpoint = options.snsEndpoint ?? environment('POOLKEEPER_SNS_ENDPOINT')
  if (url !== undefined && endpoint !== undefined) {
    throw new ConfigError('Text messages go one way: by --sms-webhook or by --sns-endpoint, not by both.')
  }
  if (url !== undefined) {
    const key = required('POOLKEEPER_SMS_WEBHOOK_KEY', 'The web hook of text messages')
    return { by: 'webhook', url: checkUrl(url, ['http:', 'https:'], 'The web hook of text messages'), key }
  }
  if (endpoint === undefined) return undefined
  return {
    by: 'sns',
    endpoint: checkEndpoint(endpoint, 'The SNS endpoint'),
    region: checkRegion(environment('POOLKEEPER_SNS_REGION') ?? region),
    accessKeyId: required('POOLKEEPER_SNS_ACCESS_KEY_ID', 'The SNS endpoint'),
    secretAccessKey: required('POOLKEEPER_SNS_SECRET_ACCESS_KEY', 'The SNS endpoint'),
  }
}

const poolSizeOf = (text: string | undefined): number => {
  const size = Number(text ?? 10)
  if (text !== '' && Number.isInteger(size) && size >= 1 && size <= 1000) return size
  throw new ConfigError(`The connections to PostgreSQL must be a number from 1 to 1000, not ${text}.`)
}

const common = (
  options: Options,
  shareLimits: ShareLimits,
): Omit<Settings, 'mode' | 'dataFolder' | 'database' | 'argon2' | 'metrics' | 'mailFrom' | 'drainSeconds' | 'tls'> => {
  const host = options.host ?? '127.0.0.1'
  const port = options.port ?? 9229
  const publicUrl = options.publicUrl ?? environment('POOLKEEPER_PUBLIC_URL') ?? localUrl({ host, port })
  const smtpUrl = options.smtp ?? environment('POOLKEEPER_SMTP')
  const region = checkRegion(options.region ?? environment('POOLKEEPER_REGION') ?? 'zz-local-1')
  return {
    host,
    port,
    publicUrl: checkUrl(publicUrl, ['http:', 'https:'], 'The public URL'),
    issuerMode: options.issuer ?? 'own',
    allowedOrigins: (options.allowOrigin ?? []).map(checkOrigin),
    region,
    accountId: '000000000000',
    databasePoolSize: poolSizeOf(options.databaseConnections ?? environment('POOLKEEPER_DATABASE_CONNECTIONS')),
    smtpUrl: smtpUrl === undefined ? undefined : checkUrl(smtpUrl, ['smtp:', 'smtps:'], 'The mail server'),
    smtpRequireTls: options.smtpRequireTls ?? isOn('POOLKEEPER_SMTP_REQUIRE_TLS'),
    sms: smsOf(options, region),
    hashQueueLimit: 100,
    shareLimits: shareLimitsOf(options.limits ?? environment('POOLKEEPER_LIMITS'), shareLimits),
    trustedProxies: options.trustedProxies ?? environment('POOLKEEPER_TRUSTED_PROXIES'),
    triggersFile: options.triggers ?? environment('POOLKEEPER_TRIGGERS'),
    passwordListFile: options.passwordList ?? environment('POOLKEEPER_PASSWORD_LIST'),
  }
}

/**
 * The settings of the development server.
 *
 * @throws ConfigError when it would listen beyond this machine
 */
export const developmentSettings = (options: Options): Settings => {
  const settings = common(options, noShareLimits)
  if (!loopback.includes(settings.host)) {
    throw new ConfigError(
      `The development server accepts any credentials, so it listens on this machine only: --host must be one of ${loopback.join(', ')}. For a network, use poolkeeper serve.`,
    )
  }
  const dataFolder = options.data ?? '.poolkeeper'
  return {
    ...settings,
    mode: 'dev',
    tls: undefined,
    metrics: undefined,
    drainSeconds: 0,
    dataFolder,
    database: checkDatabase(options.database ?? `${dataFolder}/poolkeeper.db`),
    mailFrom: checkMailFrom(options.mailFrom ?? environment('POOLKEEPER_MAIL_FROM') ?? 'no-reply@poolkeeper.example'),
    argon2: lightArgon2,
    hashQueueLimit: 1000,
  }
}

/**
 * The settings of the production server.
 *
 * @throws ConfigError when something that has no safe default is missing
 */
export const productionSettings = (options: Options): Settings => {
  requireAddress(options)
  const settings = common(options, defaultShareLimits)
  const mailFrom = options.mailFrom ?? environment('POOLKEEPER_MAIL_FROM')
  if (settings.smtpUrl !== undefined && mailFrom === undefined) {
    throw new ConfigError('With a mail server, say who the mail is from: --mail-from, or POOLKEEPER_MAIL_FROM.')
  }
  return {
    ...settings,
    mode: 'serve',
    tls: tlsOf(options),
    drainSeconds: options.drain ?? 5,
    metrics: { host: options.metricsHost ?? '127.0.0.1', port: options.metricsPort ?? 9230 },
    dataFolder: options.data,
    database: databaseOf(options),
    mailFrom: mailFrom === undefined ? 'no-reply@localhost' : checkMailFrom(mailFrom),
    argon2: strongArgon2,
  }
}

/** Requires the settings that become part of pool ids and tokens: a wrong default would be noticed too late. */
const requireAddress = ({ region, publicUrl }: Options): void => {
  if ((region ?? environment('POOLKEEPER_REGION')) === undefined)
    throw new ConfigError(
      'Say which Region this server serves: --region eu-central-1, or POOLKEEPER_REGION. The ids of its pools begin with it and requests are signed for it, so it cannot be changed later.',
    )
  if ((publicUrl ?? environment('POOLKEEPER_PUBLIC_URL')) === undefined)
    throw new ConfigError(
      'Say under which URL clients reach this server: --public-url https://id.example.com, or POOLKEEPER_PUBLIC_URL. Tokens name it as their issuer.',
    )
}

/** The settings of a listening server, whose port is known: a default public URL gets the port instead of 0. */
export const atPort = (settings: Settings, port: number): Settings => {
  if (settings.port !== 0) return settings
  const derived = settings.publicUrl === localUrl(settings)
  return { ...settings, port, publicUrl: derived ? localUrl({ host: settings.host, port }) : settings.publicUrl }
}

// A URL of anything else would be taken for the name of a file.
const checkDatabase = (database: string): string => {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(database)?.[1]
  if (scheme === undefined || /^postgres(ql)?$/i.test(scheme)) return database
  throw new ConfigError(
    `Data is kept in PostgreSQL (postgres://…) or in a SQLite file, which is named by its path; ${scheme}:// is neither.`,
  )
}

/** The database of every command but `dev`. @throws ConfigError when neither options nor environment name it */
export const databaseOf = (options: Pick<Options, 'database' | 'data'>): string => {
  const database = options.database ?? environment('POOLKEEPER_DATABASE')
  if (database !== undefined) return checkDatabase(database)
  if (options.data !== undefined) return `${options.data}/poolkeeper.db`
  throw new ConfigError('Say where the data lies: --database postgres://…, or --data FOLDER for SQLite.')
}

/** The environment of trigger functions: without the variables of the service, which hold its keys. */
export const functionEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('POOLKEEPER_'),
    ),
  )

/**
 * Sets the threads of libuv's pool, which signs tokens, to the number of cores, unless UV_THREADPOOL_SIZE says another:
 * with more threads, most of them sleep, and waking one costs a tenth of a signature. Call it before the first use of the
 * pool. Slow hashes run in other threads.
 */
export const sizeThreadPool = (cores: number): void => {
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(2, cores))
}

/** The sealing keys of the environment, as text, or undefined. */
export const sealKeysText = (): string | undefined => environment('POOLKEEPER_SEAL_KEYS')

/** The Region that `poolkeeper try` signs for. @throws ConfigError when it is no name of a Region */
export const regionToTry = (region: string | undefined): string =>
  checkRegion(region ?? environment('POOLKEEPER_REGION') ?? 'zz-local-1')

/** The access key of `poolkeeper try`, from the variables that every AWS tool reads. */
export const callerCredentials = (): { accessKeyId: string; secretAccessKey: string } | undefined => {
  const accessKeyId = environment('AWS_ACCESS_KEY_ID')
  const secretAccessKey = environment('AWS_SECRET_ACCESS_KEY')
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
}
