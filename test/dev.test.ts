// The development server and the command line as processes: what they print, and what they say when something is wrong.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { closing } from '../packages/server/testing/closing.ts'
import { tryWords } from '../packages/server/src/cli/options.ts'
import { testCertificate } from '../packages/server/testing/certificate.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { advance, ready, serverClock } from './authenticator.ts'
import { plainHeaders } from './signer.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import {
  runCommand,
  runPiped,
  startProcess,
  type ServerProcess,
  type StartOptions,
} from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

const Username = 'jane@example.com'
const Password = 'Correct-horse-7'

const dev = async (t: TestContext, folder: string, options: StartOptions = {}): Promise<ServerProcess> => {
  const server = await startProcess(['dev', '--data', folder], options)
  closing(t, server.kill)
  await server.says(/not for production/)
  return server
}

const clientOf = (t: TestContext, url: string, region = 'zz-local-1'): sdk.CognitoIdentityProviderClient => {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const client = new sdk.CognitoIdentityProviderClient({ endpoint: url, region, credentials, maxAttempts: 1 })
  closing(t, () => client.destroy())
  return client
}

test('dev prints pool, client, endpoint, mailbox and the lines for an SDK, and the same at the second start', async (t) => {
  const folder = folderOf(t)
  const first = await dev(t, folder)
  const { url } = first
  const printed = first.output()
  assert.ok(printed.includes(`  Endpoint      ${url}\n`))
  assert.ok(printed.includes(`  User pool     ${ready.poolId}   (MFA required`))
  assert.ok(printed.includes(`  App client    ${ready.clientId}   (no secret)\n`))
  assert.ok(printed.includes(`  Mailbox       ${url}/_poolkeeper/mailbox\n`))
  assert.ok(printed.includes(`  Clock         0 s ahead of real time   (${url}/_poolkeeper/clock;`))
  assert.ok(
    printed.includes("import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'"),
  )
  assert.ok(printed.includes(`endpoint: '${url}',\n      region: 'zz-local-1',`))
  assert.ok(printed.includes(`  See the whole flow:   npm run poolkeeper -- try --endpoint ${url}\n`))
  assert.equal((await fetch(`${url}/_poolkeeper/mailbox`)).status, 200)
  const { UserPool } = await clientOf(t, url).send(new sdk.DescribeUserPoolCommand({ UserPoolId: ready.poolId }))
  assert.equal(await first.stop(), 0)

  const second = await dev(t, folder, { port: Number(new URL(url).port) })
  assert.equal(second.output(), printed)
  const again = await clientOf(t, url).send(new sdk.DescribeUserPoolCommand({ UserPoolId: ready.poolId }))
  assert.deepEqual(again.UserPool, UserPool)
  assert.equal(await second.stop(), 0)
})

test('the words for try are those that work where the server runs', () => {
  assert.equal(tryWords('file:///clone/cli/dev.ts', 'http://127.0.0.1:9229'), 'npm run poolkeeper -- try')
  assert.equal(tryWords('file:///app/dist/cli/index.js', 'http://127.0.0.1:9229'), 'npx poolkeeper try')
  assert.equal(
    tryWords('file:///app/dist/cli/index.js', 'http://[::1]:4000'),
    'npx poolkeeper try --endpoint http://[::1]:4000',
  )
})

/** What a start says that comes to nothing. */
const refused = async (words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(words)
  assert.equal(code, 1, stderr)
  assert.equal(stdout, '')
  assert.doesNotMatch(stderr, /\n {4}at |\bnode:/)
  return stderr
}

