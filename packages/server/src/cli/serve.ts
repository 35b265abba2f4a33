// poolkeeper serve: the production server.
import { Command } from 'commander'
import { productionSettings, type Options } from '../config.ts'
import {
  addressOptions,
  databaseOption,
  dataOption,
  hostOption,
  mailOptions,
  metricsPortOption,
  passwordListOption,
  portOption,
  regionOption,
  smsOptions,
  triggersOption,
} from './options.ts'
import { untilStopped } from './until-stopped.ts'

/** The command. */
export const serveCommand: Command = new Command('serve')
  .description('start the production server: signed requests, strong hashes, sealed secrets')
  .addOption(portOption())
  .addOption(hostOption())
  .addOption(metricsPortOption())
  .addOption(dataOption('folder of SQLite'))
  .addOption(databaseOption())
  .addOption(regionOption())
  .addOption(triggersOption())
  .addOption(passwordListOption())
  .addHelpText(
    'after',
    '\nNeeds POOLKEEPER_SEAL_KEYS; poolkeeper seal-key makes one. Administration is by signed requests:\npoolkeeper keys create makes an access key.',
  )
  .action(async (options: Options) => {
    const settings = productionSettings(options)
    const { startServer } = await import('../main.ts')
    const server = await startServer(settings)
    process.stdout.write(`poolkeeper: serving ${settings.publicUrl} on ${settings.host}:${server.port}\n`)
    await untilStopped(server)
  })

for (const option of [...addressOptions(), ...mailOptions(), ...smsOptions()]) serveCommand.addOption(option)
