// poolkeeper seal-key: makes a sealing key, which the production server requires.
import { Command } from 'commander'

/** The command. */
export const sealKeyCommand: Command = new Command('seal-key')
  .description('print a new sealing key for POOLKEEPER_SEAL_KEYS')
  .addHelpText(
    'after',
    '\nKeep it where secrets are kept: without it the database cannot be read. To rotate, put a new\nkey before the old one: POOLKEEPER_SEAL_KEYS=new,old. New secrets are sealed under the first.',
  )
  .action(async () => {
    const { newSealKey } = await import('./open-store.ts')
    process.stdout.write(`${newSealKey()}\n`)
  })
