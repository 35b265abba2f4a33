// A development server of a test's own, with what its operator does: makes pools, clients and users.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { closing } from '../packages/server/testing/closing.ts'
import { advance, appCode, codeFor } from './authenticator.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

/** The ids that a client library is configured with. */
export type PoolIds = { readonly poolId: string; readonly clientId: string }

/** What a pool may be made with. */
export type PoolChoices = {
  readonly pool?: Partial<sdk.CreateUserPoolCommandInput>
  readonly mfa?: Partial<sdk.SetUserPoolMfaConfigCommandInput>
  readonly client?: Partial<sdk.CreateUserPoolClientCommandInput>
}

/** The settings that let a pool send text messages; the development server puts them into its mailbox. */
export const textMessages: sdk.SmsConfigurationType = {
  SnsCallerArn: 'arn:aws:iam::000000000000:role/sms',
  ExternalId: 'sms',
}

/** The settings that let a pool send codes by mail in a sign-in. */
export const developerMail: sdk.EmailConfigurationType = {
  EmailSendingAccount: 'DEVELOPER',
  SourceArn: 'arn:aws:ses:zz-local-1:000000000000:identity/example.com',
}

/** A running development server. */
export type DevServer = {
  readonly url: string
  /** The operator's client. */
  readonly admin: sdk.CognitoIdentityProviderClient
  /** Makes a pool that takes e-mail addresses as user names, and a client of it that may sign in by SRP and password. */
  makePool(choices?: PoolChoices): Promise<PoolIds>
  /** Makes a user who is confirmed, has this password and perhaps a phone number, all verified. */
  makeUser(ids: PoolIds, username: string, password: string, phone?: string): Promise<void>
  /** The newest code sent to an address. */
  codeFor(address: string): Promise<string>
  /** The code that an authenticator app shows now. */
  appCode(secret: string): Promise<string>
  /** Moves the server's clock, not that of the client. */
  advance(seconds: number): Promise<void>
}

const makePool = async (admin: sdk.CognitoIdentityProviderClient, choices: PoolChoices): Promise<PoolIds> => {
  const { UserPool } = await admin.send(
    new sdk.CreateUserPoolCommand({
      PoolName: 'clients',
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      ...choices.pool,
    }),
  )
  const UserPoolId = UserPool?.Id ?? ''
  if (choices.mfa) await admin.send(new sdk.SetUserPoolMfaConfigCommand({ UserPoolId, ...choices.mfa }))
  const { UserPoolClient } = await admin.send(
    new sdk.CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'clients',
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      ...choices.client,
    }),
  )
  return { poolId: UserPoolId, clientId: UserPoolClient?.ClientId ?? '' }
}

const makeUser = async (
  admin: sdk.CognitoIdentityProviderClient,
  { poolId: UserPoolId }: PoolIds,
  Username: string,
  Password: string,
  phone: string | undefined,
): Promise<void> => {
  const verified = (Name: string, Value: string): sdk.AttributeType[] => [
    { Name, Value },
    { Name: `${Name}_verified`, Value: 'true' },
  ]
  const UserAttributes = [...verified('email', Username), ...(phone ? verified('phone_number', phone) : [])]
  await admin.send(new sdk.AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, MessageAction: 'SUPPRESS' }))
  await admin.send(new sdk.AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }))
}

/** The ARN under which a pool names a function of `startDev`. */
export const functionArn = (name: string): string => `arn:aws:lambda:zz-local-1:000000000000:function:${name}`

// Each function is a module, and the file of --triggers says which.
const writeFunctions = (folder: string, functions: Readonly<Record<string, string>>): string => {
  const entries = Object.entries(functions).map(([name, source]) => {
    writeFileSync(join(folder, `${name}.mjs`), source)
    return [functionArn(name), { module: `${name}.mjs` }] as const
  })
  const file = join(folder, 'triggers.json')
  writeFileSync(file, JSON.stringify(Object.fromEntries(entries)))
  return file
}

/**
 * Starts `poolkeeper dev` on a folder and a port of its own; both go with the test.
 *
 * @param functions - the source of each trigger function, by its name
 */
export const startDev = async (
  t: TestContext,
  functions: Readonly<Record<string, string>> = {},
): Promise<DevServer> => {
  const folder = folderOf(t)
  const triggers = writeFunctions(folder, functions)
  const { url, kill } = await startProcess(['dev', '--data', join(folder, 'data'), '--triggers', triggers])
  closing(t, kill)
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const admin = new sdk.CognitoIdentityProviderClient({ endpoint: url, region: 'zz-local-1', credentials })
  closing(t, () => admin.destroy())
  return {
    url,
    admin,
    makePool: (choices = {}) => makePool(admin, choices),
    makeUser: (ids, username, password, phone) => makeUser(admin, ids, username, password, phone),
    codeFor: (address) => codeFor(url, address),
    appCode: (secret) => appCode(url, secret),
    advance: (seconds) => advance(url, seconds),
  }
}
