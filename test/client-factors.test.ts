// The client package with codes by message and the choice of factors, against the development server: its states, their
// refusals and their reloads.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { openPool, type State, type States, type UserPool } from '@poolkeeper/client'
import { developerMail, startDev, textMessages, type DevServer, type PoolChoices, type PoolIds } from './dev-server.ts'

const username = 'jane@example.com'
const password = 'Correct-horse-7'
const phone = '+15550100'

const at = <Step extends State['step']>(state: State, step: Step): States[Step] => {
  assert.equal(state.step, step, JSON.stringify(state))
  return JSON.parse(JSON.stringify(state)) as States[Step]
}

type Flow = 'srp' | 'password' | 'choice'

type Started = { readonly dev: DevServer; readonly ids: PoolIds; readonly open: (flow: Flow) => UserPool }

const start = async (t: TestContext, choices: PoolChoices): Promise<Started> => {
  const dev = await startDev(t)
  const ids = await dev.makePool(choices)
  const options = { userPoolId: ids.poolId, clientId: ids.clientId, endpoint: dev.url }
  return { dev, ids, open: (flow) => openPool({ ...options, flow }) }
}

const secondFactors: PoolChoices = {
  pool: { EmailConfiguration: developerMail },
  mfa: {
    MfaConfiguration: 'ON',
    SmsMfaConfiguration: { SmsConfiguration: textMessages },
    EmailMfaConfiguration: {},
  },
}

const byChoice: PoolChoices = {
  pool: {
    EmailConfiguration: developerMail,
    SmsConfiguration: textMessages,
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] } },
  },
  client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
}

const another = (code: string): string => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`

test('select-mfa and enter-code: a second factor is chosen, a wrong code counts, the right one signs in', async (t) => {
  const { dev, ids, open } = await start(t, secondFactors)
  await dev.makeUser(ids, username, password, phone)
  for (const flow of ['srp', 'password'] as const) {
    const pool = open(flow)
    for (const [choice, address, medium, shown] of [
      ['sms', phone, 'sms', '+****0100'],
      ['email', username, 'email', 'j***@e***'],
    ] as const) {
      const select = at(await pool.signIn({ username, password }), 'select-mfa')
      assert.deepEqual(select.choices, ['sms', 'email'])
      const enter = at(await pool.answer(select, { choice }), 'enter-code')
      assert.deepEqual(enter.sentTo, { destination: shown, medium })
      const code = await dev.codeFor(address)
      const wrong = at(await pool.answer(enter, { code: another(code) }), 'enter-code')
      assert.deepEqual([wrong.refused?.why, wrong.refused?.triesLeft], ['code-wrong', 4])
      const signedIn = at(await pool.answer(wrong, { code }), 'signed-in')
      assert.equal((await pool.getUser(signedIn)).attributes['email'], username)
    }
  }
})

test('select-mfa and enter-code: a code that is late begins the sign-in again', async (t) => {
  const { dev, ids, open } = await start(t, secondFactors)
  await dev.makeUser(ids, username, password, phone)
  const pool = open('srp')
  const select = at(await pool.signIn({ username, password }), 'select-mfa')
  const enter = at(await pool.answer(select, { choice: 'email' }), 'enter-code')
  const code = await dev.codeFor(username)
  await dev.advance(200)
  const expired = at(await pool.answer(enter, { code }), 'password')
  assert.equal(expired.refused?.why, 'session-expired')
})

test('select-challenge: a code or a password is chosen; a wrong password begins again', async (t) => {
  const { dev, ids, open } = await start(t, byChoice)
  await dev.makeUser(ids, username, password, phone)
  const pool = open('choice')
  const select = async () => at(await pool.signIn({ username }), 'select-challenge')
  assert.deepEqual((await select()).choices, ['password', 'email', 'sms'])
  for (const [choice, address] of [
    ['email', username],
    ['sms', phone],
  ] as const) {
    const enter = at(await pool.answer(await select(), { choice }), 'enter-code')
    const code = await dev.codeFor(address)
    assert.match(code, /^\d{8}$/)
    const wrong = at(await pool.answer(enter, { code: another(code) }), 'enter-code')
    assert.equal(wrong.refused?.why, 'code-wrong')
    at(await pool.answer(wrong, { code }), 'signed-in')
  }
  at(await pool.answer(await select(), { choice: 'password', password }), 'signed-in')
  at(await pool.signIn({ username, password }), 'signed-in')
  const refused = at(await pool.answer(await select(), { choice: 'password', password: 'Wrong-horse-7' }), 'start')
  assert.equal(refused.refused?.why, 'password-wrong')
})

test('sign-up without a password: one code confirms, signs in, and the next sign-in is by another', async (t) => {
  const { dev, open } = await start(t, byChoice)
  const pool = open('choice')
  const confirm = at(await pool.signUp({ username }), 'confirm-sign-up')
  const code = await dev.codeFor(username)
  const wrong = at(await pool.answer(confirm, { code: another(code) }), 'confirm-sign-up')
  assert.equal(wrong.refused?.why, 'code-wrong')
  const signedIn = at(await pool.answer(wrong, { code }), 'signed-in')
  assert.equal((await pool.getUser(signedIn)).attributes['email_verified'], 'true')
  const select = at(await pool.signIn({ username }), 'select-challenge')
  assert.deepEqual(select.choices, ['email'])
  const enter = at(await pool.answer(select, { choice: 'email' }), 'enter-code')
  at(await pool.answer(enter, { code: await dev.codeFor(username) }), 'signed-in')
})

test('a name of nobody comes to the same states, and to the same refusals', async (t) => {
  const { open } = await start(t, byChoice)
  const pool = open('choice')
  const select = at(await pool.signIn({ username: 'nobody@example.com' }), 'select-challenge')
  assert.deepEqual(select.choices, ['password', 'email'])
  const enter = at(await pool.answer(select, { choice: 'email' }), 'enter-code')
  assert.deepEqual(enter.sentTo, { destination: 'n***@e***', medium: 'email' })
  const wrong = at(await pool.answer(enter, { code: '12345678' }), 'enter-code')
  assert.equal(wrong.refused?.why, 'code-wrong')
  const again = at(await pool.signIn({ username: 'nobody@example.com', password }), 'start')
  assert.equal(again.refused?.why, 'password-wrong')
})

test('a factor set up by an address is told of by getUser', async (t) => {
  const { dev, ids, open } = await start(t, {
    ...secondFactors,
    mfa: { MfaConfiguration: 'OPTIONAL', EmailMfaConfiguration: {} },
  })
  await dev.makeUser(ids, username, password)
  const pool = open('srp')
  const signedIn = at(await pool.signIn({ username, password }), 'signed-in')
  const AccessToken = signedIn.tokens.accessToken
  const EmailMfaSettings = { Enabled: true, PreferredMfa: true }
  await dev.admin.send(new sdk.SetUserMFAPreferenceCommand({ AccessToken, EmailMfaSettings }))
  const { factors, preferredFactor } = await pool.getUser(signedIn)
  assert.deepEqual([factors, preferredFactor], [['email'], 'email'])
  at(await pool.signIn({ username, password }), 'enter-code')
})
