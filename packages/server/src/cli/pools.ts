// poolkeeper pools: manages user pools, for the operator of the servers.
import { Command } from 'commander'
import { ConfigError, type Options } from '../config.ts'
import { databaseOption, dataOption } from './options.ts'

const rotate = new Command('rotate-keys')
  .description('give a pool new signing keys; the old ones verify until their last token has expired')
  .argument('<pool-id>')
  .addOption(databaseOption())
  .addOption(dataOption('folder of SQLite'))
  .addHelpText(
    'after',
    '\nThe new keys are published at once and sign after an hour, when everybody has learnt of them.',
  )
  .action(async (poolId: string, options: Options) => {
    const { inStore, rotateKeys } = await import('./open-store.ts')
    await inStore(options, { mode: undefined, makes: false }, async (context) => {
      if (!(await context.store.pools.find(poolId))) throw new ConfigError(`There is no user pool ${poolId}.`)
      await rotateKeys(context, poolId)
    })
    process.stdout.write(`${poolId} has new signing keys; they sign in an hour.\n`)
  })

/** The command. */
export const poolsCommand: Command = new Command('pools').description('manage user pools').addCommand(rotate)
