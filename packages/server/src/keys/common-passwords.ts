// The operator's list of passwords that nobody may take (requirement 10): read once, from a file of this machine.
// 100,000 lines cost about 0.15 s of the start and 6 MB; the size of the file is bounded.
import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from '../config.ts'

/** Passwords that are refused wherever one is set. */
export type CommonPasswords = {
  /** Whether a password is in the list, in whatever case. */
  has(password: string): boolean
}

/** No list. */
export const noCommonPasswords: CommonPasswords = { has: () => false }

/** About a million lines, which cost 2 s and 45 MB. */
const largestBytes = 10_485_760

// 256 characters of two units each: no longer password is taken.
const longestUnits = 512

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
