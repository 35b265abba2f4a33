// The production server as a process: signed requests of the AWS SDK, real mail on loopback, on both databases.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import pg from 'pg'
import { closing } from '../packages/server/testing/closing.ts'
import { fingerprintOf, testCertificate, type TestCertificate } from '../packages/server/testing/certificate.ts'
import { startMailServer, type MailServer } from '../packages/server/testing/delivery.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { startPostgres } from '../packages/server/testing/postgres.ts'
import { startSilentProxy } from '../packages/server/testing/silent-proxy.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import {
  runCommand,
  startProcess,
  type ServerProcess,
  type StartOptions,
} from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { verifyTokens } from './tokens.ts'

const region = 'zz-local-1'
const Username = 'jane@example.com'
const Password = 'Correct-horse-7'

type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }
type Place = { readonly where: readonly string[]; readonly env: Readonly<Record<string, string>> }

const sealKey = async (): Promise<string> => {
  const { code, stdout } = await runCommand(['seal-key'])
  assert.equal(code, 0)
  return stdout.trim()
}

/** Where a deployment's data lies, and its sealing key. @param database - a postgres:// URL; else SQLite */
const makePlace = async (t: TestContext, database?: string): Promise<Place> => {
  const folder = folderOf(t)
  const where = database === undefined ? ['--data', folder] : ['--database', database]
  return { where, env: { POOLKEEPER_SEAL_KEYS: await sealKey() } }
}

const createKey = async ({ where, env }: Place, limits: readonly string[] = []): Promise<AccessKey> => {
  const words = ['keys', 'create', '--note', 'of a test', ...limits, ...where]
  const { code, stdout, stderr } = await runCommand(words, env)
  assert.equal(code, 0, stderr)
  const [, accessKeyId = '', secretAccessKey = ''] =
    /^AWS_ACCESS_KEY_ID=(\S+)\nAWS_SECRET_ACCESS_KEY=(\S+)\n$/.exec(stdout) ?? []
  return { accessKeyId, secretAccessKey }
}

type Serving = { readonly server: ServerProcess; readonly metricsUrl: string }

const serve = async (
  t: TestContext,
  place: Place,
  words: readonly string[] = [],
  options: Pick<StartOptions, 'prefix'> = {},
): Promise<Serving> => {
  const metricsPort = await freePort()
  const all = ['serve', ...place.where, '--metrics-port', String(metricsPort), ...words]
  const server = await startProcess(all, { env: place.env, ...options })
  closing(t, server.kill)
  return { server, metricsUrl: `http://127.0.0.1:${metricsPort}` }
}

const clientOf = (t: TestContext, url: string, credentials: AccessKey): sdk.CognitoIdentityProviderClient => {
  const client = new sdk.CognitoIdentityProviderClient({ endpoint: url, region, credentials, maxAttempts: 1 })
  closing(t, () => client.destroy())
  return client
}

const mailServer = async (t: TestContext): Promise<{ mail: MailServer; arrived: Promise<void> }> => {
  let first = (): void => {}
  const arrived = new Promise<void>((resolve) => (first = resolve))
  const mail = await startMailServer(t, { accept: async () => first() })
  closing(t, mail.close)
  return { mail, arrived }
}

const codeIn = (mail: MailServer): string =>
  /\b\d{6}\b/.exec(mail.received[0]?.source.split('\r\n\r\n')[1] ?? '')?.[0] ?? ''

type Ids = { readonly UserPoolId: string; readonly ClientId: string }

const makePool = async (client: sdk.CognitoIdentityProviderClient): Promise<Ids> => {
  const { UserPool } = await client.send(
    new sdk.CreateUserPoolCommand({
      PoolName: 'people',
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
    }),
  )
  const UserPoolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await client.send(
    new sdk.CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  return { UserPoolId, ClientId: UserPoolClient?.ClientId ?? '' }
}

const makeUser = async (client: sdk.CognitoIdentityProviderClient, { UserPoolId }: Ids): Promise<void> => {
  await client.send(new sdk.AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }))
  await client.send(new sdk.AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }))
}

const signIn = (client: sdk.CognitoIdentityProviderClient, { ClientId }: Ids) =>
  client.send(
    new sdk.InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: Username, PASSWORD: Password },
    }),
  )

const sayNothingOf = (output: string, secrets: readonly (string | undefined)[]): void => {
  for (const secret of secrets) {
    assert.ok(secret && secret.length >= 6, 'a secret to look for')
    assert.ok(!output.includes(secret), `printed: ${secret}`)
  }
}

