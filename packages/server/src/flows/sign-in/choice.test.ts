// USER_AUTH: what is offered, what is chosen, what is refused, and that nobody is told apart
// (protocol/authentication 2.4, 3.1.6, 3.5, 5.3.11).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { accessTokenOf, asked, begin, respond } from '../../../testing/sign-in.ts'
import { codeRefusals, type FactorChoice, sentTo, setSecondFactors, startFactorPool } from '../../../testing/factors.ts'
import {
  addUser,
  goodPassword,
  hashOf,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  said,
} from '../../../testing/pool.ts'
import type { InitiateAuthResponse } from '../../wire/model.gen.ts'

const codes: FactorChoice = { first: ['EMAIL_OTP', 'SMS_OTP'] }

const start = async (t: TestContext, choice: FactorChoice = codes): Promise<PoolUnderTest> => {
  const at = await startFactorPool(t, choice)
  await addUser(at, 'jane', { email: 'jane@example.com', phone_number: '+15550100' })
  return at
}

/** A public value that any exchange takes. */
const SRP_A = 'a'.repeat(768)

const listOf = async (at: PoolUnderTest, USERNAME: string): Promise<readonly string[] | undefined> => {
  const answer = await begin(at, { USERNAME })
  asked(answer, 'SELECT_CHALLENGE')
  return answer.AvailableChallenges
}

