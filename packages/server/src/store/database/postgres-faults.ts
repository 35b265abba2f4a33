// Explains why a PostgreSQL database cannot be opened: turns errors of PostgreSQL, the network and TLS into one
// sentence with advice. SQLSTATEs are those of the PostgreSQL manual, appendix A; the messages of the server may be in
// any language.
import { ConfigError } from '../../errors.ts'
import { postgresPlaces } from './postgres-url.ts'

/**
 * Explains an error of opening a database.
 *
 * @param url - the URL of the database; only its hosts and names are repeated in the message
 * @returns a ConfigError when the operator can mend the cause, otherwise the unchanged error
 */
export const explainedFault = (error: unknown, url: string): unknown => {
  if (error instanceof ConfigError || !(error instanceof Error)) return error
  const sentence = sentenceOf(error, hostsOf(url))
  return sentence === undefined ? error : new ConfigError(sentence, { cause: error })
}

const sentenceOf = (error: Error, hosts: string): string | undefined => {
  const { code = '', message } = error as NodeJS.ErrnoException
  const byCode = sentences[code]?.(error, hosts)
  if (byCode !== undefined) return byCode
  if (certificateFaults.test(code))
    return `The certificate of PostgreSQL at ${hosts} is not believed (${message}). ${certificateAdvice}`
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return `TLS with PostgreSQL at ${hosts} failed: ${message}.`
  return byWords.find(([words]) => words.test(message))?.[1](hosts)
}

/** An error of the server; its message has names in quotation marks. */
type Fault = Error & { readonly routine?: string; readonly hostname?: string }

const named = ({ message }: Error): string => /"([^"]*)"/.exec(message)?.[0] ?? 'of the URL'

const certificateFaults =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)/

const certificateAdvice =
  'Name the authority that signed it by sslrootcert=FILE in the URL, and the host by the name in the certificate.'

const unknownHost = ({ hostname }: Fault, hosts: string): string =>
  `There is no host ${hostname ?? hosts}: look at the URL of the database, and at the name server of this machine.`

const unreachable = (_: Fault, hosts: string): string =>
  `PostgreSQL at ${hosts} does not answer: look whether it runs there, and whether a firewall stands between.`

const sentences: Readonly<Record<string, (fault: Fault, hosts: string) => string | undefined>> = {
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ECONNREFUSED: (_, hosts) =>
    `Nothing listens at ${hosts}: start PostgreSQL there, let it listen on that address (listen_addresses), or name another in the URL of the database.`,
  ECONNRESET: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ERR_INVALID_URL: () =>
    'The URL of the database cannot be read: it is postgres://user:password@host:port/database, and characters such as @, / and # in a password are written as %40, %2F and %23.',
  '3D000': (fault) =>
    `PostgreSQL has no database ${named(fault)}: make it (create database …), or name another in the URL.`,
  '28P01': (fault) =>
    `PostgreSQL does not take the password of the role ${named(fault)}: look at user and password in the URL.`,
  '28000': (fault) =>
    fault.routine === 'InitializeSessionUserId'
      ? `PostgreSQL has no role ${named(fault)} that may log in: make it (create role … login), or name another in the URL.`
      : `PostgreSQL does not let this machine in (${fault.message}): its pg_hba.conf must name role, database and address; where it asks for TLS, add sslmode=verify-full to the URL.`,
  '42501': (fault) =>
    `The role in the URL may not do in PostgreSQL what is needed (${fault.message}): let it make tables, by grant create, usage on schema public to that role.`,
  '22023': ({ message }) =>
    `PostgreSQL does not take a setting that the URL of the database names (${message}): mend it, or leave it out.`,
  '3F000': () => 'The role in the URL has no schema to make tables in: make one, and set its search_path to it.',
  '53300': () =>
    'PostgreSQL has no connection left: raise its max_connections, or lower --database-connections of the servers.',
  '57P03': (fault) => `PostgreSQL is not ready yet (${fault.message}): try again in a moment.`,
  '08P01': ({ message }) =>
    `What stands in front of PostgreSQL does not take its settings (${message}). PgBouncer needs ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout.`,
  '55P03': () => 'Another transaction holds a table that must be changed: end it, and start again.',
  '25006': (_, hosts) => readOnly(hosts),
}

const readOnly = (hosts: string): string =>
  `The database at ${hosts} takes no writes: it is a standby, or read-only. Name the primary in the URL, or all hosts, with commas between them.`

/** Errors whose message comes from the driver. */
const byWords: readonly (readonly [words: RegExp, sentence: (hosts: string) => string])[] = [
  [
    /server does not support SSL/,
    (hosts) => `PostgreSQL at ${hosts} speaks no TLS: switch it on there (ssl = on), or take sslmode out of the URL.`,
  ],
  [
    /error establishing an SSL connection/,
    (hosts) => `What answers at ${hosts} is no PostgreSQL that speaks TLS: look at host and port in the URL.`,
  ],
  [
    /password must be a/,
    () =>
      'PostgreSQL asks for a password, and the URL of the database has none: postgres://user:password@host/database.',
  ],
  [/timeout|did not answer in time/i, (hosts) => unreachable(new Error(), hosts)],
  [/terminated unexpectedly/, (hosts) => `What answers at ${hosts} hung up: look whether it is a PostgreSQL.`],
  [/takes no writes/, readOnly],
]

const hostsOf = (url: string): string => {
  const urls = postgresPlaces(url).urls.map((one) => /^[a-z]+:\/\/(?:.*@)?([^/?#]*)/i.exec(one)?.[1] || 'its socket')
  return urls.join(' or ')
}