const wholeFlow = async (t: TestContext, database?: string): Promise<void> => {
  const place = await makePlace(t, database)
  const key = await createKey(place)
  const { mail, arrived } = await mailServer(t)
  const words = ['--smtp', mail.url, '--mail-from', 'id@example.com']
  const { server } = await serve(t, place, words)
  const client = clientOf(t, server.url, key)
  const ids = await makePool(client)
  const { UserPoolId, ClientId } = ids
  await client.send(
    new sdk.SetUserPoolMfaConfigCommand({
      UserPoolId,
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    }),
  )

  await client.send(new sdk.SignUpCommand({ ClientId, Username, Password }))
  await assert.rejects(signIn(client, ids), { name: 'UserNotConfirmedException', message: 'User is not confirmed.' })
  await arrived
  assert.deepEqual(mail.received[0]?.to, [Username])
  assert.match(mail.received[0]?.source ?? '', /^From: id@example\.com$/m)
  const ConfirmationCode = codeIn(mail)
  await client.send(new sdk.ConfirmSignUpCommand({ ClientId, Username, ConfirmationCode }))

  // The sign-in of the issue, by signed requests; MFA_SETUP finishes it.
  const AuthParameters = { USERNAME: Username, PASSWORD: Password }
  const start = (at: sdk.CognitoIdentityProviderClient) =>
    at.send(new sdk.AdminInitiateAuthCommand({ ...ids, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
  const { Session, ChallengeName } = await start(client)
  assert.equal(ChallengeName, 'MFA_SETUP')
  const associated = await client.send(new sdk.AssociateSoftwareTokenCommand({ Session }))
  const secret = decodeBase32(associated.SecretCode ?? '')
  const step = totpStep(Date.now())
  const UserCode = totpCode(secret, step)
  const verified = await client.send(new sdk.VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }))
  const { AuthenticationResult: tokens } = await client.send(
    new sdk.AdminRespondToAuthChallengeCommand({
      ...ids,
      ChallengeName: 'MFA_SETUP',
      Session: verified.Session,
      ChallengeResponses: { USERNAME: Username },
    }),
  )
  const { id } = await verifyTokens({ url: server.url, poolId: UserPoolId, clientId: ClientId }, tokens ?? {})
  assert.equal(id['email'], Username)

  assert.equal(await server.stop(), 0)
  const { server: again } = await serve(t, place, [...words, '--public-url', server.url])
  const later = clientOf(t, again.url, key)
  // After a restart the next code of the same app finishes a sign-in.
  const second = await start(later)
  assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const code = totpCode(secret, Math.max(totpStep(Date.now()), step + 1))
  const done = await later.send(
    new sdk.AdminRespondToAuthChallengeCommand({
      ...ids,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: second.Session,
      ChallengeResponses: { USERNAME: Username, SOFTWARE_TOKEN_MFA_CODE: code },
    }),
  )
  assert.equal(done.AuthenticationResult?.TokenType, 'Bearer')
  const user = await later.send(new sdk.GetUserCommand({ AccessToken: tokens?.AccessToken }))
  assert.equal(user.UserAttributes?.find(({ Name }) => Name === 'email')?.Value, Username)
  const [keyId, seal] = (place.env['POOLKEEPER_SEAL_KEYS'] ?? '').split(':')
  assert.ok(keyId)
  sayNothingOf(server.output() + again.output(), [
    seal,
    key.secretAccessKey,
    Password,
    Username,
    ConfirmationCode,
    associated.SecretCode,
    Session,
    tokens?.AccessToken,
    tokens?.IdToken,
    tokens?.RefreshToken,
    ...(database === undefined ? [] : [database]),
  ])
  assert.equal(await again.stop(), 0)
}

test('req 112: serve on SQLite: sign-up, code by mail, authenticator, tokens that verify, a restart, the next code; no secret is printed', (t) =>
  wholeFlow(t))

test('req 112: serve on PostgreSQL: the same', async (t) => wholeFlow(t, await (await startPostgres()).freshDatabase()))

test('the mail of a pool comes from the sender that it names, at the domain of --mail-from; another is refused', async (t) => {
  const { mail, arrived } = await mailServer(t)
  const place = await makePlace(t)
  const key = await createKey(place)
  const { server } = await serve(t, place, ['--smtp', mail.url, '--mail-from', 'id@example.com'])
  const client = clientOf(t, server.url, key)
  const ids = await makePool(client)
  const update = (EmailConfiguration: sdk.EmailConfigurationType) =>
    client.send(new sdk.UpdateUserPoolCommand({ ...ids, AutoVerifiedAttributes: ['email'], EmailConfiguration }))
  await assert.rejects(update({ From: 'Shop <shop@evil.example>' }), {
    name: 'InvalidParameterException',
    message: 'This server sends mail from addresses at example.com only; the EmailConfiguration names another.',
  })
  await update({ From: 'Shop <shop@example.com>', ReplyToEmailAddress: 'help@other.example' })
  await client.send(new sdk.SignUpCommand({ ClientId: ids.ClientId, Username, Password }))
  await arrived
  assert.match(mail.received[0]?.source ?? '', /^From: Shop <shop@example\.com>\r$/m)
  assert.match(mail.received[0]?.source ?? '', /^Reply-To: help@other\.example\r$/m)
})

/** An operation without a signature. */
const unsigned = async (url: string, operation: string, input: unknown) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(input),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('req 82: a wrong secret, an unknown key and an unsigned request administer nothing', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  const { server } = await serve(t, place)
  const list = (credentials: AccessKey) =>
    clientOf(t, server.url, credentials).send(new sdk.ListUserPoolsCommand({ MaxResults: 1 }))
  assert.deepEqual((await list(key)).UserPools, [])
  await assert.rejects(list({ ...key, secretAccessKey: `${key.secretAccessKey.slice(1)}A` }), {
    name: 'InvalidSignatureException',
    message: /^The request signature we calculated does not match the signature you provided\./,
  })
  await assert.rejects(list({ ...key, accessKeyId: 'PKIAAAAAAAAAAAAAAAAA' }), {
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  })
  assert.deepEqual(await unsigned(server.url, 'ListUserPools', { MaxResults: 1 }), {
    status: 403,
    body: { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' },
  })
})

test('try goes through the flow at serve, by a key and the Region of the environment; a refusal of the server is one sentence', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  const { server } = await serve(t, place)
  const env = {
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    POOLKEEPER_REGION: region,
  }
  const words = ['try', '--yes', '--endpoint', server.url]
  const whole = await runCommand(words, env)
  assert.deepEqual([whole.code, whole.stderr], [0, ''])
  assert.match(whole.stdout, /Everything held\./)
  const elsewhere = await runCommand(words, { ...env, POOLKEEPER_REGION: 'eu-central-1' })
  assert.deepEqual(
    [elsewhere.code, elsewhere.stderr],
    [
      1,
      "poolkeeper: The server refused: InvalidSignatureException: Credential should be scoped to a valid region: 'zz-local-1'.\n",
    ],
  )
})

