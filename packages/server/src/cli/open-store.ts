// What the commands beside the servers work with: the same store and keys, and the flows they run.
import { databaseOf, lightArgon2, type Options } from '../config.ts'
import { systemClock } from '../clock.ts'
import type { Context } from '../context.ts'
import { readPolicy } from '../flows/access-keys.ts'
import { checkSealKeys } from '../flows/sealed-before.ts'
import { makeKeys } from '../keys/index.ts'
import { sealKeysOf } from '../keys/seal.ts'
import { systemRandom } from '../random.ts'
import { openStore } from '../store/index.ts'
import { openDatabase } from '../store/database/open-database.ts'
import { databaseNews } from '../telemetry/database-news.ts'
import type { KeyPolicy } from '../rules/key-policy.ts'
import { terminalLog } from '../telemetry/log.ts'
import { isOpen } from '../wire/authority.ts'
import { operationShapes, type OperationName } from '../wire/model.gen.ts'

export { createAccessKey, disableAccessKey, listAccessKeys } from '../flows/access-keys.ts'
export { rotateKeys } from '../flows/callers/signing.ts'
export { newSealKey } from '../keys/seal.ts'

/** What a command is handed. */
export type CommandContext = Pick<Context, 'store' | 'keys' | 'clock' | 'random' | 'log'>

/** The policy that `poolkeeper keys create` says. @throws ConfigError as `readPolicy` does */
export const keyPolicyOf = (words: { pools?: string | undefined; operations?: string | undefined }): KeyPolicy =>
  readPolicy(
    words,
    (Object.keys(operationShapes) as OperationName[]).filter((name) => !isOpen(name)),
  )

/**
 * Opens the store for a command.
 *
 * @throws ConfigError when the database or the sealing key is not named, or the key is another than the database's
 */
export const openForCommand = async (
  options: Options,
): Promise<{ context: CommandContext; close: () => Promise<void> }> => {
  // Standard output is the command's answer, which programs read.
  const log = terminalLog((line) => void process.stderr.write(line))
  const sealKeys = sealKeysOf({ mode: options.data === undefined ? 'serve' : 'dev', dataFolder: options.data })
  const database = await openDatabase({
    database: databaseOf(options),
    poolSize: 1,
    now: systemClock.now,
    ...databaseNews(log),
  })
  const keys = makeKeys({ sealKeys, argon2: lightArgon2, hashQueueLimit: 1, signingStock: 0 })
  const context = { store: openStore(database), clock: systemClock, random: systemRandom, keys, log }
  try {
    await checkSealKeys(context)
  } catch (error) {
    await database.close()
    throw error
  }
  return { context, close: () => database.close() }
}
