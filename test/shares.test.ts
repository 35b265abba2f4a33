// The production server under a flood from one source: others sign in as if there were none, and the log and the
// metrics say which limit refused whom (requirement 123).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { closing } from '../packages/server/testing/closing.ts'
import { openPool } from '../packages/client/src/index.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import { runCommand, startProcess, type ServerProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

const region = 'zz-local-1'
const password = 'Correct-horse-7'

type Server = ServerProcess & {
  readonly clientId: string
  metrics(): Promise<string>
  /** USER_PASSWORD_AUTH of a caller whom the proxy says to be at an address. @returns the exception, or '' */
  signIn(username: string, given: string, forwardedFor: string): Promise<string>
}

const serve = async (t: TestContext, words: readonly string[]): Promise<Server> => {
  const folder = folderOf(t)
  const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
  const { stdout } = await runCommand(['keys', 'create', '--data', folder], env)
  const [, accessKeyId = '', secretAccessKey = ''] = /ID=(\S+)\n\S+=(\S+)/.exec(stdout) ?? []
  const metricsPort = await freePort()
  const all = ['serve', '--data', folder, '--metrics-port', String(metricsPort), ...words]
  const server = await startProcess(all, { env })
  closing(t, server.kill)
  const { url: endpoint } = server
  const credentials = { accessKeyId, secretAccessKey }
  const call = (poolId: string) => openPool({ userPoolId: poolId, clientId: 'none', endpoint, credentials }).call
  const { UserPool } = await call(`${region}_none`)<{ UserPool: { Id: string } }>('CreateUserPool', {
    PoolName: 'people',
  })
  const UserPoolId = UserPool.Id
  const admin = call(UserPoolId)
  const { UserPoolClient } = await admin<{ UserPoolClient: { ClientId: string } }>('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'web',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    PreventUserExistenceErrors: 'ENABLED',
  })
  const clientId = UserPoolClient.ClientId
  await admin('AdminCreateUser', { UserPoolId, Username: 'anna', MessageAction: 'SUPPRESS' })
  await admin('AdminSetUserPassword', { UserPoolId, Username: 'anna', Password: password, Permanent: true })
  return {
    ...server,
    clientId,
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    signIn: async (USERNAME, PASSWORD, forwardedFor) => {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
          'x-forwarded-for': forwardedFor,
        },
        body: JSON.stringify({
          ClientId: clientId,
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME, PASSWORD },
        }),
      })
      const { __type: error = '' } = (await response.json()) as { __type?: string }
      return error
    },
  }
}

const count = (answers: readonly string[], error: string): number => answers.filter((answer) => answer === error).length

test('req 123: 200 wrong sign-ins of one source at once keep nobody else from signing in', async (t) => {
  const server = await serve(t, ['--trusted-proxies', '127.0.0.1'])
  const flood = Promise.all(
    Array.from({ length: 200 }, (_, index) => server.signIn(`name-${index}`, 'Wrong-horse-7', '203.0.113.1')),
  )
  const honest: string[] = []
  for (let time = 0; time < 10; time += 1) honest.push(await server.signIn('anna', password, '203.0.113.2'))
  assert.deepEqual(
    honest,
    Array.from({ length: 10 }, () => ''),
  )
  const answers = await flood
  // How many find no place depends on the machine's cores.
  const refused = count(answers, 'TooManyRequestsException')
  assert.equal(count(answers, 'NotAuthorizedException'), 200 - refused)
  const text = await server.metrics()
  const counted = /^poolkeeper_refusals_total\{limit="queue\/password-checks"\} (\d+)$/m.exec(text)?.[1] ?? '0'
  assert.equal(Number(counted), refused)
  for (const waiting of ['password_checks', 'powers'])
    assert.match(text, new RegExp(`^poolkeeper_${waiting}_waiting 0$`, 'm'))
  assert.doesNotMatch(text, /anna|name-|203\.0/)
})

test('req 123: behind a trusted proxy each source has its share; its refusals are in log and metrics', async (t) => {
  const server = await serve(t, ['--trusted-proxies', '127.0.0.0/8', '--limits', 'sign-in/source=2'])
  const signIn = (forwardedFor: string) => server.signIn('anna', password, forwardedFor)
  assert.deepEqual([await signIn('203.0.113.1'), await signIn('203.0.113.1')], ['', ''])
  assert.equal(await signIn('203.0.113.1'), 'TooManyRequestsException')
  assert.equal(await signIn('203.0.113.9, 203.0.113.1'), 'TooManyRequestsException')
  assert.equal(await signIn('203.0.113.2'), '')
  await server.says(/"source":"203\.0\.113\.1",.*"error":"TooManyRequestsException",.*"limit":"sign-in\/source"/)
  assert.match(await server.metrics(), /^poolkeeper_refusals_total\{limit="sign-in\/source"\} 2$/m)
})

test('req 123: X-Forwarded-For of a caller who is no trusted proxy is ignored', async (t) => {
  const server = await serve(t, ['--limits', 'sign-in/source=2'])
  const answers: string[] = []
  for (let time = 0; time < 4; time += 1) answers.push(await server.signIn('anna', password, `203.0.113.${time}`))
  assert.deepEqual(answers, ['', '', 'TooManyRequestsException', 'TooManyRequestsException'])
  await server.says(/"source":"127\.0\.0\.1",.*"limit":"sign-in\/source"/)
})

test('serve names the item of --limits or --trusted-proxies that it cannot use', async () => {
  const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
  const start = (...words: string[]) =>
    runCommand(
      ['serve', '--database', ':memory:', '--region', region, '--public-url', 'http://x.example', ...words],
      env,
    )
  const limits = await start('--limits', 'sign-in/user=5')
  assert.match(limits.stderr, /^poolkeeper: --limits is a list .* Not one of them: sign-in\/user=5\.\n$/)
  const proxies = await start('--trusted-proxies', '10.0.0.0/8,proxy')
  assert.match(proxies.stderr, /^poolkeeper: --trusted-proxies is a list .* Not one of them: proxy\.\n$/)
  assert.deepEqual([limits.code, proxies.code], [1, 1])
})