type LogLine = Readonly<Record<string, string | undefined>>

/** The lines of the log about requests; a server prints one sentence beside them. */
const linesOf = (server: ServerProcess): LogLine[] =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ requestId }) => requestId !== undefined)

test('each line about a request says whose it is: pool, client, user, access key and source, in administration also where it succeeds', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  const { server } = await serve(t, place)
  const client = clientOf(t, server.url, key)
  const { accessKeyId } = key
  const source = '127.0.0.1'
  const whose = (line: LogLine | undefined): LogLine => {
    const { msg, error, operation, pool, client: app, user, accessKeyId: by, source: from, level } = line ?? {}
    return { msg, error, operation, pool, client: app, user, accessKeyId: by, source: from, level }
  }
  let seen = 0
  /** The one line that was written since it was last asked. */
  const newLine = async (): Promise<LogLine> => {
    await server.says(new RegExp(`("requestId"[^]*){${seen + 1}}`))
    const lines = linesOf(server)
    assert.equal(lines.length, seen + 1)
    seen += 1
    return whose(lines[seen - 1])
  }
  const expected = (operation: string, more: LogLine): LogLine => ({
    msg: 'done',
    error: undefined,
    operation,
    pool: undefined,
    client: undefined,
    user: undefined,
    accessKeyId: undefined,
    source,
    level: 'info',
    ...more,
  })

  const { UserPool } = await client.send(
    new sdk.CreateUserPoolCommand({ PoolName: 'people', UsernameAttributes: ['email'] }),
  )
  const pool = UserPool?.Id ?? ''
  assert.deepEqual(await newLine(), expected('CreateUserPool', { pool, accessKeyId }))
  const { UserPoolClient } = await client.send(
    new sdk.CreateUserPoolClientCommand({
      UserPoolId: pool,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const ClientId = UserPoolClient?.ClientId ?? ''
  assert.deepEqual(await newLine(), expected('CreateUserPoolClient', { pool, client: ClientId, accessKeyId }))
  const { User } = await client.send(
    new sdk.AdminCreateUserCommand({ UserPoolId: pool, Username, MessageAction: 'SUPPRESS' }),
  )
  const user = User?.Username ?? ''
  assert.deepEqual(await newLine(), expected('AdminCreateUser', { pool, user, accessKeyId }))
  await client.send(new sdk.AdminSetUserPasswordCommand({ UserPoolId: pool, Username, Password, Permanent: true }))
  assert.deepEqual(await newLine(), expected('AdminSetUserPassword', { pool, user, accessKeyId }))
  await client.send(new sdk.ListUsersCommand({ UserPoolId: pool }))
  assert.deepEqual(await newLine(), expected('ListUsers', { pool, accessKeyId }))

  const refused = async (call: Promise<unknown>, error: string, more: LogLine): Promise<void> => {
    await assert.rejects(call, { name: error })
    const line = await newLine()
    assert.deepEqual(line, expected(line['operation'] ?? '', { msg: 'refused', error, ...more }))
  }
  const describe = (UserPoolId: string) => new sdk.DescribeUserPoolCommand({ UserPoolId })
  const none = `${region}_none`
  await refused(client.send(describe(none)), 'ResourceNotFoundException', { pool: none, accessKeyId })
  const wrong = clientOf(t, server.url, { accessKeyId, secretAccessKey: 'wrong' })
  await refused(wrong.send(describe(pool)), 'InvalidSignatureException', { accessKeyId })
  const getUser = (name: string) => new sdk.AdminGetUserCommand({ UserPoolId: pool, Username: name })
  await refused(client.send(getUser('nobody')), 'UserNotFoundException', { pool, accessKeyId })

  const ids = { UserPoolId: pool, ClientId }
  const { AuthenticationResult: tokens } = await signIn(client, ids)
  const signInAs = (USERNAME: string) =>
    client.send(
      new sdk.InitiateAuthCommand({
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME, PASSWORD: 'Wrong-horse-7' },
      }),
    )
  // A sign-in that succeeds leaves no line.
  await refused(signInAs(Username), 'NotAuthorizedException', { pool, client: ClientId, user })
  await refused(signInAs('nobody@example.com'), 'UserNotFoundException', { pool, client: ClientId })
  await client.send(new sdk.GlobalSignOutCommand({ AccessToken: tokens?.AccessToken }))
  const me = new sdk.GetUserCommand({ AccessToken: tokens?.AccessToken })
  await refused(client.send(me), 'NotAuthorizedException', { pool, client: ClientId, user })
  const AuthParameters = { REFRESH_TOKEN: tokens?.RefreshToken ?? '' }
  const refresh = new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters })
  await refused(client.send(refresh), 'NotAuthorizedException', { pool, client: ClientId, user })
  assert.ok(!server.output().includes(Username))
})

test('req 88, 106: a first start knows no access key; a disabled key is refused by the running server at once', async (t) => {
  const place = await makePlace(t)
  const { server } = await serve(t, place)
  const none = await runCommand(['keys', 'list', ...place.where], place.env)
  assert.equal(none.stdout, 'There are no access keys. Make one: poolkeeper keys create\n')
  const key = await createKey(place)
  const client = clientOf(t, server.url, key)
  const list = () => client.send(new sdk.ListUserPoolsCommand({ MaxResults: 1 }))
  await list()
  const disabled = await runCommand(['keys', 'disable', key.accessKeyId, ...place.where], place.env)
  assert.deepEqual(disabled, { code: 0, stdout: `${key.accessKeyId} is disabled.\n`, stderr: '' })
  await assert.rejects(list(), {
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  })
  await server.says(/the access key is disabled/)
  const { stdout } = await runCommand(['keys', 'list', ...place.where], place.env)
  assert.match(
    stdout,
    new RegExp(`^${key.accessKeyId}  \\S+  disabled \\S+  every pool  every operation  of a test\n$`),
  )
  assert.ok(!stdout.includes(key.secretAccessKey))
  const twice = await runCommand(['keys', 'disable', key.accessKeyId, ...place.where], place.env)
  assert.deepEqual(twice, {
    code: 1,
    stdout: '',
    stderr: `poolkeeper: There is no access key ${key.accessKeyId} that is not disabled.\n`,
  })
})

