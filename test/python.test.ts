import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ready } from './authenticator.ts'
import { startProcess, temporaryFolder } from './server.ts'

const has = (program: string, ...words: string[]): boolean => spawnSync(program, words).status === 0
const run = promisify(execFile)

const withServer = async (work: (url: string) => Promise<void>): Promise<void> => {
  const folder = temporaryFolder()
  const server = await startProcess(['dev', '--data', folder.path])
  try {
    await work(server.url)
  } finally {
    await server.stop()
    folder.remove()
  }
}

test('the flow call by call with boto3', { skip: !has('python3', '-c', 'import boto3') && 'no boto3 here' }, () =>
  withServer(async (url) => {
    const script = fileURLToPath(new URL('flow_with_boto3.py', import.meta.url))
    const { stdout } = await run('python3', [script, url])
    assert.match(stdout, /the flow holds/)
  }),
)

test('the AWS CLI signs up and lists', { skip: !has('aws', '--version') && 'no AWS CLI here' }, () =>
  withServer(async (url) => {
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_DEFAULT_REGION: 'zz-local-1',
    }
    const aws = async (...words: string[]): Promise<string> =>
      (await run('aws', ['cognito-idp', ...words, '--endpoint-url', url, '--output', 'json'], { env })).stdout
    const name = 'cli@example.com'
    await aws('sign-up', '--client-id', ready.clientId, '--username', name, '--password', 'Correct-horse-7')
    const users = await aws('list-users', '--user-pool-id', ready.poolId, '--filter', `email ^= "cli"`)
    assert.match(users, /"UserStatus": "UNCONFIRMED"/)
    await assert.rejects(
      aws('admin-get-user', '--user-pool-id', ready.poolId, '--username', 'nobody'),
      /UserNotFoundException/,
    )
  }),
)
