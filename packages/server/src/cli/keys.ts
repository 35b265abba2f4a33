// poolkeeper keys: makes, lists and disables the access keys of signed requests.
import { Command } from 'commander'
import type { Options } from '../config.ts'
import { databaseOption, dataOption } from './options.ts'

const withDatabase = (command: Command): Command =>
  command.addOption(databaseOption()).addOption(dataOption('folder of SQLite'))

type PolicyWords = { readonly pools?: string; readonly operations?: string }

const create = withDatabase(new Command('create'))
  .description('make an access key and print it, this once')
  .option('--note <text>', 'what the key is for', '')
  .option('--pools <ids>', 'the user pools that the key is limited to, with commas between them')
  .option('--operations <names>', "the operations that it is limited to, such as 'Admin*,ListUsers'")
  .action(async ({ note, pools, operations, ...options }: Options & PolicyWords & { note: string }) => {
    const { createAccessKey, inStore, keyPolicyOf } = await import('./open-store.ts')
    const policy = keyPolicyOf({ pools, operations })
    const { accessKeyId, secretAccessKey } = await inStore(options, { mode: 'serve', makes: true }, (context) =>
      createAccessKey(context, note, policy),
    )
    process.stdout.write(`AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`)
  })

const limitOf = (what: string, names: readonly string[] | undefined): string =>
  names === undefined ? `every ${what}` : `${what}s ${names.join(',')}`

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

const list = withDatabase(new Command('list'))
  .description('list the access keys, without their secrets')
  .action(async (options: Options) => {
    const { inStore, listAccessKeys } = await import('./open-store.ts')
    const keys = await inStore(options, { mode: 'serve', makes: false }, listAccessKeys)
    const rows = keys.map(({ id, note, policy, createdAt, disabledAt }) =>
      [
        id,
        day(createdAt),
        disabledAt === undefined ? 'enabled' : `disabled ${day(disabledAt)}`,
        limitOf('pool', policy.pools),
        limitOf('operation', policy.operations),
        note,
      ]
        .join('  ')
        .trimEnd(),
    )
    process.stdout.write(
      rows.length > 0 ? `${rows.join('\n')}\n` : 'There are no access keys. Make one: poolkeeper keys create\n',
    )
  })

const disable = withDatabase(new Command('disable'))
  .description('disable an access key for good')
  .argument('<access-key-id>')
  .action(async (accessKeyId: string, options: Options) => {
    const { disableAccessKey, inStore } = await import('./open-store.ts')
    await inStore(options, { mode: 'serve', makes: false }, (context) => disableAccessKey(context, accessKeyId))
    process.stdout.write(`${accessKeyId} is disabled.\n`)
  })

/** The command. */
export const keysCommand: Command = new Command('keys')
  .description('manage the access keys that signed requests are checked against')
  .addCommand(create)
  .addCommand(list)
  .addCommand(disable)