test('req 83: a key of one pool, of some operations, of both does what it is limited to; the rest is refused', async (t) => {
  const place = await makePlace(t)
  const { server } = await serve(t, place)
  const root = clientOf(t, server.url, await createKey(place))
  const [mine, other] = [await makePool(root), await makePool(root)]
  const withLimits = async (...limits: string[]) => {
    const key = await createKey(place, limits)
    return { key, client: clientOf(t, server.url, key) }
  }
  const read = await withLimits('--operations', 'Describe*,ListUserPools')
  const ofPool = await withLimits('--pools', mine.UserPoolId)
  const both = await withLimits('--pools', `${mine.UserPoolId},${other.UserPoolId}`, '--operations', 'AdminGetUser')
  await makeUser(ofPool.client, mine)

  const denied = (operation: string, { key }: { key: AccessKey }, resource: string) => ({
    name: 'AccessDeniedException',
    message: `User: ${key.accessKeyId} is not authorized to perform: cognito-idp:${operation} on resource: ${resource}`,
  })
  const arn = ({ UserPoolId }: Ids): string => `arn:aws:cognito-idp:${region}:000000000000:userpool/${UserPoolId}`
  const describe = ({ UserPoolId }: Ids) => new sdk.DescribeUserPoolCommand({ UserPoolId })
  const getUser = ({ UserPoolId }: Ids) => new sdk.AdminGetUserCommand({ UserPoolId, Username })
  const listPools = new sdk.ListUserPoolsCommand({ MaxResults: 10 })

  assert.equal((await read.client.send(listPools)).UserPools?.length, 2)
  await read.client.send(describe(other))
  await assert.rejects(read.client.send(getUser(mine)), denied('AdminGetUser', read, arn(mine)))

  await ofPool.client.send(describe(mine))
  await assert.rejects(ofPool.client.send(describe(other)), denied('DescribeUserPool', ofPool, arn(other)))
  await assert.rejects(ofPool.client.send(listPools), denied('ListUserPools', ofPool, '*'))
  const create = new sdk.CreateUserPoolCommand({ PoolName: 'more' })
  await assert.rejects(ofPool.client.send(create), denied('CreateUserPool', ofPool, '*'))

  assert.equal((await both.client.send(getUser(mine))).Enabled, true)
  await assert.rejects(both.client.send(getUser(other)), { name: 'UserNotFoundException' })
  await assert.rejects(both.client.send(describe(mine)), denied('DescribeUserPool', both, arn(mine)))

  const { stdout } = await runCommand(['keys', 'list', ...place.where], place.env)
  const line = new RegExp(`^${both.key.accessKeyId}  .*$`, 'm').exec(stdout)?.[0] ?? ''
  assert.match(line, new RegExp(`  pools ${mine.UserPoolId},${other.UserPoolId}  operations AdminGetUser  of a test$`))
})

test('req 83: limits that are empty or malformed make no key, and are answered by one sentence', async (t) => {
  const place = await makePlace(t)
  const refusal = async (...limits: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(['keys', 'create', ...limits, ...place.where], place.env)
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    assert.match(stderr, /^poolkeeper: [^\n]*\n$/)
    return stderr
  }
  for (const pools of ['', 'pool', `${region}_a,`]) assert.match(await refusal('--pools', pools), /--pools is a list/)
  for (const names of ['', 'AdminGetUsr', 'SignUp'])
    assert.match(await refusal('--operations', names), /--operations is a list/)
  assert.match(await refusal('--operations', 'Admin*,ListUser,None'), /Not one of them: ListUser\.\n$/)
  assert.match(await refusal('--pools', `${region}_a,zz`), /Not one of them: zz\.\n$/)
  assert.equal((await runCommand(['keys', 'create', ...place.where], place.env)).code, 0)
  const { stdout } = await runCommand(['keys', 'list', ...place.where], place.env)
  assert.equal(stdout.split('\n').length, 2, 'the one key that was made')
})

/** Where a server would be reached. */
const address = { POOLKEEPER_PUBLIC_URL: 'https://id.example.com', POOLKEEPER_REGION: region }

/** Starts a server that will not start. @returns the sentence */
const refusedStart = async (words: readonly string[], given: Readonly<Record<string, string>>): Promise<string> => {
  const env = { ...address, ...given }
  const ports = ['--port', String(await freePort()), '--metrics-port', String(await freePort())]
  const { code, stdout, stderr } = await runCommand(['serve', ...ports, ...words], env)
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^poolkeeper: /)
  assert.doesNotMatch(stderr, /\n {4}at /)
  return stderr
}

test('serve does not start without a sealing key, and says how to make one', async (t) => {
  const { where } = await makePlace(t)
  const sentence = await refusedStart(where, { POOLKEEPER_SEAL_KEYS: '' })
  assert.match(sentence, /needs a key/)
  assert.match(sentence, /Make one with poolkeeper seal-key/)
  assert.match(sentence, /POOLKEEPER_SEAL_KEYS/)
})

