// The store, the keys and the flows of the commands that work on a database without a running server.
import { existsSync } from 'node:fs'
import { ConfigError, databaseOf, lightArgon2, type Options } from '../config.ts'
import { systemClock } from '../clock.ts'
import type { Context } from '../context.ts'
import { makeDataFolder } from '../data-folder.ts'
import { readPolicy } from '../flows/access-keys.ts'
import { checkSealKeys } from '../flows/sealed-before.ts'
import { makeKeys } from '../keys/index.ts'
import { sealKeysOf, type SealKey } from '../keys/seal.ts'
import { systemRandom } from '../random.ts'
import { openStore } from '../store/index.ts'
import type { Mode } from '../store/database/mode.ts'
import { isPostgres, openDatabase } from '../store/database/open-database.ts'
import { databaseNews } from '../telemetry/database-news.ts'
import type { KeyPolicy } from '../rules/key-policy.ts'
import { terminalLog } from '../telemetry/log.ts'
import { isOpen } from '../wire/authority.ts'
import { operationShapes, type OperationName } from '../wire/model.gen.ts'

export { createAccessKey, disableAccessKey, listAccessKeys } from '../flows/access-keys.ts'
export { rotateKeys } from '../flows/callers/signing.ts'
export { newSealKey } from '../keys/seal.ts'

/** The context of a command. */
export type CommandContext = Pick<Context, 'store' | 'keys' | 'clock' | 'random' | 'log'>

/** Reads the policy of `poolkeeper keys create`. @throws ConfigError as `readPolicy` does */
export const keyPolicyOf = (words: { pools?: string | undefined; operations?: string | undefined }): KeyPolicy =>
  readPolicy(
    words,
    (Object.keys(operationShapes) as OperationName[]).filter((name) => !isOpen(name)),
  )

/** The requirements of a command on its database. */
type CommandKind = {
  /** The mode that must have made the database; undefined for either. */
  readonly mode: Mode | undefined
  /** Whether the command creates a missing database, as the first command of a deployment does. */
  readonly makes: boolean
}

/**
 * Runs a command on the store.
 *
 * @returns the result of `work`, after the store was closed
 * @throws ConfigError when the database or the sealing key is not named, is not there or is another than the database's
 */
export const inStore = async <Result>(
  options: Pick<Options, 'database' | 'data'>,
  { mode, makes }: CommandKind,
  work: (context: CommandContext) => Promise<Result>,
): Promise<Result> => {
  const named = databaseOf(options)
  const sealKeys = keysOfCommand(options.data)
  if (makes && options.data !== undefined) makeDataFolder(options.data)
  if (!makes) requireFile(named)
  // The log goes to standard error: programs read the command's answer from standard output.
  const log = terminalLog((line) => void process.stderr.write(line))
  const news = databaseNews(log)
  const database = await openDatabase({ database: named, poolSize: 1, mode, now: systemClock.now, ...news })
  try {
    const keys = makeKeys({ sealKeys, argon2: lightArgon2, hashQueueLimit: 1, signingStock: 0 })
    const context = { store: openStore(database), clock: systemClock, random: systemRandom, keys, log }
    await checkSealKeys(context)
    return await work(context)
  } finally {
    await database.close()
  }
}

// The development server has a key file in the folder of its database. A command never makes one: no server could open
// what a fresh key sealed.
const keysOfCommand = (folder: string | undefined): SealKey[] =>
  sealKeysOf({ mode: folder !== undefined && existsSync(`${folder}/seal.key`) ? 'dev' : 'serve', dataFolder: folder })

const requireFile = (database: string): void => {
  if (isPostgres(database) || existsSync(database)) return
  throw new ConfigError(
    `There is no database at ${database} yet. The first poolkeeper keys create, or the first start of poolkeeper serve, makes it.`,
  )
}
