// Two servers on one PostgreSQL are one service: a flow may go on at either, and what one changes holds at the other.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { closing } from '../packages/server/testing/closing.ts'
import { ensureReadyPool } from '../packages/server/src/dev/ready-pool.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { openPostgres } from '../packages/server/src/store/database/postgres.ts'
import { makeTestApp, type TestApp } from '../packages/server/testing/app.ts'
import { startPostgres, unhurried } from '../packages/server/testing/postgres.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import { runCommand, startProcess, type ServerProcess } from '../packages/server/testing/server-process.ts'

const Username = 'jane@example.com'
const Password = 'Correct-horse-7'
const publicUrl = 'https://id.example.com'

type Client = sdk.CognitoIdentityProviderClient

type Two = {
  readonly servers: readonly [ServerProcess, ServerProcess]
  /** Sends the requests of one client to the two servers in turn. */
  readonly turns: () => Client
  readonly clients: readonly [Client, Client]
  /** Runs a command of the command line beside the servers. */
  readonly command: (...words: string[]) => Promise<string>
}

const startTwo = async (t: TestContext): Promise<Two> => {
  const where = ['--database', await (await startPostgres()).freshDatabase()]
  const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
  const command = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand([...words, ...where], env)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const [, accessKeyId = '', secretAccessKey = ''] =
    /ID=(\S+)\n.*KEY=(\S+)\n/.exec(await command('keys', 'create')) ?? []
  const start = async (): Promise<[ServerProcess, Client]> => {
    const ports = ['--metrics-port', String(await freePort())]
    const server = await startProcess(['serve', ...where, ...ports, '--public-url', publicUrl], { env })
    closing(t, server.kill)
    const credentials = { accessKeyId, secretAccessKey }
    const client = new sdk.CognitoIdentityProviderClient({
      endpoint: server.url,
      region: 'zz-local-1',
      credentials,
      maxAttempts: 1,
    })
    closing(t, () => client.destroy())
    return [server, client]
  }
  // Together, so that they meet at the migrations too.
  const [[one, first], [two, second]] = await Promise.all([start(), start()])
  let count = 0
  const turns = (): Client => ((count += 1) % 2 === 0 ? first : second)
  return { servers: [one, two], clients: [first, second], turns, command }
}

/** Resolves when the work does not throw any more. */
const eventually = async (work: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error
      await pause(50)
    }
  }
}