test('serve does not start with a sealing key that is none, or twice the same, and does not repeat it', async (t) => {
  const { where } = await makePlace(t)
  const [id = '', key = ''] = (await sealKey()).split(':')
  for (const text of [key, `${id}:${key.slice(4)}`, `${id}:${key},`, `${id}:hunter2`]) {
    const sentence = await refusedStart(where, { POOLKEEPER_SEAL_KEYS: text })
    assert.match(
      sentence,
      /POOLKEEPER_SEAL_KEYS must be id:key pairs separated by commas, each key 32 bytes in Base64\./,
    )
    assert.doesNotMatch(sentence, /hunter2/)
    assert.ok(!sentence.includes(key.slice(4)))
  }
  const twice = await refusedStart(where, { POOLKEEPER_SEAL_KEYS: `${id}:${key},${id}:${key}` })
  assert.equal(twice, 'poolkeeper: POOLKEEPER_SEAL_KEYS names a key id twice.\n')
})

test('req 103: serve and keys refuse a database that was sealed under another key; the old key after a new one opens it', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  const old = place.env['POOLKEEPER_SEAL_KEYS'] ?? ''
  const [id] = old.split(':')
  const other = await sealKey()
  for (const text of [other, `${id}:${other.split(':')[1]}`]) {
    const env = { POOLKEEPER_SEAL_KEYS: text }
    assert.match(await refusedStart(place.where, env), /another sealing key.*POOLKEEPER_SEAL_KEYS/)
    const create = await runCommand(['keys', 'create', ...place.where], env)
    assert.equal(create.code, 1)
    assert.match(create.stderr, /^poolkeeper: .*another sealing key.*\n$/)
  }
  const { server } = await serve(t, { ...place, env: { POOLKEEPER_SEAL_KEYS: `${other},${old}` } })
  await clientOf(t, server.url, key).send(new sdk.ListUserPoolsCommand({ MaxResults: 1 }))
})

test('serve does not start where nothing says where the data lies, or mail is from nobody, or the database is not there', async (t) => {
  const { where, env } = await makePlace(t)
  assert.match(await refusedStart([], env), /^poolkeeper: Say where the data lies: --database postgres:.*\n$/)
  assert.match(
    await refusedStart([...where, '--smtp', 'smtp://127.0.0.1'], env),
    /say who the mail is from: --mail-from/,
  )
  const url = `postgres://postgres:hunter2@127.0.0.1:${await freePort()}/none`
  const sentence = await refusedStart(['--database', url], env)
  assert.match(sentence, /^poolkeeper: Nothing listens at 127\.0\.0\.1:\d+: start PostgreSQL there, .*\.\n$/)
  assert.doesNotMatch(sentence, /hunter2/)
})

test('serve does not start without the Region and the URL that its pools and tokens will bear', async (t) => {
  const { where, env } = await makePlace(t)
  const withoutRegion = await refusedStart(where, { ...env, POOLKEEPER_REGION: '' })
  assert.match(withoutRegion, /^poolkeeper: Say which Region .*--region .* POOLKEEPER_REGION.*\n$/)
  const withoutUrl = await refusedStart(where, { ...env, POOLKEEPER_PUBLIC_URL: '' })
  assert.match(withoutUrl, /^poolkeeper: Say under which URL .*--public-url .* POOLKEEPER_PUBLIC_URL.*\n$/)
})

test('serve says what its tokens are issued by, which Region it serves and which ports it chose', async (t) => {
  const place = await makePlace(t)
  const words = ['serve', ...place.where, '--public-url', 'https://id.example.com/', '--region', 'eu-central-1']
  const { child, says, output } = await startProcess([...words, '--metrics-port', '0'], { env: place.env, port: 0 })
  closing(t, () => child.kill('SIGKILL'))
  await says(/figures at/)
  assert.match(output(), /tokens are issued by https:\/\/id\.example\.com\/<user pool id>, in Region eu-central-1/)
  const [, port = '', metricsPort = ''] = /127\.0\.0\.1:(\d+)[^]*127\.0\.0\.1:(\d+)\/metrics/.exec(output()) ?? []
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
  assert.equal((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status, 200)
})

test('req 10: serve refuses a password of the list that an option or the environment names; a list that is not there ends the start', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  const folder = folderOf(t)
  const file = join(folder, 'list.txt')
  const missing = await refusedStart([...place.where, '--password-list', file], place.env)
  assert.match(missing, /^poolkeeper: The password list \S+ cannot be used: ENOENT.*\n$/)
  writeFileSync(file, Password.toUpperCase())
  const byEnvironment = { ...place, env: { ...place.env, POOLKEEPER_PASSWORD_LIST: file } }
  for (const [at, words] of [
    [place, ['--password-list', file]],
    [byEnvironment, []],
  ] as const) {
    const { server } = await serve(t, at, words)
    const client = clientOf(t, server.url, key)
    const ids = await makePool(client)
    await assert.rejects(client.send(new sdk.SignUpCommand({ ClientId: ids.ClientId, Username, Password })), {
      name: 'InvalidPasswordException',
      message: 'Password did not conform with policy: Password is too common',
    })
    assert.equal(await server.stop(), 0)
  }
})

test('figures answer on this machine alone, unless another address is named for them', async (t) => {
  const { server } = await serve(t, await makePlace(t), ['--host', '0.0.0.0', '--metrics-port', '0'])
  await server.says(/figures at http:\/\/127\.0\.0\.1:\d+\/metrics/)
  const { server: apart } = await serve(t, await makePlace(t), ['--metrics-host', '0.0.0.0', '--metrics-port', '0'])
  await apart.says(/serving \S+ on 127\.0\.0\.1:[^]*figures at http:\/\/0\.0\.0\.0:\d+\/metrics/)
})

