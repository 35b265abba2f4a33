// Options that several commands take, and their checks.
import { InvalidArgumentError, Option } from 'commander'

const port = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  }
  return number
}

/** --port */
export const portOption = (): Option => new Option('--port <number>', 'port to listen on').argParser(port).default(9229)

/** --host */
export const hostOption = (): Option => new Option('--host <address>', 'address to listen on').default('127.0.0.1')

/** --metrics-port */
export const metricsPortOption = (): Option =>
  new Option('--metrics-port <number>', 'port of /metrics').argParser(port).default(9230)

/** --database */
export const databaseOption = (): Option =>
  new Option('--database <url>', 'where the data lies: postgres://… or a SQLite file (env: POOLKEEPER_DATABASE)')

/** --data */
export const dataOption = (text: string): Option => new Option('--data <folder>', text)

/** --smtp and --mail-from */
export const mailOptions = (): Option[] => [
  new Option('--smtp <url>', 'mail server: smtp://user:password@host:port (env: POOLKEEPER_SMTP)'),
  new Option('--mail-from <address>', 'sender of mail (env: POOLKEEPER_MAIL_FROM)'),
]

/** --region */
export const regionOption = (): Option =>
  new Option('--region <name>', 'Region of new pools when a request names none (env: POOLKEEPER_REGION)')

/** --public-url and --issuer */
export const addressOptions = (): Option[] => [
  new Option('--public-url <url>', 'URL under which clients reach this server (env: POOLKEEPER_PUBLIC_URL)'),
  new Option('--issuer <mode>', 'issuer of tokens: own is the public URL, cognito is shaped like AWS')
    .choices(['own', 'cognito'])
    .default('own'),
]
