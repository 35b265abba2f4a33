// poolkeeper dev: starts the development server, with a ready pool.
import { Command } from 'commander'
import { developmentSettings, localUrl, type Options } from '../config.ts'
import { untilStopped } from './until-stopped.ts'
import {
  addressOptions,
  allowOriginOption,
  connectionsOption,
  devDatabaseOption,
  dataOption,
  hostOption,
  mailOptions,
  passwordListOption,
  portOption,
  regionOption,
  shareOptions,
  smsOptions,
  triggersOption,
  tryWords,
} from './options.ts'

type Banner = {
  readonly url: string
  readonly region: string
  readonly poolId: string
  readonly clientId: string
  readonly mailbox: boolean
  readonly clockAheadSeconds: number
  readonly tryIt: string
}

const banner = (at: Banner): string => `
  Poolkeeper, development server

  Endpoint      ${at.url}
  User pool     ${at.poolId}   (MFA required, authenticator app; sign-in by e-mail)
  App client    ${at.clientId}   (no secret)
  Mailbox       ${at.mailbox ? `${at.url}/_poolkeeper/mailbox` : 'none: mail goes to the mail server'}
  Clock         ${at.clockAheadSeconds} s ahead of real time   (${at.url}/_poolkeeper/clock; a reset puts it back)

  For an AWS SDK:

    import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
    const client = new CognitoIdentityProviderClient({
      endpoint: '${at.url}',
      region: '${at.region}',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })

  See the whole flow:   ${at.tryIt}

  This server accepts any credentials and hashes passwords lightly. It listens on this
  machine only, and is not for production: that is poolkeeper serve.
`

/** The command. */
export const devCommand: Command = new Command('dev')
  .description('start the development server: a ready pool, any credentials, a readable mailbox')
  .addOption(portOption())
  .addOption(hostOption())
  .addOption(allowOriginOption())
  .addOption(dataOption('folder of the database and the key file').default('.poolkeeper'))
  .addOption(devDatabaseOption())
  .addOption(connectionsOption())
  .addOption(regionOption())
  .addOption(triggersOption())
  .addOption(passwordListOption())
  .action(async (options: Options) => {
    const settings = developmentSettings(options)
    const { startServer } = await import('../main.ts')
    const server = await startServer(settings)
    const { url, ready } = server
    const { region } = settings
    const tryIt = tryWords(import.meta.url, localUrl({ host: settings.host, port: server.port }))
    const clockAheadSeconds = server.clockAheadSeconds()
    if (ready) server.print(banner({ url, region, ...ready, mailbox: !settings.smtpUrl, clockAheadSeconds, tryIt }))
    await untilStopped(server)
  })

for (const option of [...addressOptions(), ...mailOptions(), ...smsOptions(), ...shareOptions()])
  devCommand.addOption(option)
