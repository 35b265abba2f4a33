import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { defaultPoolSettings, type PoolSettings } from '../../rules/pool-settings.ts'
import type { Pool } from '../../store/index.ts'
import { makeTestApp, requestContextOf, type TestApp, type TestOptions } from '../../../testing/app.ts'
import { userRow } from '../../../testing/records.ts'
import { sendCode, sendInvitation, type CodeMessage, type CodeOccasion } from './messages.ts'

const address = 'ann@example.com'

const occasions: readonly CodeOccasion[] = [
  'SignUp',
  'ResendCode',
  'ForgotPassword',
  'UpdateUserAttribute',
  'VerifyUserAttribute',
  'Authentication',
]

const poolOf = (settings: Partial<PoolSettings>): Pool => ({
  id: 'zz-local-1_a',
  region: 'zz-local-1',
  name: 'p',
  settings: { ...defaultPoolSettings(), ...settings },
  version: 1,
  createdAt: 0,
  updatedAt: 0,
})

const user = userRow({ poolId: 'zz-local-1_a', id: 'u', username: 'ann' })

type Mail = { subject: string; body: string; html: boolean }

const within = async (t: TestContext, options: TestOptions, work: (app: TestApp) => Promise<void>): Promise<void> => {
  const app = await makeTestApp(t, options)
  await work(app)
}

const codeMail = async (app: TestApp, of: Partial<CodeMessage> & { pool: Pool }): Promise<Mail> => {
  const write = await sendCode(requestContextOf(app.context), {
    client: undefined,
    user,
    destination: { attribute: 'email', address },
    clientMetadata: {},
    occasion: 'SignUp',
    code: '123456',
    lifetimeSeconds: 60,
    ...of,
  })
  await app.context.store.commit([write])
  return (await app.mail(of.destination?.address ?? address)) as Mail
}

const invitation = async (app: TestApp, pool: Pool, username: string, password?: string): Promise<Mail> => {
  const destination = { attribute: 'email', address } as const
  const envelope = { pool, user, destination, clientMetadata: {}, username, password }
  await app.context.store.commit([await sendInvitation(requestContextOf(app.context), envelope)])
  return (await app.mail(address)) as Mail
}

test('messages have the words of the service where the pool has none', (t) =>
  within(t, {}, async (app) => {
    const pool = poolOf({})
    assert.deepEqual(await codeMail(app, { pool }), {
      subject: 'Your verification code',
      body: 'Your verification code is 123456. ',
      html: false,
    })
    app.advance(1)
    assert.equal((await codeMail(app, { pool, occasion: 'ForgotPassword' })).subject, 'Your password reset code')
    app.advance(1)
    assert.equal((await codeMail(app, { pool, occasion: 'Authentication' })).subject, 'Your authentication code')
    app.advance(1)
    assert.deepEqual(await invitation(app, pool, 'ann', 'Secret-1'), {
      subject: 'Your temporary password',
      body: 'Your username is ann and temporary password is Secret-1. ',
      html: false,
    })
  }))

test('req 111: what stands for a mark is text, in an HTML body and in a plain one', (t) =>
  within(t, {}, async (app) => {
    const inviteMessageTemplate = { emailMessage: '<p>{username}: <b>{####}</b></p>' }
    const html = poolOf({ adminCreateUserConfig: { allowAdminCreateUserOnly: false, inviteMessageTemplate } })
    const mail = await invitation(app, html, '<img src=x onerror="x()">{####}', `a<b1>&"'`)
    assert.equal(mail.html, true)
    assert.equal(
      mail.body,
      '<p>&lt;img src=x onerror=&quot;x()&quot;&gt;{####}: <b>a&lt;b1&gt;&amp;&quot;&#39;</b></p>',
    )
    app.advance(1)
    const plain = await invitation(app, poolOf({}), 'ann', 'a<b1>&')
    assert.equal(plain.html, false)
    assert.equal(plain.body, 'Your username is ann and temporary password is a<b1>&. ')
  }))

test('req 111: a subject is one line, whatever the pool set', (t) =>
  within(t, {}, async (app) => {
    const emailSubject = 'Hello\r\nBcc: eve@example.com'
    const verificationMessageTemplate = { emailSubject, defaultEmailOption: 'CONFIRM_WITH_CODE' } as const
    const mail = await codeMail(app, { pool: poolOf({ verificationMessageTemplate }) })
    assert.equal(mail.subject, 'Hello Bcc: eve@example.com')
  }))