test('a mistake on the command line is told in one sentence, and the exit code is 1', async () => {
  const said: readonly (readonly [words: string, sentence: RegExp])[] = [
    [
      'dev --port 70000',
      /^error: option '--port <number>' argument '70000' is invalid\. A port is a number .*\.\n\(poolkeeper dev --help lists what there is\)\n$/,
    ],
    [
      'dev --port http',
      /^error: option '--port <number>' argument 'http' is invalid\. A port is a number .*\.\n\(poolkeeper dev --help lists what there is\)\n$/,
    ],
    [
      'dev --port -1',
      /^error: option '--port <number>' argument '-1' is invalid\. A port is a number .*\.\n\(poolkeeper dev --help lists what there is\)\n$/,
    ],
    ['dev --port', /^error: option '--port <number>' argument missing\n\(poolkeeper dev --help .*\)\n$/],
    ['dev --colour', /^error: unknown option '--colour'\n\(poolkeeper dev --help .*\)\n$/],
    ['dev now', /^error: too many arguments for 'dev'\. .*\n\(poolkeeper dev --help .*\)\n$/],
    ['dve', /^error: unknown command 'dve'\n\(Did you mean dev\?\)\n|^error: unknown command 'dve'\n.*\n$/],
    ['keys', /^Usage: poolkeeper keys /],
    ['keys disable', /^error: missing required argument 'access-key-id'\n\(poolkeeper keys disable --help .*\)\n$/],
    ['dev --issuer mine', /^error: .* Allowed choices are own, cognito\.\n\(.*\)\n$/],
    [
      'dev --region Mars_1',
      /^poolkeeper: A Region is made of small letters, digits and hyphens, such as zz-local-1\.\n$/,
    ],
    ['dev --allow-origin app.example', /^poolkeeper: An allowed origin is .*, not app\.example\.\n$/],
    ['dev --allow-origin https://app.example/page', /^poolkeeper: An allowed origin is .*\n$/],
    ['dev --allow-origin *', /^poolkeeper: An allowed origin is .*\n$/],
    [
      'dev --public-url ftp://x',
      /^poolkeeper: The public URL must be a URL that begins with http:\/\/ or https:\/\/\.\n$/,
    ],
    ['try --endpoint ftp://x', /^poolkeeper: The endpoint must be a URL that begins with http:\/\/ or https:\/\/\.\n$/],
    ['try --region Mars_1', /^poolkeeper: A Region is made of .*\n$/],
    ['dev --triggers none.json', /^poolkeeper: The triggers file none\.json cannot be used: ENOENT: .*\.\n$/],
    ['dev --mail-from notanaddress', /^poolkeeper: The sender of mail must be an address, .* not notanaddress\.\n$/],
    [
      'dev --smtp localhost',
      /^poolkeeper: The mail server must be a URL that begins with smtp:\/\/ or smtps:\/\/\.\n$/,
    ],
  ]
  await Promise.all(said.map(async ([words, sentence]) => assert.match(await refused(words.split(' ')), sentence)))
})

test('dev listens on this machine only', async (t) => {
  const folder = folderOf(t)
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
    assert.equal(
      await refused(['dev', '--data', folder, '--host', host]),
      'poolkeeper: The development server accepts any credentials, so it listens on this machine only: --host must be one of 127.0.0.1, localhost, ::1. For a network, use poolkeeper serve.\n',
    )
  }
})

test('dev ends with a sentence when its port is taken', async (t) => {
  const { url } = await dev(t, folderOf(t))
  const { port } = new URL(url)
  assert.match(
    await refused(['dev', '--data', folderOf(t), '--port', port]),
    new RegExp(
      `^poolkeeper: The port is in use already .*127\\.0\\.0\\.1:${port}.*\\. Choose another with --port\\.\\n$`,
    ),
  )
})

test('dev ends with a sentence when its folder cannot be made, or holds no database, or a key that others can read', async (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'file'), 'text')
  const port = String(await freePort())
  const start = (data: string) => refused(['dev', '--port', port, '--data', data])
  assert.match(await start(join(folder, 'file', 'data')), /^poolkeeper: Not a folder: .*\.\n$/)
  assert.match(await start(join(folder, 'file')), /^poolkeeper: .*\.\n$/)
  if (process.platform === 'linux') assert.match(await start('/proc/none/data'), /^poolkeeper: .*\/proc\/none.*\.\n$/)
  writeFileSync(
    join(folder, 'poolkeeper.db'),
    'this is no database, but a text that is longer than its header'.repeat(9),
  )
  assert.match(await start(folder), /^poolkeeper: The database cannot be used: file is not a database\.\n$/)
  const open = folderOf(t)
  writeFileSync(join(open, 'seal.key'), 'x', { mode: 0o644 })
  assert.match(
    await start(open),
    /^poolkeeper: .*seal\.key holds the sealing key and can be read by others: chmod 600 it\.\n$/,
  )
})