test('without a preference the first factors are listed, and one is chosen by SELECT_CHALLENGE', async (t) => {
  const at = await start(t)
  const listed = await begin(at, { USERNAME: 'jane' })
  const session = asked(listed, 'SELECT_CHALLENGE')
  assert.deepEqual(listed.AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP'])
  assert.deepEqual(listed.ChallengeParameters, {})
  const sent = await respond(at, 'SELECT_CHALLENGE', session, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' })
  assert.deepEqual(sent.AvailableChallenges, ['EMAIL_OTP'])
  const EMAIL_OTP_CODE = await at.server.code('jane@example.com')
  accessTokenOf(await respond(at, 'EMAIL_OTP', asked(sent, 'EMAIL_OTP'), { USERNAME: 'jane', EMAIL_OTP_CODE }))
  await refused(respond(at, 'SELECT_CHALLENGE', session, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' }), codeRefusals.used)
})

test('a password is chosen by SELECT_CHALLENGE, by its own name, or with the first request', async (t) => {
  const at = await start(t)
  const session = async (): Promise<string> => asked(await begin(at, { USERNAME: 'jane' }), 'SELECT_CHALLENGE')
  const given = { USERNAME: 'jane', PASSWORD: goodPassword }
  accessTokenOf(await respond(at, 'SELECT_CHALLENGE', await session(), { ...given, ANSWER: 'PASSWORD' }))
  accessTokenOf(await respond(at, 'PASSWORD', await session(), given))
  accessTokenOf(await begin(at, { ...given, PREFERRED_CHALLENGE: 'PASSWORD' }))
})

test('a wrong password is told, counts, and leaves the choice open', async (t) => {
  const at = await start(t)
  const session = asked(await begin(at, { USERNAME: 'jane' }), 'SELECT_CHALLENGE')
  const wrong = { USERNAME: 'jane', PASSWORD: otherPassword }
  await refused(respond(at, 'PASSWORD', session, wrong), refusals.incorrect)
  await refused(respond(at, 'SELECT_CHALLENGE', session, { ...wrong, ANSWER: 'PASSWORD' }), refusals.incorrect)
  await refused(begin(at, { ...wrong, PREFERRED_CHALLENGE: 'PASSWORD' }), refusals.incorrect)
  await refused(
    respond(at, 'PASSWORD', session, { USERNAME: 'jane' }),
    'InvalidParameterException: Missing required parameter PASSWORD',
  )
  accessTokenOf(await respond(at, 'PASSWORD', session, { USERNAME: 'jane', PASSWORD: goodPassword }))
  for (let guess = 0; guess < 5; guess += 1) {
    await refused(begin(at, { ...wrong, PREFERRED_CHALLENGE: 'PASSWORD' }), refusals.incorrect)
  }
  await refused(begin(at, { USERNAME: 'jane' }), codeRefusals.locked)
})

test('SRP is chosen in each of the three ways', async (t) => {
  const at = await start(t)
  const session = async (): Promise<string> => asked(await begin(at, { USERNAME: 'jane' }), 'SELECT_CHALLENGE')
  const given = { USERNAME: 'jane', SRP_A }
  for (const answer of [
    await respond(at, 'SELECT_CHALLENGE', await session(), { ...given, ANSWER: 'PASSWORD_SRP' }),
    await respond(at, 'PASSWORD_SRP', await session(), given),
    await begin(at, { ...given, PREFERRED_CHALLENGE: 'PASSWORD_SRP' }),
  ]) {
    asked(answer, 'PASSWORD_VERIFIER')
    assert.equal(answer.ChallengeParameters?.['USER_ID_FOR_SRP'], 'jane')
    assert.ok(answer.Session)
  }
  await refused(
    begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'PASSWORD_SRP' }),
    'InvalidParameterException: Missing required parameter SRP_A',
  )
})

test('a preference that the user cannot follow is answered with the list, a made-up one is refused', async (t) => {
  const at = await startFactorPool(t, codes)
  await addUser(at, 'june')
  for (const PREFERRED_CHALLENGE of ['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN']) {
    const answer = await begin(at, { USERNAME: 'june', PREFERRED_CHALLENGE })
    const session = asked(answer, 'SELECT_CHALLENGE')
    assert.deepEqual(answer.AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])
    await refused(
      respond(at, 'SELECT_CHALLENGE', session, { USERNAME: 'june', ANSWER: PREFERRED_CHALLENGE }),
      `InvalidParameterException: ${PREFERRED_CHALLENGE} is not available to the user.`,
    )
  }
  // What names no factor may be a code or a password, and is not repeated.
  const session = asked(await begin(at, { USERNAME: 'june' }), 'SELECT_CHALLENGE')
  for (const ANSWER of ['SOFTWARE_TOKEN_MFA', '12345678', goodPassword]) {
    await refused(
      begin(at, { USERNAME: 'june', PREFERRED_CHALLENGE: ANSWER }),
      'InvalidParameterException: PREFERRED_CHALLENGE names no first factor.',
    )
    await refused(
      respond(at, 'SELECT_CHALLENGE', session, { USERNAME: 'june', ANSWER }),
      'InvalidParameterException: ANSWER names no first factor.',
    )
  }
})

test('req 38: a user with a second factor, or one who must change the password, is offered passwords alone', async (t) => {
  const at = await start(t, { ...codes, mfa: 'OPTIONAL', second: ['SMS_MFA'] })
  const passwords = ['PASSWORD_SRP', 'PASSWORD']
  assert.deepEqual(await listOf(at, 'jane'), [...passwords, 'EMAIL_OTP', 'SMS_OTP'])
  const before = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  const listed = asked(await begin(at, { USERNAME: 'jane' }), 'SELECT_CHALLENGE')
  const EMAIL_OTP_CODE = await at.server.code('jane@example.com')
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminSetUserMFAPreference', { ...user, SMSMfaSettings: { Enabled: true } })
  assert.deepEqual(await listOf(at, 'jane'), passwords)
  await refused(respond(at, 'EMAIL_OTP', before, { USERNAME: 'jane', EMAIL_OTP_CODE }), codeRefusals.session)
  await refused(
    respond(at, 'SELECT_CHALLENGE', listed, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' }),
    'InvalidParameterException: EMAIL_OTP is not available to the user.',
  )
  const given = { USERNAME: 'jane', PASSWORD: goodPassword }
  asked(await respond(at, 'PASSWORD', listed, given), 'SMS_MFA')
  asked(await begin(at, { ...given, PREFERRED_CHALLENGE: 'PASSWORD' }), 'SMS_MFA')
  await at.server.call('AdminSetUserMFAPreference', { ...user, SMSMfaSettings: { Enabled: false } })
  await at.server.call('AdminSetUserPassword', { ...user, Password: goodPassword })
  assert.deepEqual(await listOf(at, 'jane'), passwords)
  asked(await begin(at, { ...given, PREFERRED_CHALLENGE: 'PASSWORD' }), 'NEW_PASSWORD_REQUIRED')
})

test('MFA ON: passwords alone, then the second factor; the pool takes no codes as first factors', async (t) => {
  const at = await start(t, { mfa: 'ON', second: ['SMS_MFA'] })
  assert.deepEqual(await listOf(at, 'jane'), ['PASSWORD_SRP', 'PASSWORD'])
  const given = { USERNAME: 'jane', PASSWORD: goodPassword, PREFERRED_CHALLENGE: 'PASSWORD' }
  asked(await begin(at, given), 'SMS_MFA')
  const other = await start(t)
  await refused(
    setSecondFactors(other, 'ON', ['SMS_MFA']),
    'InvalidParameterException: Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled',
  )
})

test('a client that lacks the flow, and a tier that lacks it', async (t) => {
  const at = await start(t, { client: { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] } })
  const lacking = 'InvalidParameterException: USER_AUTH flow not enabled for this client'
  await refused(begin(at, { USERNAME: 'jane' }), lacking)
  await refused(begin(at, { USERNAME: 'nobody' }), lacking)
  const lite = { pool: { UserPoolTier: 'LITE' as const } }
  await refused(
    startFactorPool(t, lite),
    'FeatureUnavailableInTierException: Choice-based authentication (USER_AUTH) is not available in the LITE pricing tier configured.',
  )
  const plus = await start(t, {})
  await plus.server.call('UpdateUserPool', { UserPoolId: plus.UserPoolId, UserPoolTier: 'LITE' })
  await refused(
    begin(plus, { USERNAME: 'jane' }),
    'FeatureUnavailableInTierException: Choice-based authentication (USER_AUTH) is not available in the LITE pricing tier configured.',
  )
})

test('a confidential client must hold its secret at each step', async (t) => {
  const at = await start(t, { ...codes, client: { GenerateSecret: true, ExplicitAuthFlows: ['ALLOW_USER_AUTH'] } })
  const session = asked(await begin(at, { USERNAME: 'jane' }), 'SELECT_CHALLENGE')
  const bare = { ...at, secret: undefined }
  const missing = `NotAuthorizedException: Client ${at.ClientId} is configured with secret but SECRET_HASH was not received`
  await refused(begin(bare, { USERNAME: 'jane' }), missing)
  await refused(respond(bare, 'SELECT_CHALLENGE', session, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' }), missing)
  assert.ok(hashOf(at, 'jane').SecretHash)
  asked(await respond(at, 'SELECT_CHALLENGE', session, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' }), 'EMAIL_OTP')
})

test('req 16: LEGACY says that a user does not exist', async (t) => {
  const at = await start(t)
  await refused(begin(at, { USERNAME: 'nobody' }), refusals.noUser)
  await refused(begin(at, { USERNAME: 'nobody', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), refusals.noUser)
})

const hiding: FactorChoice = {
  ...codes,
  client: { PreventUserExistenceErrors: 'ENABLED' },
}

/** An answer without what is fresh each time: its shape and its lengths. */
const shapeOf = ({ Session, ChallengeParameters, ...rest }: InitiateAuthResponse): unknown => ({
  ...rest,
  session: (Session ?? '').length,
  parameters: Object.fromEntries(
    Object.entries(ChallengeParameters ?? {}).map(([name, value]) => [
      name,
      name === 'SECRET_BLOCK' ? value.length : typeof value,
    ]),
  ),
})

const near = (one: unknown, other: unknown): void => {
  const { session: a, ...first } = one as { session: number }
  const { session: b, ...second } = other as { session: number }
  assert.deepEqual(first, second)
  assert.ok(Math.abs(a - b) <= 8, `${a} and ${b} characters`)
}

test('req 11: where users are hidden, a name of nobody is offered, asked and refused like a user', async (t) => {
  const at = await start(t, hiding)
  for (const parameters of [
    {},
    { PREFERRED_CHALLENGE: 'EMAIL_OTP' },
    { PREFERRED_CHALLENGE: 'SMS_OTP' },
    { PREFERRED_CHALLENGE: 'WEB_AUTHN' },
  ]) {
    near(
      shapeOf(await begin(at, { USERNAME: 'jack', ...parameters })),
      shapeOf(await begin(at, { USERNAME: 'jane', ...parameters })),
    )
  }
  for (const [challenge, key] of [
    ['EMAIL_OTP', 'EMAIL_OTP_CODE'],
    ['SMS_OTP', 'SMS_OTP_CODE'],
  ] as const) {
    const wrong = async (USERNAME: string): Promise<string> => {
      const session = asked(await begin(at, { USERNAME, PREFERRED_CHALLENGE: challenge }), challenge)
      return respond(at, challenge, session, { USERNAME, [key]: '00000000' }).then(() => 'no refusal', said)
    }
    assert.equal(await wrong('jack'), codeRefusals.wrong)
    assert.equal(await wrong('jack'), await wrong('jane'))
  }
  const password = (USERNAME: string) =>
    begin(at, { USERNAME, PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: otherPassword })
  await refused(password('jack'), refusals.incorrect)
  await refused(password('jane'), refusals.incorrect)
})

test('req 11: nobody goes on from the list like a user, and is told the same destination each time', async (t) => {
  const at = await start(t, hiding)
  const chosen = async (USERNAME: string, ANSWER: string): Promise<InitiateAuthResponse> => {
    const session = asked(await begin(at, { USERNAME }), 'SELECT_CHALLENGE')
    return respond(at, 'SELECT_CHALLENGE', session, { USERNAME, ANSWER, SRP_A })
  }
  for (const factor of ['EMAIL_OTP', 'SMS_OTP', 'PASSWORD_SRP']) {
    near(shapeOf(await chosen('jack', factor)), shapeOf(await chosen('jane', factor)))
  }
  const told = async (): Promise<unknown> => (await chosen('jack', 'EMAIL_OTP')).ChallengeParameters
  assert.deepEqual(await told(), await told())
  const byName = await chosen('joan@example.com', 'EMAIL_OTP')
  assert.equal(byName.ChallengeParameters?.['CODE_DELIVERY_DESTINATION'], 'j***@e***')
  const session = asked(await begin(at, { USERNAME: 'jack' }), 'SELECT_CHALLENGE')
  await refused(respond(at, 'PASSWORD', session, { USERNAME: 'jack', PASSWORD: goodPassword }), refusals.incorrect)
  assert.equal(await sentTo(at, 'joan@example.com'), 0)
})

test('req 11: nobody is locked, and runs into the limit of messages, as a user does', async (t) => {
  const at = await start(t, hiding)
  const course = async (USERNAME: string): Promise<string[]> => {
    const words: string[] = []
    const session = asked(await begin(at, { USERNAME, PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
    for (const seconds of [0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 0]) {
      at.server.advance(seconds)
      await respond(at, 'EMAIL_OTP', session, { USERNAME, EMAIL_OTP_CODE: '0' }).catch((error: unknown) =>
        words.push(said(error)),
      )
    }
    await begin(at, { USERNAME }).catch((error: unknown) => words.push(said(error)))
    at.server.advance(1000)
    for (let sent = 0; sent < 21; sent += 1) {
      await begin(at, { USERNAME, PREFERRED_CHALLENGE: 'EMAIL_OTP' }).catch((error: unknown) => words.push(said(error)))
    }
    return words
  }
  const nobody = await course('jack')
  assert.deepEqual(nobody, await course('jane'))
  assert.ok(nobody.includes(codeRefusals.locked) && nobody.includes(refusals.limit))
})

test('req 25: a session of nobody opens nothing, not even for a user who takes the name meanwhile', async (t) => {
  const at = await start(t, hiding)
  const session = asked(await begin(at, { USERNAME: 'jack', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  const listed = asked(await begin(at, { USERNAME: 'jack' }), 'SELECT_CHALLENGE')
  await refused(respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: '0' }), codeRefusals.session)
  await refused(respond(at, 'EMAIL_OTP', session, { USERNAME: 'jim', EMAIL_OTP_CODE: '0' }), codeRefusals.session)
  await refused(respond(at, 'SMS_MFA', session, { USERNAME: 'jack', SMS_MFA_CODE: '0' }), codeRefusals.session)
  await addUser(at, 'jack', { email: 'jack@example.com' })
  await refused(respond(at, 'EMAIL_OTP', session, { USERNAME: 'jack', EMAIL_OTP_CODE: '0' }), codeRefusals.session)
  await refused(respond(at, 'PASSWORD', listed, { USERNAME: 'jack', PASSWORD: goodPassword }), codeRefusals.session)
})

test('req 15: how a user stands is told after the first factor alone', async (t) => {
  const at = await start(t, hiding)
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminDisableUser', user)
  const session = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  await refused(respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: '0' }), codeRefusals.wrong)
  const EMAIL_OTP_CODE = await at.server.code('jane@example.com')
  await refused(
    respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE }),
    'NotAuthorizedException: User is disabled.',
  )
})