test('serve does not start when the port of the metrics is taken, and ends', async (t) => {
  const place = await makePlace(t)
  const { server } = await serve(t, place)
  const ports = ['--port', String(await freePort()), '--metrics-port', new URL(server.url).port]
  const { code, stderr } = await runCommand(['serve', ...place.where, ...ports], { ...address, ...place.env })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^poolkeeper: The port of \/metrics is in use already .*\. Choose another with --metrics-port\.\n$/,
  )
})

/** Asks for the metrics until they hold the pattern. @throws Error with the metrics after a minute without it */
const metricsWith = async (metricsUrl: string, pattern: RegExp): Promise<string> => {
  for (const end = Date.now() + 60_000; ; await pause(20)) {
    const text = await (await fetch(`${metricsUrl}/metrics`)).text()
    if (pattern.test(text)) return text
    if (Date.now() > end) throw new Error(`not in the metrics: ${pattern}\n${text}`)
  }
}

test('req 110: the metrics count each message that a mail server takes, and each try that fails', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  let refusals = 1
  const mail = await startMailServer(t, {
    accept: async () => {
      if ((refusals -= 1) >= 0) throw new Error('not now')
    },
  })
  closing(t, mail.close)
  const { server, metricsUrl } = await serve(t, place, ['--smtp', mail.url, '--mail-from', 'Id <id@example.com>'])
  const client = clientOf(t, server.url, key)
  const { ClientId } = await makePool(client)
  await client.send(new sdk.SignUpCommand({ ClientId, Username, Password }))
  const text = await metricsWith(metricsUrl, /^poolkeeper_messages_total\{channel="email",outcome="sent"\} 1$/m)
  assert.match(text, /^poolkeeper_messages_total\{channel="email",outcome="failed"\} 1$/m)
  assert.match(text, /^poolkeeper_outbox_waiting 0$/m)
  assert.doesNotMatch(text, /jane|@/)
})

test('metrics are on their own port alone, which has nothing else; of /_poolkeeper/ there is nothing', async (t) => {
  const { server, metricsUrl } = await serve(t, await makePlace(t))
  for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(server.url + path)).status, 200)
  const metrics = await fetch(`${metricsUrl}/metrics`)
  assert.equal(metrics.status, 200)
  assert.match(await metrics.text(), /^poolkeeper_outbox_waiting 0$/m)
  for (const path of ['/', '/healthz', '/_poolkeeper/mailbox'])
    assert.equal((await fetch(metricsUrl + path)).status, 404)
  const dev = ['', '/', '/mailbox', '/clock', '/style.css', '/reset', '/health'].map((path) => `/_poolkeeper${path}`)
  for (const path of ['/metrics', ...dev]) {
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(server.url + path, { method })
      assert.equal(answer.status, 404, path)
      assert.match(answer.headers.get('content-type') ?? '', /json/)
    }
  }
})

/** Sends all of a large body but its last byte. @returns the status line of an answer that comes all the same */
const halfSent = async (t: TestContext, url: string, size: number): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.write(`POST / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 203.0.113.7\r\ncontent-length: ${size}\r\n\r\n`)
  socket.write(Buffer.alloc(size - 1, 97))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString('latin1').split('\r\n')[0] ?? ''
}

test('bodies that are refused since those in flight hold as much as they may are in the log and in the metrics', async (t) => {
  const { server, metricsUrl } = await serve(t, await makePlace(t), ['--trusted-proxies', '127.0.0.1'])
  // Together a little more than the 32 MiB that there are.
  const all = Array.from({ length: 36 }, () => halfSent(t, server.url, 1_048_576))
  assert.equal(await Promise.race(all), 'HTTP/1.1 503 Service Unavailable')
  await server.says(/"limit":"bodies\/in-flight"/)
  const line = server.output().match(/\{.*"bodies\/in-flight".*\}/)?.[0] ?? ''
  const { source, error, reason, msg } = JSON.parse(line) as Record<string, unknown>
  assert.deepEqual(
    { source, error, reason, msg },
    {
      source: '203.0.113.7',
      error: 'TooManyRequestsException',
      reason: 'the bodies in flight hold as much as they may',
      msg: 'refused',
    },
  )
  const figures = await (await fetch(`${metricsUrl}/metrics`)).text()
  assert.match(figures, /^poolkeeper_refusals_total\{limit="bodies\/in-flight"\} [1-9]/m)
})

/** Resolves when nobody listens on the port any more. */
const closed = async (url: string): Promise<void> => {
  for (let tries = 0; tries < 1000; tries += 1) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const refused = await once(socket, 'connect').then(
      () => false,
      () => true,
    )
    socket.destroy()
    if (refused) return
  }
  assert.fail('it still listens')
}