test('a phone number is sent the SMS text of the pool, as text', (t) =>
  within(t, {}, async (app) => {
    const verificationMessageTemplate = {
      smsMessage: '<b>{####}</b>',
      emailMessage: 'mail {####}',
      defaultEmailOption: 'CONFIRM_WITH_CODE',
    } as const
    const destination = { attribute: 'phone_number', address: '+15550100' } as const
    const mail = await codeMail(app, { pool: poolOf({ verificationMessageTemplate }), destination })
    assert.equal(mail.body, '<b>123456</b>')
    assert.equal(mail.html, false)
    const [message] = await app.context.store.outbox.newest('+15550100', 1)
    assert.equal(message?.channel, 'sms')
  }))

const customMessage = (answer: Record<string, unknown> | undefined): TestOptions => ({
  triggers: { has: () => true, call: async () => answer },
})

test('CustomMessage changes the words, and what it leaves out stays the template', async (t) => {
  const pool = poolOf({})
  await within(
    t,
    customMessage({ emailSubject: 'Hi', emailMessage: '<i>{####}</i>', smsMessage: 'no' }),
    async (app) => {
      assert.deepEqual(await codeMail(app, { pool }), { subject: 'Hi', body: '<i>123456</i>', html: true })
    },
  )
  await within(t, customMessage({ emailSubject: null, emailMessage: null, smsMessage: null }), async (app) => {
    assert.equal((await codeMail(app, { pool })).body, 'Your verification code is 123456. ')
  })
})

test('CustomMessage without the code, or an invitation without the name, is refused and sends nothing', async (t) => {
  const invalid = (member: string, mark: string): object => ({
    name: 'InvalidParameterException',
    message: new RegExp(`^1 validation error detected: Value at '${member}' failed .*\\\\{${mark}\\\\}`),
  })
  const phone = { attribute: 'phone_number', address: '+15550100' } as const
  const nothingSent = async (app: TestApp): Promise<void> =>
    assert.deepEqual(await app.context.store.outbox.newest(undefined, 1), [])
  await within(t, customMessage({ emailMessage: 'no mark', smsMessage: 'none here' }), async (app) => {
    const pool = poolOf({})
    for (const occasion of occasions) {
      await assert.rejects(codeMail(app, { pool, occasion }), invalid('emailBody', '####'))
      await assert.rejects(codeMail(app, { pool, occasion, destination: phone }), invalid('smsMessage', '####'))
    }
    await nothingSent(app)
  })
  await within(t, customMessage({ emailMessage: 'only {####}' }), async (app) => {
    await assert.rejects(invitation(app, poolOf({}), 'ann', 'Secret-1'), invalid('emailBody', 'username'))
    await nothingSent(app)
  })
  await within(t, customMessage({ emailMessage: 'only {username}' }), async (app) => {
    await assert.rejects(invitation(app, poolOf({}), 'ann', 'Secret-1'), invalid('emailBody', '####'))
    // Who has no password is told none.
    assert.equal((await invitation(app, poolOf({}), 'ann')).body, 'only ann')
  })
  await within(t, customMessage({ emailSubject: 'x'.repeat(141) }), async (app) => {
    await assert.rejects(codeMail(app, { pool: poolOf({}) }), /'emailSubject' failed/)
    await nothingSent(app)
  })
})

test('a pool that names a sender of its own is refused: nothing is sent another way', (t) =>
  within(t, {}, async (app) => {
    const versioned = { lambdaVersion: 'V1_0', lambdaArn: 'arn:aws:lambda:zz-local-1:000000000000:function:f' } as const
    const phone = { attribute: 'phone_number', address: '+15550100' } as const
    const byMail = poolOf({ lambdaConfig: { customEmailSender: versioned } })
    await assert.rejects(codeMail(app, { pool: byMail }), {
      name: 'UnexpectedLambdaException',
      message: /^CustomEmailSender /,
    })
    await assert.rejects(invitation(app, byMail, 'ann', 'Secret-1'), { name: 'UnexpectedLambdaException' })
    await codeMail(app, { pool: byMail, destination: phone })
    const bySms = poolOf({ lambdaConfig: { customSMSSender: versioned } })
    await assert.rejects(codeMail(app, { pool: bySms, destination: phone }), { message: /^CustomSMSSender / })
    await codeMail(app, { pool: bySms })
    assert.equal((await app.context.store.outbox.newest(undefined, 9)).length, 2)
  }))