test('the program and every command have help, and the program its version', async () => {
  const commands = ['', 'dev', 'serve', 'try', 'keys', 'keys create', 'keys list', 'keys disable', 'pools']
  const all = [...commands, 'pools rotate-keys', 'seal-key'].map((command) => command.split(' ').filter(Boolean))
  const helps = await Promise.all(all.map((words) => runCommand([...words, '--help'])))
  for (const [index, { code, stdout, stderr }] of helps.entries()) {
    assert.deepEqual([code, stderr], [0, ''])
    assert.ok(stdout.startsWith(`Usage: ${['poolkeeper', ...(all[index] ?? [])].join(' ')} `), stdout)
    assert.match(stdout, /--help/)
  }
  // The program lists each command with a line of its own.
  for (const [command] of all)
    if (command) assert.match(helps[0]?.stdout ?? '', new RegExp(`^ {2}${command} .*\\w`, 'm'))
  for (const option of [
    '--port',
    '--host',
    '--data',
    '--database',
    '--smtp',
    '--mail-from',
    '--public-url',
    '--issuer',
  ])
    for (const index of [1, 2]) assert.ok(helps[index]?.stdout.includes(option), option)
  for (const flag of ['--version', '-v']) {
    const { code, stdout } = await runCommand([flag])
    assert.equal(code, 0)
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  }
})

/** Sends a request as the page of an origin makes a browser send it, at a host name of its choice; what came back. */
const asPage = async (
  url: string,
  operation: string,
  input: object,
  headers: Record<string, string>,
): Promise<{ status: number; type: unknown }> => {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=made/20260101/zz-local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=up'
  const asked = request(url, {
    method: 'POST',
    headers: { ...plainHeaders(operation), authorization, ...headers },
  })
  asked.end(JSON.stringify(input))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const body = JSON.parse(await text(response)) as { __type?: string }
  return { status: response.statusCode ?? 0, type: body.__type }
}

test('dev --port 0 chooses a port, and everything it prints and signs names that port', async (t) => {
  const { child, says, output } = await startProcess(['dev', '--data', folderOf(t)], { port: 0 })
  closing(t, () => child.kill('SIGKILL'))
  await says(/not for production/)
  const [, url = ''] = /Endpoint {6}(http:\/\/127\.0\.0\.1:[1-9]\d*)\n/.exec(output()) ?? []
  assert.ok(output().includes(`try --endpoint ${url}\n`), output())
  const discovery = await fetch(`${url}/${ready.poolId}/.well-known/openid-configuration`)
  assert.equal(((await discovery.json()) as { issuer: string }).issuer, `${url}/${ready.poolId}`)
})

test('a page of another site does not administer the development server, nor by a name of its own', async (t) => {
  const server = await startProcess(['dev', '--data', folderOf(t), '--allow-origin', 'https://app.example'])
  closing(t, server.kill)
  const { url } = server
  const UserPoolId = ready.poolId
  const { port } = new URL(url)
  const pages = [
    { origin: 'https://evil.example' },
    { origin: `http://evil.example:${port}`, host: `evil.example:${port}` },
  ]
  for (const page of [...pages, { origin: 'null' }, { host: 'evil.example' }])
    for (const [operation, input] of [
      ['ListUsers', { UserPoolId }],
      ['AdminCreateUser', { UserPoolId, Username: 'mallory@example.com' }],
      ['DeleteUserPool', { UserPoolId }],
    ] as const)
      assert.deepEqual(
        await asPage(url, operation, input, page),
        { status: 403, type: 'ForbiddenException' },
        operation,
      )
  for (const origin of ['http://localhost:5173', 'https://app.example'])
    assert.equal((await asPage(url, 'ListUsers', { UserPoolId }, { origin })).status, 200)
  const signUp = { ClientId: ready.clientId, Username, Password }
  assert.equal((await asPage(url, 'SignUp', signUp, { origin: 'https://any.example' })).status, 200)
})

test('Regions side by side: a client sees the pools of its own Region alone', async (t) => {
  const { url } = await dev(t, folderOf(t))
  const regions = ['eu-central-1', 'us-east-1']
  const made = await Promise.all(
    regions.map(async (region) => {
      const client = clientOf(t, url, region)
      const { UserPool } = await client.send(new sdk.CreateUserPoolCommand({ PoolName: region }))
      return { client, region, id: UserPool?.Id ?? '', arn: UserPool?.Arn ?? '' }
    }),
  )
  for (const { client, region, id, arn } of made) {
    assert.match(id, new RegExp(`^${region}_[0-9A-Za-z]+$`))
    assert.equal(arn, `arn:aws:cognito-idp:${region}:000000000000:userpool/${id}`)
    const { UserPools } = await client.send(new sdk.ListUserPoolsCommand({ MaxResults: 60 }))
    assert.deepEqual(
      UserPools?.map((pool) => pool.Id),
      [id],
    )
    const other = made.find((one) => one.id !== id)?.id
    await assert.rejects(client.send(new sdk.DescribeUserPoolCommand({ UserPoolId: other })), {
      name: 'ResourceNotFoundException',
      message: `User pool ${other} does not exist.`,
    })
  }
})

