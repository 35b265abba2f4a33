// What options and environment say together; nothing is guessed.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { closing } from '../testing/closing.ts'
import { ConfigError, productionSettings, type Options, type Settings, type SmsSettings } from './config.ts'

const names = [
  'POOLKEEPER_SMS_WEBHOOK',
  'POOLKEEPER_SMS_WEBHOOK_KEY',
  'POOLKEEPER_SNS_ENDPOINT',
  'POOLKEEPER_SNS_REGION',
  'POOLKEEPER_SNS_ACCESS_KEY_ID',
  'POOLKEEPER_SNS_SECRET_ACCESS_KEY',
  'POOLKEEPER_DATABASE_CONNECTIONS',
] as const

type Environment = Partial<Record<(typeof names)[number], string>>

const settingsOf = (t: TestContext, environment: Environment, options: Options = {}): Settings => {
  const before = names.map((name) => [name, process.env[name]] as const)
  closing(t, () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  for (const name of names) delete process.env[name]
  Object.assign(process.env, environment)
  const address = { publicUrl: 'https://id.example.com', region: 'zz-local-1' }
  return productionSettings({ database: ':memory:', ...address, ...options })
}

const smsOf = (t: TestContext, environment: Environment, options: Options = {}): SmsSettings | undefined =>
  settingsOf(t, environment, options).sms

const keys: Environment = { POOLKEEPER_SNS_ACCESS_KEY_ID: 'AKID', POOLKEEPER_SNS_SECRET_ACCESS_KEY: 'secret' }
const sns = { by: 'sns', region: 'zz-local-1', accessKeyId: 'AKID', secretAccessKey: 'secret' }

test('text messages: no way unless one is named', (t) => {
  assert.equal(smsOf(t, keys), undefined)
})

test('text messages by SNS: the endpoint by option or environment, the keys by environment', (t) => {
  const endpoint = 'https://sns.example.com/'
  assert.deepEqual(smsOf(t, keys, { snsEndpoint: endpoint }), { ...sns, endpoint })
  assert.deepEqual(smsOf(t, { ...keys, POOLKEEPER_SNS_ENDPOINT: endpoint, POOLKEEPER_SNS_REGION: 'eu-west-1' }), {
    ...sns,
    endpoint,
    region: 'eu-west-1',
  })
})

test('text messages by web hook', (t) => {
  assert.deepEqual(smsOf(t, { POOLKEEPER_SMS_WEBHOOK_KEY: 'k' }, { smsWebhook: 'https://hook.example.com/sms' }), {
    by: 'webhook',
    url: 'https://hook.example.com/sms',
    key: 'k',
  })
})

for (const [title, environment, options, message] of [
  [
    'two ways',
    { POOLKEEPER_SMS_WEBHOOK: 'https://a.example.com' },
    { snsEndpoint: 'https://b.example.com' },
    /not by both/,
  ],
  ['a hook without a key', {}, { smsWebhook: 'https://a.example.com' }, /needs POOLKEEPER_SMS_WEBHOOK_KEY/],
  ['an endpoint without a key', {}, { snsEndpoint: 'https://a.example.com' }, /needs POOLKEEPER_SNS_ACCESS_KEY_ID/],
  [
    'an endpoint with half a key',
    { POOLKEEPER_SNS_ACCESS_KEY_ID: 'AKID' },
    { snsEndpoint: 'https://a.example.com' },
    /needs POOLKEEPER_SNS_SECRET_ACCESS_KEY/,
  ],
  ['an endpoint that is no URL', keys, { snsEndpoint: 'sns.example.com' }, /must be a URL that begins with/],
  ['an endpoint with a query', keys, { snsEndpoint: 'https://a.example.com/?x=1' }, /a host and a path alone/],
  ['an endpoint with a password', keys, { snsEndpoint: 'https://u:p@a.example.com/' }, /a host and a path alone/],
] as const) {
  test(`text messages: ${title} is refused`, (t) => {
    assert.throws(
      () => smsOf(t, environment, options),
      (error: Error) => error instanceof ConfigError && message.test(error.message),
    )
  })
}

test('connections to PostgreSQL: ten, unless the environment or an option says another number', (t) => {
  const sizeOf = (environment?: string, databaseConnections?: string): number =>
    settingsOf(
      t,
      environment === undefined ? {} : { POOLKEEPER_DATABASE_CONNECTIONS: environment },
      databaseConnections === undefined ? {} : { databaseConnections },
    ).databasePoolSize
  assert.equal(sizeOf(), 10)
  assert.equal(sizeOf('20'), 20)
  assert.equal(sizeOf('20', '1'), 1)
  for (const text of ['0', '-1', '1.5', '1001', 'many', ' '])
    assert.throws(
      () => sizeOf(undefined, text),
      (error) => error instanceof ConfigError && /from 1 to 1000/.test(error.message),
    )
})
