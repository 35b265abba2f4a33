// The sender and the address for answers of a pool's mail (protocol/administration 5.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settings } from '../../config.ts'
import { startPool } from '../../../testing/pool.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import { mailHead, type MailHead } from './mail-head.ts'

const email = 'jane@example.com'
const EmailConfiguration = {
  EmailSendingAccount: 'DEVELOPER' as const,
  From: 'Example Shop <shop@example.com>',
  ReplyToEmailAddress: 'help@other.example',
  ConfigurationSet: 'set-1',
}
const head = {
  from: { name: 'Example Shop', address: 'shop@example.com' },
  replyTo: 'help@other.example',
  configurationSet: 'set-1',
}

/** Signs a user up. @returns the newest mail, without its words */
const headOfMail = async (server: TestApp, UserPoolId: string): Promise<Record<string, unknown>> => {
  const { UserPoolClient } = await server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'web' })
  const ClientId = UserPoolClient?.ClientId ?? ''
  await server.call('SignUp', { ClientId, Username: email, Password: 'Correct-horse-7' })
  const { subject, body, html, ...rest } = (await server.mail(email)) as Record<string, unknown>
  assert.ok(subject && body && html === false)
  return rest
}

const createPool = async (server: TestApp, configuration: object): Promise<string> => {
  const { UserPool } = await server.call('CreateUserPool', {
    PoolName: 'people',
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
    EmailConfiguration: configuration,
  })
  return UserPool?.Id ?? ''
}

test('mail of a pool has its sender, its address for answers and its configuration set', async (t) => {
  const server = await makeTestApp(t)
  assert.deepEqual(await headOfMail(server, await createPool(server, EmailConfiguration)), head)
})

test('an identity of SES that is an address is the sender where the pool names no other; a domain is none', async (t) => {
  for (const [identity, expected] of [
    ['shop@example.com', { from: { name: '', address: 'shop@example.com' } }],
    ['example.com', {}],
  ] as const) {
    const server = await makeTestApp(t)
    const SourceArn = `arn:aws:ses:zz-local-1:000000000000:identity/${identity}`
    assert.deepEqual(await headOfMail(server, await createPool(server, { SourceArn })), expected)
  }
})

test('text messages and invitations: the head is that of mail alone', async (t) => {
  const at = await startPool(t, { pool: { EmailConfiguration } })
  const UserAttributes = [
    { Name: 'email', Value: email },
    { Name: 'phone_number', Value: '+15550100' },
  ]
  const DesiredDeliveryMediums = ['EMAIL' as const, 'SMS' as const]
  const { server, UserPoolId } = at
  await server.call('AdminCreateUser', { UserPoolId, Username: 'jane', UserAttributes, DesiredDeliveryMediums })
  const [mail, sms] = [await server.mail(email), await server.mail('+15550100')] as Record<string, unknown>[]
  assert.deepEqual([mail?.['from'], mail?.['replyTo']], [head.from, head.replyTo])
  assert.deepEqual([sms?.['from'], sms?.['replyTo']], [undefined, undefined])
})

test('where mail leaves by the server of the operator a pool that names a sender of another domain has the common one', async (t) => {
  const server = await makeTestApp(t)
  const pool = await server.context.store.pools.get(await createPool(server, EmailConfiguration))
  const { replyTo, configurationSet } = head
  const headBy = (settings: Partial<Settings>): MailHead =>
    mailHead({ ...server.context, settings: { ...server.context.settings, ...settings } }, pool)
  const serving = { mode: 'serve', smtpUrl: 'smtp://127.0.0.1:1' } as const
  assert.deepEqual(headBy({ ...serving, mailFrom: 'Id <id@EXAMPLE.com>' }), head)
  assert.deepEqual(server.log, [])
  for (const mailFrom of ['id@example.org', 'id@mail.example.com'])
    assert.deepEqual(headBy({ ...serving, mailFrom }), { replyTo, configurationSet })
  assert.deepEqual(
    server.log.map(({ level, fields }) => [level, fields]),
    [
      ['warn', { pool: pool.id }],
      ['warn', { pool: pool.id }],
    ],
  )
  // No mail leaves, or none but the developer's own.
  assert.deepEqual(headBy({ ...serving, smtpUrl: undefined, mailFrom: 'no-reply@localhost' }), head)
  assert.deepEqual(headBy({ ...serving, mode: 'dev', mailFrom: 'id@example.org' }), head)
})
