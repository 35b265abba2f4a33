// The example of docs/triggers.md as it stands there: its file and its module, given to the program by the command
// line, and a sign-in by the AWS SDK.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { closing } from '../packages/server/testing/closing.ts'
import { runCommand, startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'

const page = readFileSync(fileURLToPath(new URL('../docs/triggers.md', import.meta.url)), 'utf8')

/** The code blocks of the page in one language, in order. */
const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, text]) => (found === language ? (text ?? '') : []))

const [mapping = '', ...others] = blocks('json')
const [functions = '', receiver = ''] = blocks('js')
const arn = 'arn:aws:lambda:zz-local-1:000000000000:function:sign-in'

test('the example of the page signs up without a code and in without a password', async (t) => {
  assert.equal(others.length, 0)
  const folder = folderOf(t)
  writeFileSync(join(folder, 'functions.mjs'), functions)
  writeFileSync(join(folder, 'triggers.json'), mapping)
  const words = ['dev', '--data', join(folder, 'data'), '--triggers', join(folder, 'triggers.json')]
  const server = await startProcess(words)
  closing(t, server.kill)
  const client = new sdk.CognitoIdentityProviderClient({
    endpoint: server.url,
    region: 'zz-local-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
  closing(t, () => client.destroy())
  const LambdaConfig = {
    PreSignUp: arn,
    DefineAuthChallenge: arn,
    CreateAuthChallenge: arn,
    VerifyAuthChallengeResponse: arn,
  }
  const { UserPool } = await client.send(new sdk.CreateUserPoolCommand({ PoolName: 'demo', LambdaConfig }))
  const made = await client.send(
    new sdk.CreateUserPoolClientCommand({
      UserPoolId: UserPool?.Id,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'],
    }),
  )
  const ClientId = made.UserPoolClient?.ClientId
  const signUp = (email: string) =>
    client.send(
      new sdk.SignUpCommand({
        ClientId,
        Username: 'jane',
        Password: 'Correct-horse-7',
        UserAttributes: [{ Name: 'email', Value: email }],
      }),
    )
  await assert.rejects(signUp('jane@elsewhere.example'), {
    name: 'UserLambdaValidationException',
    message: 'PreSignUp failed with error Sign-up is for example.com.',
  })
  assert.equal((await signUp('jane@example.com')).UserConfirmed, true)
  const asked = await client.send(
    new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters: { USERNAME: 'jane' } }),
  )
  assert.equal(asked.ChallengeParameters?.['hint'], 'six digits')
  await server.says(/to jane: \d{6}/)
  const [, code = ''] = /to jane: (\d{6})/.exec(server.output()) ?? []
  const { AuthenticationResult } = await client.send(
    new sdk.RespondToAuthChallengeCommand({
      ClientId,
      ChallengeName: 'CUSTOM_CHALLENGE',
      Session: asked.Session,
      ChallengeResponses: { USERNAME: 'jane', ANSWER: code },
    }),
  )
  assert.ok(AuthenticationResult?.AccessToken)
})

test('the receiver of the page believes what is signed, and nothing else', async (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'receiver.mjs')
  writeFileSync(path, receiver)
  const module: unknown = await import(pathToFileURL(path).href)
  const { isGenuine } = module as { isGenuine: (secret: string, header: string | undefined, body: string) => boolean }
  const header = (seconds: number): string =>
    `t=${seconds},v1=${createHmac('sha256', 's').update(`${seconds}.{"a":1}`).digest('hex')}`
  const now = Math.floor(Date.now() / 1000)
  assert.equal(isGenuine('s', header(now), '{"a":1}'), true)
  assert.equal(isGenuine('s', header(now), '{"a":2}'), false)
  assert.equal(isGenuine('other', header(now), '{"a":1}'), false)
  assert.equal(isGenuine('s', header(now - 1000), '{"a":1}'), false)
  assert.equal(isGenuine('s', undefined, '{"a":1}'), false)
})

test('a triggers file that is wrong ends the start in one sentence, without its secrets', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'triggers.json')
  writeFileSync(file, JSON.stringify({ [arn]: { url: 'https://a.example', secret: 'hush', more: 1 } }))
  const words = ['dev', '--data', join(folder, 'data')]
  for (const [more, env] of [
    [['--triggers', file], {}],
    [[], { POOLKEEPER_TRIGGERS: file }],
  ] as const) {
    const { code, stderr, stdout } = await runCommand([...words, ...more], env)
    assert.equal(code, 1)
    assert.equal(stderr, `poolkeeper: The triggers file has an unknown member "more" for ${arn}.\n`)
    assert.ok(!stdout.includes('hush'))
  }
})
