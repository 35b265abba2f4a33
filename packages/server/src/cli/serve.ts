// poolkeeper serve: starts the production server.
import { Command } from 'commander'
import { productionSettings, type Options, type Settings } from '../config.ts'
import type { RunningServer } from '../main.ts'
import {
  addressOptions,
  connectionsOption,
  databaseOption,
  dataOption,
  drainOption,
  hostOption,
  mailOptions,
  metricsOptions,
  passwordListOption,
  portOption,
  regionOption,
  shareOptions,
  smsOptions,
  tlsOptions,
  triggersOption,
} from './options.ts'
import { untilStopped } from './until-stopped.ts'

const issuer = ({ issuerMode, publicUrl, region }: Settings): string =>
  issuerMode === 'cognito' ? `https://cognito-idp.${region}.amazonaws.com` : publicUrl

const banner = (settings: Settings, { url, port, metricsUrl }: RunningServer): string =>
  [
    `serving ${url} on ${settings.host}:${port}`,
    `tokens are issued by ${issuer(settings)}/<user pool id>, in Region ${settings.region}`,
    `figures at ${metricsUrl}`,
  ]
    .map((line) => `poolkeeper: ${line}\n`)
    .join('')

/** The command. */
export const serveCommand: Command = new Command('serve')
  .description('start the production server: signed requests, strong hashes, sealed secrets')
  .addOption(portOption())
  .addOption(hostOption())
  .addOption(drainOption())
  .addOption(dataOption('folder of SQLite'))
  .addOption(databaseOption())
  .addOption(connectionsOption())
  .addOption(regionOption())
  .addOption(triggersOption())
  .addOption(passwordListOption())
  .addHelpText(
    'after',
    '\nNeeds --region, --public-url, --database or --data, and POOLKEEPER_SEAL_KEYS: poolkeeper seal-key makes\none. Administration is by signed requests: poolkeeper keys create makes an access key.',
  )
  .action(async (options: Options) => {
    const settings = productionSettings(options)
    const { startServer } = await import('../main.ts')
    const server = await startServer(settings)
    server.print(banner(settings, server))
    // Without a certificate, SIGHUP ends the program, as is usual.
    if (settings.tls) process.on('SIGHUP', () => void server.reloadCertificate())
    await untilStopped(server)
  })

for (const option of [
  ...tlsOptions(),
  ...metricsOptions(),
  ...addressOptions(),
  ...mailOptions(),
  ...smsOptions(),
  ...shareOptions(),
])
  serveCommand.addOption(option)