const makePool = async (turns: () => Client): Promise<{ UserPoolId: string; ClientId: string }> => {
  const { UserPool } = await turns().send(new sdk.CreateUserPoolCommand({ PoolName: 'people' }))
  const UserPoolId = UserPool?.Id ?? ''
  await turns().send(
    new sdk.SetUserPoolMfaConfigCommand({
      UserPoolId,
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    }),
  )
  const { UserPoolClient } = await turns().send(
    new sdk.CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  return { UserPoolId, ClientId: UserPoolClient?.ClientId ?? '' }
}

test('req 106: a flow changes the server at each step, and what one server changes holds at the other', async (t) => {
  const { servers, clients, turns, command } = await startTwo(t)
  const [one, two] = clients
  const { UserPoolId, ClientId } = await makePool(turns)

  // The whole flow, in turns.
  await turns().send(new sdk.SignUpCommand({ ClientId, Username, Password }))
  await turns().send(new sdk.AdminConfirmSignUpCommand({ UserPoolId, Username }))
  const AuthParameters = { USERNAME: Username, PASSWORD: Password }
  const start = () =>
    turns().send(new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
  const respond = (
    ChallengeName: sdk.ChallengeNameType,
    Session: string | undefined,
    more: Record<string, string> = {},
  ) =>
    turns().send(
      new sdk.RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName,
        Session,
        ChallengeResponses: { USERNAME: Username, ...more },
      }),
    )
  const { Session, ChallengeName } = await start()
  assert.equal(ChallengeName, 'MFA_SETUP')
  const associated = await turns().send(new sdk.AssociateSoftwareTokenCommand({ Session }))
  const secret = decodeBase32(associated.SecretCode ?? '')
  const step = totpStep(Date.now())
  const verified = await turns().send(
    new sdk.VerifySoftwareTokenCommand({ Session: associated.Session, UserCode: totpCode(secret, step) }),
  )
  const first = await respond('MFA_SETUP', verified.Session)
  assert.ok(first.AuthenticationResult?.IdToken)
  const again = await start()
  assert.equal(again.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const spent = { SOFTWARE_TOKEN_MFA_CODE: totpCode(secret, step) }
  await assert.rejects(respond('SOFTWARE_TOKEN_MFA', again.Session, spent), { name: 'ExpiredCodeException' })
  // The code of the next step is within the window of this one.
  const next = { SOFTWARE_TOKEN_MFA_CODE: totpCode(secret, step + 1) }
  const { AuthenticationResult: tokens } = await respond('SOFTWARE_TOKEN_MFA', again.Session, next)
  const refresh = (client: Client) =>
    client.send(
      new sdk.InitiateAuthCommand({
        ClientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
      }),
    )
  const getUser = (client: Client) => client.send(new sdk.GetUserCommand({ AccessToken: tokens?.AccessToken }))
  for (const client of clients) {
    assert.equal((await getUser(client)).Username, Username)
    assert.ok((await refresh(client)).AuthenticationResult?.AccessToken)
  }

  // A new signing key is published by both before either signs with it, and the old one verifies on.
  const kidsOf = async ({ url }: ServerProcess): Promise<string[]> => {
    const { keys } = (await (await fetch(`${url}/${UserPoolId}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[]
    }
    return keys.map(({ kid }) => kid)
  }
  const before = await kidsOf(servers[0])
  assert.deepEqual(await kidsOf(servers[1]), before)
  await command('pools', 'rotate-keys', UserPoolId)
  for (const server of servers)
    await eventually(async () => assert.ok((await kidsOf(server)).some((kid) => !before.includes(kid))))
  for (const { url } of servers) {
    const keys = createRemoteJWKSet(new URL(`${url}/${UserPoolId}/.well-known/jwks.json`))
    const issuer = `${publicUrl}/${UserPoolId}`
    await jwtVerify(tokens?.IdToken ?? '', keys, { issuer, audience: ClientId })
    for (const client of clients)
      await jwtVerify((await refresh(client)).AuthenticationResult?.IdToken ?? '', keys, { issuer, audience: ClientId })
  }

  // Disabling at one server holds at the other at once, and so does every end of a sign-in.
  const revoked = { name: 'NotAuthorizedException' }
  await one.send(new sdk.AdminDisableUserCommand({ UserPoolId, Username }))
  await assert.rejects(getUser(two), revoked)
  await assert.rejects(refresh(two), revoked)
  await two.send(new sdk.AdminEnableUserCommand({ UserPoolId, Username }))
  await one.send(new sdk.AdminUserGlobalSignOutCommand({ UserPoolId, Username }))
  await assert.rejects(refresh(two), revoked)

  // A client that lost a flow has lost it at both, and a client that is gone is gone at both.
  const ExplicitAuthFlows: sdk.ExplicitAuthFlowsType[] = ['ALLOW_REFRESH_TOKEN_AUTH']
  await one.send(new sdk.UpdateUserPoolClientCommand({ UserPoolId, ClientId, ExplicitAuthFlows }))
  const signInAt = (client: Client): Promise<string> =>
    client.send(new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })).then(
      () => 'signed in',
      (error: Error) => error.name,
    )
  for (const client of clients)
    await eventually(async () => assert.equal(await signInAt(client), 'InvalidParameterException'))
  await two.send(new sdk.DeleteUserPoolClientCommand({ UserPoolId, ClientId }))
  for (const client of clients)
    await eventually(async () => assert.equal(await signInAt(client), 'ResourceNotFoundException'))
  for (const server of servers) assert.equal(await server.stop(), 0)
})

test('req 107: clocks that are five seconds apart harm no step of a flow', async (t) => {
  const url = await (await startPostgres()).freshDatabase()
  const behind = await makeTestApp(t, { database: openPostgres(url, 4, () => {}, unhurried) })
  const ahead = await makeTestApp(t, { database: openPostgres(url, 4, () => {}, unhurried) })
  ahead.advance(5)
  const { poolId: UserPoolId, clientId: ClientId } = await ensureReadyPool(behind.context)

  const flow = async (Name: string, from: TestApp, to: TestApp): Promise<void> => {
    await from.call('SignUp', { ClientId, Username: Name, Password })
    await to.call('ConfirmSignUp', { ClientId, Username: Name, ConfirmationCode: await from.code(Name) })
    const start = (server: TestApp) =>
      server.call('InitiateAuth', {
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: Name, PASSWORD: Password },
      })
    const respond = (
      server: TestApp,
      Session: string | undefined,
      ChallengeName: 'MFA_SETUP' | 'SOFTWARE_TOKEN_MFA',
      more: Record<string, string>,
    ) =>
      server.call('RespondToAuthChallenge', {
        ClientId,
        ChallengeName,
        Session,
        ChallengeResponses: { USERNAME: Name, ...more },
      })
    const { Session } = await start(from)
    const associated = await to.call('AssociateSoftwareToken', { Session })
    // The app goes by the clock of the one server, the code is checked by that of the other.
    const code = (offset = 0) =>
      totpCode(decodeBase32(associated.SecretCode ?? ''), totpStep(from.context.clock.now()) + offset)
    const verified = await to.call('VerifySoftwareToken', { Session: associated.Session, UserCode: code() })
    assert.ok((await respond(from, verified.Session, 'MFA_SETUP', {})).AuthenticationResult)
    const again = await start(to)
    const done = await respond(from, again.Session, 'SOFTWARE_TOKEN_MFA', { SOFTWARE_TOKEN_MFA_CODE: code(1) })
    const { AccessToken = '', RefreshToken = '' } = done.AuthenticationResult ?? {}
    for (const server of [from, to]) {
      await server.call('GetUser', { AccessToken })
      const refreshed = await server.call('InitiateAuth', {
        ClientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN: RefreshToken },
      })
      for (const other of [from, to])
        await other.call('GetUser', { AccessToken: refreshed.AuthenticationResult?.AccessToken ?? '' })
    }
    await from.call('AdminUserGlobalSignOut', { UserPoolId, Username: Name })
    await assert.rejects(to.call('GetUser', { AccessToken }), { name: 'NotAuthorizedException' })
    // A sign-in right after the sign-out stands, also by the clock that is behind.
    assert.ok((await start(to)).Session)
  }
  await flow('anna@example.com', behind, ahead)
  await flow('berta@example.com', ahead, behind)
  await Promise.all([behind.close(), ahead.close()])
})