/** Asks /healthz over TLS, on a connection of its own. @returns the fingerprint of the server's certificate */
const fingerprintAt = async (port: number, { cert }: TestCertificate): Promise<string> => {
  const asked = httpsRequest({ host: '127.0.0.1', port, path: '/healthz', ca: cert, agent: false }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate()
  response.resume()
  assert.equal(response.statusCode, 200)
  return fingerprint256
}

test('serve speaks TLS by the files that are named, and reads them anew when they change and on SIGHUP', async (t) => {
  const place = await makePlace(t)
  const folder = folderOf(t)
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') }
  const write = ({ cert, key }: TestCertificate): void => {
    writeFileSync(files.key, key)
    writeFileSync(files.cert, cert)
  }
  const tls = ['--tls-cert', files.cert, '--tls-key', files.key]
  assert.match(await refusedStart([...place.where, ...tls], place.env), /TLS certificate .* cannot be used: ENOENT/)
  assert.match(await refusedStart([...place.where, '--tls-cert', files.cert], place.env), /TLS needs both files/)
  const [first, second, third] = [testCertificate(), testCertificate(), testCertificate()]
  write({ cert: first.cert, key: second.key })
  assert.match(await refusedStart([...place.where, ...tls], place.env), /cannot be used: .*key values mismatch/)

  write(first)
  const words = ['serve', ...place.where, '--metrics-port', '0', ...tls]
  const server = await startProcess(words, { env: place.env, port: 0 })
  closing(t, server.kill)
  await server.says(/figures at/)
  const port = Number(/serving \S+ on 127\.0\.0\.1:(\d+)/.exec(server.output())?.[1])
  assert.equal(await fingerprintAt(port, first), fingerprintOf(first))
  write(second)
  server.child.kill('SIGHUP')
  await server.says(/the TLS certificate was read anew/)
  assert.equal(await fingerprintAt(port, second), fingerprintOf(second))
  // Half a change is told, and the last certificate stays.
  writeFileSync(files.cert, third.cert)
  server.child.kill('SIGHUP')
  await server.says(/the TLS certificate cannot be used; the last one stays in use/)
  assert.equal(await fingerprintAt(port, second), fingerprintOf(second))
  write(third)
  await server.says(/read anew[^]*cannot be used[^]*read anew/)
  assert.equal(await fingerprintAt(port, third), fingerprintOf(third))
  assert.equal(await server.stop(), 0)
})

test('SIGTERM: the server says that it is not ready, serves on for its time to drain, and a second SIGTERM ends that', async (t) => {
  const { server } = await serve(t, await makePlace(t), ['--drain', '600'])
  const { url } = server
  const kept = await fetch(`${url}/healthz`)
  assert.equal(kept.headers.get('connection'), 'keep-alive')
  const ending = server.stop()
  await server.says(/stopping in 600 s/)
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  const health = await fetch(`${url}/healthz`)
  assert.equal(health.status, 200)
  assert.equal(health.headers.get('connection'), 'close')
  const { status, body } = await unsigned(url, 'GetUser', { AccessToken: 'a.b.c' })
  assert.deepEqual([status, body['__type']], [400, 'NotAuthorizedException'])
  server.child.kill('SIGTERM')
  assert.equal(await ending, 0)
})

test('SIGTERM: a sign-in in flight is answered, nothing new is taken, and the server ends with 0', async (t) => {
  const place = await makePlace(t)
  const { server } = await serve(t, place)
  const client = clientOf(t, server.url, await createKey(place))
  const ids = await makePool(client)
  await makeUser(client, ids)
  const body = JSON.stringify({
    ClientId: ids.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: Username, PASSWORD: Password },
  })
  const asked = httpRequest(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(body),
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
      expect: '100-continue',
    },
  })
  asked.flushHeaders()
  // The server has the head of the request and wants its body: it is in flight.
  await once(asked, 'continue')
  const ending = server.stop()
  await closed(server.url)
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const text = Buffer.concat(await answer.toArray()).toString()
  assert.equal(answer.statusCode, 200, text)
  assert.match(text, /"AccessToken":"ey/)
  assert.equal(await ending, 0)
})

test('req 102: serve on a PostgreSQL that does not wait for the disk says so, in its log and at /readyz', async (t) => {
  const database = await (await startPostgres()).freshDatabase()
  const { env } = await makePlace(t, database)
  const readyz = async (url: string): Promise<unknown> => {
    const { server } = await serve(t, { where: ['--database', url], env })
    const answer: unknown = await (await fetch(`${server.url}/readyz`)).json()
    assert.equal(server.output().includes('may be lost'), url !== database)
    assert.equal(await server.stop(), 0)
    return answer
  }
  assert.deepEqual(await readyz(database), { status: 'ready', durable: true, weaknesses: [] })
  const weak = `${database}?options=${encodeURIComponent('-c synchronous_commit=off')}`
  const weaknesses = ['synchronous_commit=off']
  assert.deepEqual(await readyz(weak), { status: 'ready', durable: false, weaknesses })
})

/**
 * Two connections of an administrator: one that holds locks, one that looks on. (Within a transaction PostgreSQL shows
 * the activity of its first look again and again.)
 */
const twoConnections = async (t: TestContext, url: string): Promise<{ holder: pg.Client; observer: pg.Client }> => {
  const [holder, observer] = [new pg.Client(url), new pg.Client(url)]
  for (const client of [holder, observer]) {
    await client.connect()
    closing(t, () => client.end())
  }
  return { holder, observer }
}

// As long as the test may take: a slow machine comes late to a lock.
const untilNone = async (rows: () => Promise<number>): Promise<void> => {
  while ((await rows()) > 0) await pause(10)
}

const untilBlocked = async (observer: pg.Client): Promise<void> => {
  const blocked = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  while ((await observer.query(blocked)).rows.length === 0) await pause(10)
}

test('req 101: serve killed half-way through the migrations leaves nothing of them, and the next start makes them', async (t) => {
  const database = await (await startPostgres()).freshDatabase()
  const place = await makePlace(t, database)
  const { holder, observer } = await twoConnections(t, database)
  const count = async (sql: string): Promise<number> => (await observer.query(sql)).rows.length
  const tables = () => count("select 1 from pg_tables where tablename in ('pools', 'clients', 'users')")

  // The name of a table far down in the migration is taken by a transaction that does not end: there it waits.
  await holder.query('begin; create table sign_ins (a int)')
  const killed = new AbortController()
  const ports = ['--port', String(await freePort()), '--metrics-port', String(await freePort())]
  const ending = runCommand(['serve', ...place.where, ...ports], { ...address, ...place.env }, killed.signal)
  await untilBlocked(observer)
  killed.abort()
  await ending
  await holder.query('rollback')
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid')
  const others = `datname = current_database() and pid not in (pg_backend_pid(), ${rows[0]?.pid})`
  await untilNone(() => count(`select 1 from pg_stat_activity where ${others}`))
  assert.equal(await tables(), 0)

  // The lease of the dead, which ends a minute after it was taken.
  await observer.query('update leases set until_at = 0')
  const { server } = await serve(t, place)
  assert.equal(await tables(), 3)
  assert.equal(await server.stop(), 0)
})

