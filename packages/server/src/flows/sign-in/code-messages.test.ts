// What a code's message says, which functions hear of it, and the administrator's way through the same challenges
// (protocol/administration 5, 14.3, 14.5; protocol/authentication 3.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessTokenOf, asked, begin, beginByPassword, respond } from '../../../testing/sign-in.ts'
import { type FactorChoice, setSecondFactors, startFactorPool } from '../../../testing/factors.ts'
import { addUser, listed } from '../../../testing/pool.ts'
import type { TriggerCall, TriggerName, Triggers } from '../../triggers/index.ts'

const address = 'jane@example.com'
const phone = '+15550100'

/** Functions that answer what a test says, and what they were called with. */
const functions = (
  answers: Partial<Record<TriggerName, Record<string, unknown>>>,
): { triggers: Triggers; calls: { name: TriggerName; call: TriggerCall }[] } => {
  const calls: { name: TriggerName; call: TriggerCall }[] = []
  const triggers: Triggers = {
    has: (_, name) => answers[name] !== undefined,
    call: async (name, call) => {
      calls.push({ name, call })
      return answers[name]
    },
  }
  return { triggers, calls }
}

const required: FactorChoice = { mfa: 'ON', second: ['EMAIL_OTP'] }

test('the pool’s own words for codes, by e-mail and by text message', async (t) => {
  const at = await startFactorPool(t)
  await at.server.call('SetUserPoolMfaConfig', {
    UserPoolId: at.UserPoolId,
    MfaConfiguration: 'ON',
    EmailMfaConfiguration: { Message: '<b>{####}</b> lets you in', Subject: 'In' },
    SmsMfaConfiguration: {
      SmsAuthenticationMessage: 'Enter {####}',
      SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' },
    },
  })
  await addUser(at, 'jane', { email: address, phone_number: phone })
  const session = async () => asked(await beginByPassword(at, 'jane'), 'SELECT_MFA_TYPE')
  await respond(at, 'SELECT_MFA_TYPE', await session(), { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' })
  const mail = await at.server.mail(address)
  assert.deepEqual([mail.subject, mail.body.replace(/\d{6}/, '######')], ['In', '<b>######</b> lets you in'])
  await respond(at, 'SELECT_MFA_TYPE', await session(), { USERNAME: 'jane', ANSWER: 'SMS_MFA' })
  assert.match((await at.server.mail(phone)).body, /^Enter \d{6}$/)
})

test('CustomMessage words a code; it hears of the answers’ metadata and not of the first request’s', async (t) => {
  const { triggers, calls } = functions({ CustomMessage: { emailMessage: 'Psst: {####}', emailSubject: 'Psst' } })
  const at = await startFactorPool(t, { first: ['EMAIL_OTP'] }, { triggers })
  await addUser(at, 'jane', { email: address })
  const ClientMetadata = { from: 'the client' }
  const listedChoices = await begin(at, { USERNAME: 'jane' })
  const answer = { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' }
  await respond(at, 'SELECT_CHALLENGE', asked(listedChoices, 'SELECT_CHALLENGE'), answer, { ClientMetadata })
  const mail = await at.server.mail(address)
  assert.match(mail.body, /^Psst: \d{8}$/)
  assert.equal(mail.subject, 'Psst')
  await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }, { ClientMetadata })
  const told = calls
    .filter(({ name }) => name === 'CustomMessage')
    .map(({ call }) => [call.source, call.request['clientMetadata']])
  assert.deepEqual(JSON.parse(JSON.stringify(told)), [
    ['Authentication', ClientMetadata],
    ['Authentication', {}],
  ])
  assert.ok(!JSON.stringify(calls).includes(/\d{8}/.exec(mail.body)?.[0] ?? 'nothing'))
})

test('a function that words a code without the code’s mark ends the sign-in, and nothing is sent', async (t) => {
  const { triggers } = functions({ CustomMessage: { emailMessage: 'no mark' } })
  const at = await startFactorPool(t, required, { triggers })
  await addUser(at, 'jane', { email: address })
  await assert.rejects(beginByPassword(at, 'jane'), {
    name: 'InvalidParameterException',
    message: /^1 validation error detected: Value at 'emailBody' failed to satisfy constraint: /,
  })
  assert.deepEqual(await at.server.context.store.outbox.newest(address, 1), [])
})

test('PostConfirmation hears of a user whom a code confirms', async (t) => {
  const { triggers, calls } = functions({ PostConfirmation: {} })
  const at = await startFactorPool(t, { first: ['EMAIL_OTP'] }, { triggers })
  await at.server.call('SignUp', {
    ClientId: at.ClientId,
    Username: 'jane',
    UserAttributes: listed({ email: address }),
  })
  const confirmations = () => calls.filter(({ name }) => name === 'PostConfirmation')
  const enter = async (): Promise<void> => {
    const session = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
    const EMAIL_OTP_CODE = await at.server.code(address)
    accessTokenOf(await respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE }))
  }
  await enter()
  assert.deepEqual(
    confirmations().map(({ call }) => [call.source, call.username]),
    [['ConfirmSignUp', 'jane']],
  )
  await enter()
  assert.equal(confirmations().length, 1)
})

test('an administrator’s server goes through choice and codes by the Admin operations', async (t) => {
  const at = await startFactorPool(t, { first: ['SMS_OTP'] })
  await addUser(at, 'jane', { phone_number: phone })
  const ids = { UserPoolId: at.UserPoolId, ClientId: at.ClientId }
  const first = await at.server.call('AdminInitiateAuth', {
    ...ids,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME: 'jane' },
  })
  const respondAs = (ChallengeName: 'SELECT_CHALLENGE' | 'SMS_OTP', Session: string, answers: Record<string, string>) =>
    at.server.call('AdminRespondToAuthChallenge', {
      ...ids,
      ChallengeName,
      Session,
      ChallengeResponses: { USERNAME: 'jane', ...answers },
    })
  const chosen = await respondAs('SELECT_CHALLENGE', asked(first, 'SELECT_CHALLENGE'), { ANSWER: 'SMS_OTP' })
  const SMS_OTP_CODE = await at.server.code(phone)
  accessTokenOf(await respondAs('SMS_OTP', asked(chosen, 'SMS_OTP'), { SMS_OTP_CODE }))
})

test('ADMIN_USER_PASSWORD_AUTH is asked for the same code', async (t) => {
  const at = await startFactorPool(t, required)
  await addUser(at, 'jane', { email: address })
  await setSecondFactors(at, 'ON', ['EMAIL_OTP'])
  const AuthParameters = { USERNAME: 'jane', PASSWORD: 'Correct-horse-7' }
  const ids = { UserPoolId: at.UserPoolId, ClientId: at.ClientId }
  const AuthFlow = 'ADMIN_USER_PASSWORD_AUTH'
  asked(await at.server.call('AdminInitiateAuth', { ...ids, AuthFlow, AuthParameters }), 'EMAIL_OTP')
})
