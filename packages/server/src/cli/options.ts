// The options that several commands share, with their checks.
import { InvalidArgumentError, Option } from 'commander'

const port = (text: string): number => {
  const number = Number(text)
  if (text === '' || !Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new InvalidArgumentError('A port is a number from 1 to 65535, or 0 for one that is free.')
  }
  return number
}

/** The default endpoint of `poolkeeper try`. */
export const tryEndpoint = 'http://127.0.0.1:9229'

/** --port */
export const portOption = (): Option =>
  new Option('--port <number>', 'port to listen on; 0 chooses a free one').argParser(port).default(9229)

/** --host */
export const hostOption = (): Option => new Option('--host <address>', 'address to listen on').default('127.0.0.1')

/** --metrics-host and --metrics-port */
export const metricsOptions = (): Option[] => [
  new Option('--metrics-host <address>', 'address of /metrics, apart from that of the API').default('127.0.0.1'),
  new Option('--metrics-port <number>', 'port of /metrics; 0 chooses a free one').argParser(port).default(9230),
]

const seconds = (text: string): number => {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A time is a number of seconds from 0 to 9999.')
}

/** --drain */
export const drainOption = (): Option =>
  new Option('--drain <seconds>', 'how long to serve on after SIGTERM, while /readyz says 503')
    .argParser(seconds)
    .default(5)

/** --allow-origin */
export const allowOriginOption = (): Option =>
  new Option(
    '--allow-origin <origin>',
    'page beyond this machine that may administer, such as https://app.example; repeatable',
  ).argParser((origin: string, before: readonly string[] | undefined) => [...(before ?? []), origin])

/** --database */
export const databaseOption = (): Option =>
  new Option('--database <url>', 'where the data lies: postgres://… or a SQLite file (env: POOLKEEPER_DATABASE)')

/** --database of the development server, which passes over the environment's: that names a production server's */
export const devDatabaseOption = (): Option =>
  new Option('--database <url>', 'where the data lies in place of the folder: postgres://… or a SQLite file')

/** --database-connections */
export const connectionsOption = (): Option =>
  new Option(
    '--database-connections <number>',
    'connections to PostgreSQL at most, of this server; 10 unless said (env: POOLKEEPER_DATABASE_CONNECTIONS)',
  )

/** --data */
export const dataOption = (text: string): Option => new Option('--data <folder>', text)

/** --tls-cert and --tls-key */
export const tlsOptions = (): Option[] => [
  new Option('--tls-cert <file>', 'certificate chain in PEM, read anew when it changes (env: POOLKEEPER_TLS_CERT)'),
  new Option('--tls-key <file>', 'its private key in PEM (env: POOLKEEPER_TLS_KEY)'),
]

/** --smtp, --smtp-require-tls and --mail-from */
export const mailOptions = (): Option[] => [
  new Option('--smtp <url>', 'mail server: smtp://user:password@host:port (env: POOLKEEPER_SMTP)'),
  new Option('--smtp-require-tls', 'send no mail without TLS (env: POOLKEEPER_SMTP_REQUIRE_TLS=1)'),
  new Option('--mail-from <address>', 'sender of mail (env: POOLKEEPER_MAIL_FROM)'),
]

/** --sms-webhook and --sns-endpoint */
export const smsOptions = (): Option[] => [
  new Option(
    '--sms-webhook <url>',
    'text messages by signed posts to this URL (env: POOLKEEPER_SMS_WEBHOOK and …_KEY)',
  ),
  new Option(
    '--sns-endpoint <url>',
    'text messages by Publish of SNS at this URL (env: POOLKEEPER_SNS_ENDPOINT; POOLKEEPER_SNS_REGION, …_ACCESS_KEY_ID and …_SECRET_ACCESS_KEY)',
  ),
]

/** --region */
export const regionOption = (): Option => new Option('--region <name>', 'Region of the pools (env: POOLKEEPER_REGION)')

/** --triggers */
export const triggersOption = (): Option =>
  new Option('--triggers <file>', 'JSON file: the functions behind the ARNs of pools (env: POOLKEEPER_TRIGGERS)')

/** --password-list */
export const passwordListOption = (): Option =>
  new Option(
    '--password-list <file>',
    'text file: passwords that nobody may take, one a line (env: POOLKEEPER_PASSWORD_LIST)',
  )

/** --limits and --trusted-proxies */
export const shareOptions = (): Option[] => [
  new Option(
    '--limits <list>',
    'requests a minute of sources, clients and pools: sign-in/source=600,message/pool=off (env: POOLKEEPER_LIMITS)',
  ),
  new Option(
    '--trusted-proxies <list>',
    'addresses or CIDR blocks whose X-Forwarded-For is believed (env: POOLKEEPER_TRUSTED_PROXIES)',
  ),
]
/** --public-url and --issuer */
export const addressOptions = (): Option[] => [
  new Option('--public-url <url>', 'URL under which clients reach this server (env: POOLKEEPER_PUBLIC_URL)'),
  new Option('--issuer <mode>', 'issuer of tokens: own is the public URL, cognito is shaped like AWS')
    .choices(['own', 'cognito'])
    .default('own'),
]

/**
 * The command line that starts `poolkeeper try` against a server of this machine.
 *
 * @param program - the URL of the running program; run from its source in a clone, the command is an npm script
 */
export const tryWords = (program: string, endpoint: string): string => {
  const words = program.endsWith('.ts') ? 'npm run poolkeeper -- try' : 'npx poolkeeper try'
  return endpoint === tryEndpoint ? words : `${words} --endpoint ${endpoint}`
}