test('req 126: a server whose disk is full is not ready, lives and reads, and nothing it acknowledged is lost', async (t) => {
  const place = await makePlace(t)
  const key = await createKey(place)
  // No file of the process grows beyond some 2.5 MiB: to SQLite that is a full disk.
  const limited = ['sh', '-c', 'ulimit -f 5000; exec "$@"', 'sh'] as const
  const { server } = await serve(t, place, [], { prefix: limited })
  const client = clientOf(t, server.url, key)
  const { UserPoolId } = await makePool(client)
  const readyz = async (): Promise<number> => (await fetch(`${server.url}/readyz`)).status
  assert.equal(await readyz(), 200)

  const acknowledged: string[] = []
  const addUsers = async (): Promise<void> => {
    for (let index = 0; ; index += 1) {
      const UserAttributes = [{ Name: 'profile', Value: `${index}`.padEnd(2000, 'x') }]
      const user = {
        UserPoolId,
        Username: `user${index}@example.com`,
        UserAttributes,
        MessageAction: 'SUPPRESS',
      } as const
      await client.send(new sdk.AdminCreateUserCommand(user))
      acknowledged.push(user.Username)
    }
  }
  await assert.rejects(addUsers(), { name: 'InternalErrorException' })
  assert.ok(acknowledged.length > 10)
  while ((await readyz()) !== 503) await pause(10)
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  const read = (at: sdk.CognitoIdentityProviderClient, name: string | undefined) =>
    at.send(new sdk.AdminGetUserCommand({ UserPoolId, Username: name }))
  for (const name of [acknowledged[0], acknowledged.at(-1)]) await read(client, name)
  assert.equal(await server.stop(), 0)

  const { server: again } = await serve(t, place)
  assert.equal((await fetch(`${again.url}/readyz`)).status, 200)
  const later = clientOf(t, again.url, key)
  for (const name of acknowledged) await read(later, name)
})

test('req 126: a PostgreSQL that falls silent is found again, and SIGTERM ends the server while it is silent', async (t) => {
  const database = await (await startPostgres()).freshDatabase()
  const { port } = new URL(database)
  const proxy = await startSilentProxy(t, Number(port))
  const place = await makePlace(t, database.replace(`:${port}`, `:${proxy.port}`))
  const { server } = await serve(t, place, ['--drain', '0'])
  const client = clientOf(t, server.url, await createKey(place))
  const list = () => client.send(new sdk.ListUserPoolsCommand({ MaxResults: 1 }))
  const flood = () => Promise.allSettled(Array.from({ length: 30 }, list))
  const isListed = () =>
    list().then(
      () => true,
      () => false,
    )
  await flood()

  proxy.silence()
  const told = await flood()
  // SDKs send either of them again.
  const again = ['InternalErrorException', 'TooManyRequestsException']
  for (const one of told) assert.ok(one.status === 'rejected' && again.includes((one.reason as Error).name))
  assert.equal((await fetch(`${server.url}/readyz`)).status, 503)

  proxy.heal()
  while (!(await isListed())) await pause(10)
  while ((await fetch(`${server.url}/readyz`)).status !== 200) await pause(10)

  proxy.silence()
  const inFlight = flood()
  assert.equal(await server.stop(), 0)
  await inFlight
})

test('req 126: a lost connection to PostgreSQL is an error answered, and then all goes on', async (t) => {
  const database = await (await startPostgres()).freshDatabase()
  // On a slow machine a lock may be waited for longer than a server waits.
  const place = await makePlace(t, `${database}?lock_timeout=90000&statement_timeout=90000`)
  const { server } = await serve(t, place)
  const client = clientOf(t, server.url, await createKey(place))
  const ids = await makePool(client)
  await makeUser(client, ids)

  const { holder, observer } = await twoConnections(t, database)
  const end = async (which: string): Promise<void> => {
    const others = `datname = current_database() and pid <> pg_backend_pid() and application_name <> 'holder'`
    await observer.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others} and ${which}`)
  }
  await holder.query("set application_name = 'holder'")

  // A sign-in that waits for a table is surely in the database when its connection goes: reading users, and within
  // the transaction that writes sign_ins. What else the server does may wait there as well.
  for (const table of ['users', 'sign_ins']) {
    await holder.query(`begin; lock table ${table} in access exclusive mode`)
    let answered = false
    const caught = assert
      .rejects(signIn(client, ids), { name: 'InternalErrorException' })
      .finally(() => (answered = true))
    while (!answered) {
      await end("wait_event_type = 'Lock'")
      await pause(10)
    }
    await caught
    await holder.query('rollback')
    assert.equal((await signIn(client, ids)).AuthenticationResult?.TokenType, 'Bearer')
  }

  // And connections that are lost while they are idle: each is replaced when the server has heard of it.
  await end('true')
  await server.says(/a database connection was lost/)
  const again = async (): Promise<string | undefined> =>
    (await signIn(client, ids).catch(() => undefined))?.AuthenticationResult?.TokenType
  while ((await again()) !== 'Bearer') await pause(10)
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  assert.equal(await server.stop(), 0)
})
