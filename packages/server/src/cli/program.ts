// The command line: one file per command. An error that the user can correct is printed as one sentence.
import { Command } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { ConfigError } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { devCommand } from './dev.ts'
import { keysCommand } from './keys.ts'
import { poolsCommand } from './pools.ts'
import { sealKeyCommand } from './seal-key.ts'
import { serveCommand } from './serve.ts'
import { tryCommand } from './try.ts'

const notAFolder = (error: NodeJS.ErrnoException): string => `Not a folder: ${error.path ?? error.message}.`

/** Sentences for system errors that the user can correct. */
const sentences: Readonly<Record<string, (error: NodeJS.ErrnoException) => string>> = {
  EADDRINUSE: (error) => `The port is in use already (${error.message}). Choose another with --port.`,
  EADDRNOTAVAIL: (error) => `This machine does not have that address (${error.message}).`,
  EACCES: (error) => `No permission: ${error.message}.`,
  EPERM: (error) => `No permission: ${error.message}.`,
  EROFS: (error) => `The folder cannot be written: ${error.message}.`,
  ENOENT: (error) => `Not found: ${error.message}.`,
  ENOTDIR: notAFolder,
  // mkdir reports this if a file has the folder's name.
  EEXIST: notAFolder,
  EISDIR: (error) => `A folder stands where a file is needed: ${error.message}.`,
  ECONNREFUSED: (error) => `Nothing answers there: ${error.message || 'the connection was refused'}.`,
  ERR_SQLITE_ERROR: (error) => `The database cannot be used: ${error.message}.`,
}

const explain = (error: unknown): string => {
  if (error instanceof ConfigError) return error.message
  if (error instanceof ServiceError) return `The database did not take it: ${error.reason ?? error.message}. Try again.`
  const { code } = error as NodeJS.ErrnoException
  const sentence = code === undefined ? undefined : sentences[code]
  if (sentence) return sentence(error as NodeJS.ErrnoException)
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

const program = new Command('poolkeeper')
  .description('A self-hosted user-pool service that speaks the Amazon Cognito user pools protocol.')
  .version(manifest.version, '-v, --version')
  .addCommand(devCommand)
  .addCommand(serveCommand)
  .addCommand(tryCommand)
  .addCommand(keysCommand)
  .addCommand(poolsCommand)
  .addCommand(sealKeyCommand)

// After a mistyped word the help points to the list of commands.
const pointToHelp = (command: Command, words: string): void => {
  command.showHelpAfterError(`(${words} --help lists what there is)`)
  for (const below of command.commands) pointToHelp(below, `${words} ${below.name()}`)
}
pointToHelp(program, program.name())

// A reader such as `head` may close the pipe early; that is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error
})

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`poolkeeper: ${explain(error)}\n`)
  process.exitCode = 1
}
