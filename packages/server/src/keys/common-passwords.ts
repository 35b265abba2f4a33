// The operator's list of forbidden passwords (requirement 10), read once at the start from a local file. 100,000 lines
// take about 0.15 s and 6 MB; the size of the file is limited.
import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from '../config.ts'

/** The passwords that no user may set. */
export type CommonPasswords = {
  /** Whether the list contains a password, ignoring case. */
  has(password: string): boolean
}

/** The empty list. */
export const noCommonPasswords: CommonPasswords = { has: () => false }

/** The largest file: about a million lines, which take 2 s and 45 MB. */
const largestBytes = 10_485_760

// The longest password has 256 characters of at most two UTF-16 units.
const longestUnits = 512

/**
 * Reads a list.
 *
 * @param file - path of a text file with one password a line; undefined for no list
 * @throws ConfigError in one sentence when it cannot be read, is too large or holds no password
 */
export const readCommonPasswords = (file: string | undefined): CommonPasswords => {
  if (file === undefined) return noCommonPasswords
  const listed = new Set<string>()
  for (const line of textOf(file).toLowerCase().split('\n')) {
    const password = line.trim()
    if (password !== '' && password.length <= longestUnits) listed.add(password)
  }
  if (listed.size === 0) throw new ConfigError(`The password list ${file} holds no password.`)
  return { has: (password) => listed.has(password.toLowerCase()) }
}

const textOf = (file: string): string => {
  const refused = (because: string): ConfigError =>
    new ConfigError(`The password list ${file} cannot be used: ${because}.`)
  try {
    if (statSync(file).size > largestBytes) throw refused(`it is larger than ${largestBytes / 1_048_576} MiB`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw refused(error instanceof TypeError ? 'it is not UTF-8 text' : (error as Error).message)
  }
}
