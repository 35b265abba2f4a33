// SELECT_MFA_TYPE, and MFA_SETUP by an address: who may choose what, and that nothing gets past the second factor
// (protocol/authentication 3.4, 3.8, 5.4).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { accessTokenOf, asked, beginByPassword, respond } from '../../../testing/sign-in.ts'
import {
  codeRefusals,
  type FactorChoice,
  otherCode,
  sentTo,
  setSecondFactors,
  startFactorPool,
} from '../../../testing/factors.ts'
import { addUser, type PoolUnderTest, refused, userOf } from '../../../testing/pool.ts'

const every: FactorChoice = { mfa: 'ON', second: ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA'] }

const startChoice = async (t: TestContext): Promise<{ at: PoolUnderTest; session: string }> => {
  const at = await startFactorPool(t, every)
  await addUser(at, 'jane', { email: 'jane@example.com', phone_number: '+15550100' })
  const answer = await beginByPassword(at, 'jane')
  assert.deepEqual(answer.ChallengeParameters, {
    MFAS_CAN_CHOOSE: '["SMS_MFA","EMAIL_OTP"]',
    USER_ID_FOR_SRP: 'jane',
  })
  return { at, session: asked(answer, 'SELECT_MFA_TYPE') }
}

for (const [choice, challenge, key, address] of [
  ['SMS_MFA', 'SMS_MFA', 'SMS_MFA_CODE', '+15550100'],
  ['EMAIL_OTP', 'EMAIL_OTP', 'EMAIL_OTP_CODE', 'jane@example.com'],
  ['EMAIL_MFA', 'EMAIL_OTP', 'EMAIL_OTP_CODE', 'jane@example.com'],
] as const) {
  test(`${choice} is chosen, asked and proved`, async (t) => {
    const { at, session } = await startChoice(t)
    const chosen = await respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane', ANSWER: choice })
    assert.equal(await sentTo(at, address), 1)
    const answer = { USERNAME: 'jane', [key]: await at.server.code(address) }
    accessTokenOf(await respond(at, challenge, asked(chosen, challenge), answer))
    await refused(respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane', ANSWER: choice }), codeRefusals.used)
  })
}

test('req 25: what the user cannot use is not to be chosen, and the choice proves nothing', async (t) => {
  const { at, session } = await startChoice(t)
  await refused(
    respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane', ANSWER: 'SOFTWARE_TOKEN_MFA' }),
    'InvalidParameterException: SOFTWARE_TOKEN_MFA is not available to the user.',
  )
  // What names no factor may be a code or a password, and is not repeated.
  for (const ANSWER of ['PASSWORD', 'MFA_SETUP', 'toString', '123 456']) {
    await refused(
      respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane', ANSWER }),
      'InvalidParameterException: ANSWER names no second factor.',
    )
  }
  await refused(
    respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane' }),
    'InvalidParameterException: Missing required parameter ANSWER',
  )
  await refused(respond(at, 'SMS_MFA', session, { USERNAME: 'jane', SMS_MFA_CODE: '000000' }), codeRefusals.session)
  await setSecondFactors(at, 'ON', ['EMAIL_OTP'])
  await refused(
    respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane', ANSWER: 'SMS_MFA' }),
    'InvalidParameterException: SMS_MFA is not available to the user.',
  )
  asked(await respond(at, 'SELECT_MFA_TYPE', session, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' }), 'EMAIL_OTP')
})

const startSetUp = async (
  t: TestContext,
  choice: FactorChoice = every,
): Promise<{ at: PoolUnderTest; session: string }> => {
  const at = await startFactorPool(t, choice)
  await addUser(at, 'jane')
  return { at, session: asked(await beginByPassword(at, 'jane'), 'MFA_SETUP') }
}

test('the factors that can be set up are told', async (t) => {
  const { at } = await startSetUp(t)
  const { ChallengeParameters } = await beginByPassword(at, 'jane')
  assert.deepEqual(ChallengeParameters, {
    MFAS_CAN_SETUP: '["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]',
    USER_ID_FOR_SRP: 'jane',
  })
})

for (const [key, value, challenge, codeKey, attribute] of [
  ['EMAIL', 'jane@example.com', 'EMAIL_OTP', 'EMAIL_OTP_CODE', 'email'],
  ['email', 'jane@example.com', 'EMAIL_OTP', 'EMAIL_OTP_CODE', 'email'],
  ['PHONE_NUMBER', '+15550100', 'SMS_MFA', 'SMS_MFA_CODE', 'phone_number'],
] as const) {
  test(`an address given as ${key} becomes the user’s, verified, and a second factor, by its code alone`, async (t) => {
    const { at, session } = await startSetUp(t)
    const sent = await respond(at, 'MFA_SETUP', session, { USERNAME: 'jane', [key]: value })
    const following = asked(sent, challenge)
    assert.equal((await userOf(at, 'jane')).attributes[attribute], undefined)
    const code = await at.server.code(value)
    assert.equal(code.length, 6)
    const answer = (given: string) => respond(at, challenge, following, { USERNAME: 'jane', [codeKey]: given })
    await refused(answer(otherCode(code)), codeRefusals.wrong)
    accessTokenOf(await answer(code))
    const { attributes, UserMFASettingList } = await userOf(at, 'jane')
    assert.deepEqual([attributes[attribute], attributes[`${attribute}_verified`]], [value, 'true'])
    assert.deepEqual(UserMFASettingList, [challenge])
    asked(await beginByPassword(at, 'jane'), challenge)
    await refused(respond(at, 'MFA_SETUP', session, { USERNAME: 'jane', [key]: value }), codeRefusals.used)
  })
}

test('an address that cannot be set up is refused, and the Session stays', async (t) => {
  const { at, session } = await startSetUp(t, { mfa: 'ON', second: ['EMAIL_OTP'] })
  const setUp = (given: Record<string, string>) => respond(at, 'MFA_SETUP', session, { USERNAME: 'jane', ...given })
  await refused(
    setUp({ PHONE_NUMBER: '+15550100' }),
    'InvalidParameterException: SMS_MFA cannot be set up in this user pool.',
  )
  await refused(setUp({ EMAIL: 'no address' }), 'InvalidParameterException: Invalid email address format.')
  await refused(
    setUp({ EMAIL: 'a@example.com\r\nBcc: b@example.com' }),
    'InvalidParameterException: Invalid email address format.',
  )
  await refused(setUp({}), codeRefusals.session)
  asked(await setUp({ EMAIL: 'jane@example.com' }), 'EMAIL_OTP')
})

test('req 23, 25: a password alone adds no factor once the user has one', async (t) => {
  const { at, session } = await startSetUp(t)
  const other = asked(await beginByPassword(at, 'jane'), 'MFA_SETUP')
  const mine = asked(
    await respond(at, 'MFA_SETUP', session, { USERNAME: 'jane', EMAIL: 'jane@example.com' }),
    'EMAIL_OTP',
  )
  const theirs = asked(
    await respond(at, 'MFA_SETUP', other, { USERNAME: 'jane', EMAIL: 'eve@example.com' }),
    'EMAIL_OTP',
  )
  const third = asked(await beginByPassword(at, 'jane'), 'MFA_SETUP')
  const code = async (address: string) => ({ USERNAME: 'jane', EMAIL_OTP_CODE: await at.server.code(address) })
  accessTokenOf(await respond(at, 'EMAIL_OTP', mine, await code('jane@example.com')))
  await refused(respond(at, 'EMAIL_OTP', theirs, await code('eve@example.com')), codeRefusals.session)
  await refused(respond(at, 'MFA_SETUP', third, { USERNAME: 'jane', EMAIL: 'eve@example.com' }), codeRefusals.session)
  assert.equal((await userOf(at, 'jane')).attributes['email'], 'jane@example.com')
})

test('a set-up that began with an authenticator app may go on by an address, and a finished one needs none', async (t) => {
  const { at, session } = await startSetUp(t)
  const { Session = '' } = await at.server.call('AssociateSoftwareToken', { Session: session })
  asked(await respond(at, 'MFA_SETUP', Session, { USERNAME: 'jane', EMAIL: 'jane@example.com' }), 'EMAIL_OTP')
})

test('an address that is another user’s sign-in name does not become this user’s', async (t) => {
  const at = await startFactorPool(t, { ...every, pool: { UsernameAttributes: ['email', 'phone_number'] } })
  await addUser(at, 'june@example.com')
  await addUser(at, '+15550100')
  await setSecondFactors(at, 'ON', ['EMAIL_OTP'])
  const session = asked(await beginByPassword(at, '+15550100'), 'MFA_SETUP')
  const sent = await respond(at, 'MFA_SETUP', session, { USERNAME: '+15550100', EMAIL: 'june@example.com' })
  const EMAIL_OTP_CODE = await at.server.code('june@example.com')
  await refused(
    respond(at, 'EMAIL_OTP', asked(sent, 'EMAIL_OTP'), { USERNAME: '+15550100', EMAIL_OTP_CODE }),
    'AliasExistsException: An account with the given email already exists.',
  )
})