test('the terminal of dev names the true reason of a refusal; the wire keeps the bland words', async (t) => {
  const server = await dev(t, folderOf(t))
  const { url } = server
  const client = clientOf(t, url)
  const { poolId: UserPoolId, clientId: ClientId } = ready
  await client.send(new sdk.AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }))
  await client.send(new sdk.AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }))
  const signIn = (of: { ClientId: string; PASSWORD?: string; USERNAME?: string }) =>
    client.send(
      new sdk.InitiateAuthCommand({
        ClientId: of.ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: of.USERNAME ?? Username, PASSWORD: of.PASSWORD ?? Password },
      }),
    )

  // A wrong password, and a user who is not there: one and the same on the wire.
  const bland = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
  await assert.rejects(signIn({ ClientId, PASSWORD: 'Wrong-horse-7' }), bland)
  await assert.rejects(signIn({ ClientId, USERNAME: 'nobody@example.com' }), bland)
  await server.says(
    /InitiateAuth refused: NotAuthorizedException: Incorrect username or password\. {2}\(.*password.*\)\n/,
  )
  await server.says(
    /InitiateAuth refused: NotAuthorizedException: Incorrect username or password\. {2}\(.*(no such|not exist|no user).*\)\n/,
  )

  // A code of five steps ago.
  const { Session } = await signIn({ ClientId })
  const { SecretCode = '', Session: setUp } = await client.send(new sdk.AssociateSoftwareTokenCommand({ Session }))
  const UserCode = totpCode(decodeBase32(SecretCode), totpStep(await serverClock(url)) - 5)
  await assert.rejects(client.send(new sdk.VerifySoftwareTokenCommand({ Session: setUp, UserCode })), {
    name: 'EnableSoftwareTokenMFAException',
    message: 'Code mismatch',
  })
  await server.says(
    /VerifySoftwareToken refused: EnableSoftwareTokenMFAException: Code mismatch {2}\(the code is of [56] steps ago\)\n/,
  )

  // A session of long ago.
  await advance(url, 600)
  await assert.rejects(client.send(new sdk.AssociateSoftwareTokenCommand({ Session: setUp })), (error: Error) => {
    assert.equal(error.name, 'NotAuthorizedException')
    assert.match(error.message, /^Invalid session for the user/)
    assert.doesNotMatch(error.message, /\d/)
    return true
  })
  await server.says(
    /AssociateSoftwareToken refused: NotAuthorizedException: .* {2}\(the session expired 4\d\d s ago\) {2}\(the clock is 600 s ahead of real time\)\n/,
  )

  // A flow that the client does not have.
  const { UserPoolClient } = await client.send(
    new sdk.CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'narrow',
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  await assert.rejects(signIn({ ClientId: UserPoolClient?.ClientId ?? '' }), {
    name: 'InvalidParameterException',
    message: 'USER_PASSWORD_AUTH flow not enabled for this client',
  })
  await server.says(/ {2}\(the client's ExplicitAuthFlows lack ALLOW_USER_PASSWORD_AUTH\) /)

  for (const secret of [Password, UserCode, Session ?? '', SecretCode]) assert.ok(!server.output().includes(secret))
})

const aheadSeconds = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/_poolkeeper/clock`)).json()) as { aheadSeconds: number }).aheadSeconds

test('a moved clock is told by every line; reset puts it back', async (t) => {
  const server = await dev(t, folderOf(t))
  await advance(server.url, 90)
  await server.says(/the clock was moved .*aheadSeconds=90 {2}\(the clock is 90 s ahead of real time\)\n/)
  assert.equal(await aheadSeconds(server.url), 90)
  await fetch(`${server.url}/_poolkeeper/reset`, { method: 'POST' })
  assert.equal(await aheadSeconds(server.url), 0)
  assert.ok((await serverClock(server.url)) < Date.now() + 60_000)
})

test('try --yes against a running server shows every step, leaves nothing and exits with 0; an endpoint without a scheme is http', async (t) => {
  const { url } = await dev(t, folderOf(t))
  const { code, stdout, stderr } = await runCommand(['try', '--yes', '--endpoint', url.slice('http://'.length)])
  assert.deepEqual([code, stderr], [0, ''])
  for (let step = 1; step <= 7; step += 1) assert.match(stdout, new RegExp(`^ {2}${step}\\. \\w`, 'm'))
  for (const operation of ['SignUp', 'ConfirmSignUp', 'AdminInitiateAuth', 'AssociateSoftwareToken', 'GetUser'])
    assert.match(stdout, new RegExp(`→ ${operation} `))
  assert.match(stdout, /otpauth:\/\/totp\//)
  assert.match(stdout, /access token holds: .*"token_use": "access"/s)
  assert.doesNotMatch(stdout, /ey[\w-]{20,}\.ey/)
  assert.match(stdout, /\n {2}Everything held\. The pool that was made for this is gone again\.\n$/)
  assert.equal(await aheadSeconds(url), 0)
  const { UserPools } = await clientOf(t, url).send(new sdk.ListUserPoolsCommand({ MaxResults: 60 }))
  assert.deepEqual(
    UserPools?.map(({ Id }) => Id),
    [ready.poolId],
  )
})

test('try whose reader goes, as head does, ends without an error and leaves no pool behind', async (t) => {
  const { url } = await dev(t, folderOf(t))
  const { code, stdout, stderr } = await runPiped(['try', '--yes', '--endpoint', url], /1\. Sign up/)
  assert.deepEqual([code, stderr], [0, ''])
  assert.doesNotMatch(stdout, /Everything held/)
  const { UserPools } = await clientOf(t, url).send(new sdk.ListUserPoolsCommand({ MaxResults: 60 }))
  assert.deepEqual(
    UserPools?.map(({ Id }) => Id),
    [ready.poolId],
  )
})

test('try whose input ends before the flow does says so in a sentence and leaves no pool behind', async (t) => {
  const { url } = await dev(t, folderOf(t))
  const { code, stdout, stderr } = await runCommand(['try', '--endpoint', url])
  assert.deepEqual(
    [code, stderr],
    [1, 'poolkeeper: The input ended before the flow did. With --yes nothing is asked.\n'],
  )
  assert.match(stdout, /1\. Sign up/)
  const { UserPools } = await clientOf(t, url).send(new sdk.ListUserPoolsCommand({ MaxResults: 60 }))
  assert.equal(UserPools?.length, 1)
})

test('a command whose reader goes at once ends without an error, and dev goes on without a reader', async (t) => {
  const { code, stderr } = await runPiped(['seal-key'], undefined)
  assert.deepEqual([code, stderr], [0, ''])
  const server = await dev(t, folderOf(t))
  server.child.stdout?.destroy()
  for (let line = 0; line < 3; line += 1)
    await fetch(server.url, { method: 'POST', headers: { 'x-amz-target': 'x.y' } })
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  assert.equal(await server.stop(), 0)
})

test('the data folder that dev makes is ignored by Git; a folder that was there is left as it is', async (t) => {
  const folder = folderOf(t)
  const made = join(folder, 'new', 'data')
  await dev(t, made)
  assert.equal(readFileSync(join(made, '.gitignore'), 'utf8'), '*\n')
  assert.deepEqual(readdirSync(join(folder, 'new')), ['data'])
  await dev(t, folder)
  assert.ok(!existsSync(join(folder, '.gitignore')))
})

test('try against nothing says so', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const sentence = `poolkeeper: Nothing answers at ${endpoint}. Start a server: poolkeeper dev, or poolkeeper serve.\n`
  assert.equal(await refused(['try', '--yes', '--endpoint', endpoint]), sentence)
})

test('try says when a certificate is not trusted, and when something else than Poolkeeper answers', async (t) => {
  const respond = (_: IncomingMessage, response: ServerResponse): void => void response.writeHead(404).end()
  const portOf = async (server: Server): Promise<number> => {
    closing(t, () => new Promise((resolve) => void server.close(resolve)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const secure = await portOf(createSecureServer(testCertificate(), respond))
  assert.match(
    await refused(['try', '--yes', '--endpoint', `https://127.0.0.1:${secure}`]),
    /^poolkeeper: The certificate at https:\/\/127\.0\.0\.1:\d+ is not trusted \(.+\)\. Name its authority by NODE_EXTRA_CA_CERTS\.\n$/,
  )
  const plain = await portOf(createServer(respond))
  assert.match(
    await refused(['try', '--yes', '--endpoint', `127.0.0.1:${plain}`]),
    /^poolkeeper: What answers at http:\/\/127\.0\.0\.1:\d+ is no Poolkeeper: \/healthz says 404\.\n$/,
  )
  assert.match(
    await refused(['try', '--yes', '--endpoint', 'http://nowhere.invalid']),
    /^poolkeeper: There is no answer from http:\/\/nowhere\.invalid: .*\.\n$/,
  )
})
