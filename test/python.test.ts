// The flow by the clients written in Python, where the machine has them.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { closing } from '../packages/server/testing/closing.ts'
import { advance, appCode, codeFor, ready } from './authenticator.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { verifyTokens, type Tokens } from './tokens.ts'

const has = (program: string, ...words: string[]): boolean => spawnSync(program, words).status === 0
const run = promisify(execFile)

const withServer = async (t: TestContext, work: (url: string) => Promise<void>): Promise<void> => {
  const folder = folderOf(t)
  const server = await startProcess(['dev', '--data', folder])
  closing(t, server.kill)
  await work(server.url)
}

test('the flow call by call with boto3', { skip: !has('python3', '-c', 'import boto3') && 'no boto3 here' }, (t) =>
  withServer(t, async (url) => {
    const script = fileURLToPath(new URL('flow_with_boto3.py', import.meta.url))
    const { stdout } = await run('python3', [script, url])
    const all = JSON.parse(stdout) as Tokens[]
    assert.equal(all.length, 3)
    for (const tokens of all) await verifyTokens({ url, ...ready }, tokens)
  }),
)

test('the flow call by call with the AWS CLI', { skip: !has('aws', '--version') && 'no AWS CLI here' }, (t) =>
  withServer(t, async (url) => {
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_DEFAULT_REGION: 'zz-local-1',
    }
    const aws = async (operation: string, ...words: string[]) => {
      const { stdout } = await run(
        'aws',
        ['cognito-idp', operation, ...words, '--endpoint-url', url, '--output', 'json'],
        {
          env,
        },
      )
      return (stdout === '' ? {} : JSON.parse(stdout)) as {
        readonly Session?: string
        readonly ChallengeName?: string
        readonly SecretCode?: string
        readonly Status?: string
        readonly AuthenticationResult?: Tokens
        readonly Users?: readonly { readonly UserStatus: string }[]
      }
    }
    const pool = ['--user-pool-id', ready.poolId]
    const client = ['--client-id', ready.clientId]
    const name = 'cli@example.com'
    const password = 'Correct-horse-7'
    await aws('sign-up', ...client, '--username', name, '--password', password)
    const code = await codeFor(url, name)
    await aws('confirm-sign-up', ...client, '--username', name, '--confirmation-code', code)

    const parameters = ['--auth-parameters', `USERNAME=${name},PASSWORD=${password}`]
    const start = () =>
      aws('admin-initiate-auth', ...pool, ...client, '--auth-flow', 'ADMIN_USER_PASSWORD_AUTH', ...parameters)
    const respond = (challenge: string, session = '', responses = '') => {
      const given = ['--session', session, '--challenge-responses', `USERNAME=${name}${responses}`]
      return aws('admin-respond-to-auth-challenge', ...pool, ...client, '--challenge-name', challenge, ...given)
    }
    // The first sign-in, which MFA_SETUP finishes.
    const first = await start()
    assert.equal(first.ChallengeName, 'MFA_SETUP')
    const associated = await aws('associate-software-token', '--session', first.Session ?? '')
    const appsCode = () => appCode(url, associated.SecretCode ?? '')
    const user = ['--session', associated.Session ?? '', '--user-code', await appsCode()]
    const verified = await aws('verify-software-token', ...user)
    assert.equal(verified.Status, 'SUCCESS')
    const setUp = await respond('MFA_SETUP', verified.Session)
    await verifyTokens({ url, ...ready }, setUp.AuthenticationResult ?? {})

    // The second, which the authenticator's next code finishes.
    await advance(url, 30)
    const second = await start()
    assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    const done = await respond('SOFTWARE_TOKEN_MFA', second.Session, `,SOFTWARE_TOKEN_MFA_CODE=${await appsCode()}`)
    await verifyTokens({ url, ...ready }, done.AuthenticationResult ?? {})

    const users = await aws('list-users', ...pool, '--filter', 'email ^= "cli"')
    assert.deepEqual(
      users.Users?.map(({ UserStatus }) => UserStatus),
      ['CONFIRMED'],
    )
    await assert.rejects(aws('admin-get-user', ...pool, '--username', 'nobody'), /UserNotFoundException/)
  }),
)
