// SMS_MFA, EMAIL_OTP and SMS_OTP: what a code opens, and all that it does not (protocol/authentication 3.4, 3.5, 5.3,
// 5.4).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { accessTokenOf, asked, begin, beginByPassword, respond } from '../../../testing/sign-in.ts'
import {
  addFactorPool,
  codeRefusals,
  otherCode,
  sentTo,
  setSecondFactors,
  startFactorPool,
} from '../../../testing/factors.ts'
import {
  addClient,
  addUser,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  userOf,
} from '../../../testing/pool.ts'

const address = 'jane@example.com'
const phone = '+15550100'

/** One way to be asked for a code, and what is known of it. */
type Way = {
  readonly title: string
  readonly challenge: 'SMS_MFA' | 'EMAIL_OTP' | 'SMS_OTP'
  readonly key: string
  readonly to: string
  readonly shown: string
  readonly digits: number
  readonly flag: string
  readonly start: (t: TestContext) => Promise<PoolUnderTest>
  readonly begin: (at: PoolUnderTest, username: string) => ReturnType<typeof begin>
}

const enabled = { Enabled: true, PreferredMfa: true }

const startSecond =
  (factor: 'SMS_MFA' | 'EMAIL_OTP') =>
  async (t: TestContext): Promise<PoolUnderTest> => {
    const at = await startFactorPool(t, { mfa: 'OPTIONAL', second: ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA'] })
    const settings = factor === 'SMS_MFA' ? { SMSMfaSettings: enabled } : { EmailMfaSettings: enabled }
    for (const Username of ['jane', 'june']) {
      await addUser(at, Username, {
        email: `${Username}@example.com`,
        phone_number: Username === 'jane' ? phone : '+15550199',
      })
      await at.server.call('AdminSetUserMFAPreference', { UserPoolId: at.UserPoolId, Username, ...settings })
    }
    return at
  }

const startFirst = async (t: TestContext): Promise<PoolUnderTest> => {
  const at = await startFactorPool(t, { first: ['EMAIL_OTP', 'SMS_OTP'] })
  await addUser(at, 'jane', { email: address, phone_number: phone })
  await addUser(at, 'june', { email: 'june@example.com', phone_number: '+15550199' })
  return at
}

const preferring =
  (PREFERRED_CHALLENGE: string): Way['begin'] =>
  (at, USERNAME) =>
    begin(at, { USERNAME, PREFERRED_CHALLENGE })

const ways: readonly Way[] = [
  {
    title: 'SMS as second factor',
    challenge: 'SMS_MFA',
    key: 'SMS_MFA_CODE',
    to: phone,
    shown: '+****0100',
    digits: 6,
    flag: 'phone_number_verified',
    start: startSecond('SMS_MFA'),
    begin: (at, username) => beginByPassword(at, username),
  },
  {
    title: 'e-mail as second factor',
    challenge: 'EMAIL_OTP',
    key: 'EMAIL_OTP_CODE',
    to: address,
    shown: 'j***@e***',
    digits: 6,
    flag: 'email_verified',
    start: startSecond('EMAIL_OTP'),
    begin: (at, username) => beginByPassword(at, username),
  },
  {
    title: 'SMS as first factor',
    challenge: 'SMS_OTP',
    key: 'SMS_OTP_CODE',
    to: phone,
    shown: '+****0100',
    digits: 8,
    flag: 'phone_number_verified',
    start: startFirst,
    begin: preferring('SMS_OTP'),
  },
  {
    title: 'e-mail as first factor',
    challenge: 'EMAIL_OTP',
    key: 'EMAIL_OTP_CODE',
    to: address,
    shown: 'j***@e***',
    digits: 8,
    flag: 'email_verified',
    start: startFirst,
    begin: preferring('EMAIL_OTP'),
  },
]

for (const way of ways) {
  const { title, challenge, key, to } = way
  const answer = (at: PoolUnderTest, session: string, code: string, USERNAME = 'jane') =>
    respond(at, challenge, session, { USERNAME, [key]: code })
  const start = async (t: TestContext): Promise<{ at: PoolUnderTest; session: string; code: string }> => {
    const at = await way.start(t)
    const session = asked(await way.begin(at, 'jane'), challenge)
    return { at, session, code: await at.server.code(to) }
  }

  test(`${title}: a code goes out, says where, opens once and verifies the address`, async (t) => {
    const at = await way.start(t)
    const first = await way.begin(at, 'jane')
    assert.deepEqual(first.ChallengeParameters, {
      CODE_DELIVERY_DELIVERY_MEDIUM: to === phone ? 'SMS' : 'EMAIL',
      CODE_DELIVERY_DESTINATION: way.shown,
      USER_ID_FOR_SRP: 'jane',
    })
    const session = asked(first, challenge)
    assert.equal(await sentTo(at, to), 1)
    const code = await at.server.code(to)
    assert.equal(code.length, way.digits)
    assert.equal((await at.server.mail(to)).body, `Your authentication code is ${code}. `)
    assert.notEqual((await userOf(at, 'jane')).attributes[way.flag], 'true')
    const token = accessTokenOf(await answer(at, session, code))
    assert.equal((await at.server.call('GetUser', { AccessToken: token })).Username, 'jane')
    assert.equal((await userOf(at, 'jane')).attributes[way.flag], 'true')
    await refused(answer(at, session, code), codeRefusals.used)
  })

  test(`req 63: ${title}: neither code nor address stands in the Session or in the outbox`, async (t) => {
    const { at, session, code } = await start(t)
    const { store, keys } = at.server.context
    const [poolId, userId, id] = JSON.parse(keys.seal.open(session, 'session').toString('utf8')) as string[]
    const stored = await store.sessions.find(poolId ?? '', userId ?? '', id ?? '')
    const [message] = await store.outbox.newest(to, 1)
    assert.ok(stored && message)
    assert.match(stored.state, /"mac"/)
    for (const secret of [code, to]) assert.ok(!stored.state.includes(secret))
    assert.ok(!message.content.includes(code))
  })

  test(`${title}: a wrong code is told, leaves the Session, and the right one still opens`, async (t) => {
    const { at, session, code } = await start(t)
    for (const wrong of [otherCode(code), `${code}0`, code.slice(1), ` ${code}`]) {
      await refused(answer(at, session, wrong), codeRefusals.wrong)
    }
    await refused(
      respond(at, challenge, session, { USERNAME: 'jane' }),
      `InvalidParameterException: Missing required parameter ${key}`,
    )
    accessTokenOf(await answer(at, session, code))
  })

  test(`req 20: ${title}: wrong codes lock the user on every way in, and end the Session at last`, async (t) => {
    const at = await way.start(t)
    const patient = await addClient(at, {
      ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH'],
      AuthSessionValidity: 15,
    })
    const session = asked(await way.begin(patient, 'jane'), challenge)
    const code = await at.server.code(to)
    const guess = (): Promise<void> => refused(answer(patient, session, otherCode(code)), codeRefusals.wrong)
    for (let guesses = 1; guesses <= 5; guesses += 1) await guess()
    await refused(answer(patient, session, code), codeRefusals.locked)
    await refused(way.begin(at, 'jane'), codeRefusals.locked)
    await refused(beginByPassword(at, 'jane'), codeRefusals.locked)
    for (let guesses = 6; guesses <= 12; guesses += 1) {
      at.server.advance(2 ** (guesses - 6))
      await guess()
    }
    at.server.advance(2 ** 7)
    await refused(answer(patient, session, code), codeRefusals.session)
    asked(await way.begin(patient, 'jane'), challenge)
    accessTokenOf(await answer(patient, asked(await way.begin(patient, 'jane'), challenge), await at.server.code(to)))
  })

  test(`req 36: ${title}: a code lives as long as its Session`, async (t) => {
    const { at, session, code } = await start(t)
    at.server.advance(179)
    const late = asked(await way.begin(at, 'jane'), challenge)
    at.server.advance(1)
    await refused(answer(at, session, code), codeRefusals.expired)
    accessTokenOf(await answer(at, late, await at.server.code(to)))
  })

  test(`req 34: ${title}: a code opens its own Session alone: no other user’s, client’s or challenge’s`, async (t) => {
    const { at, session, code } = await start(t)
    const june = asked(await way.begin(at, 'june'), challenge)
    const second = asked(await way.begin(at, 'jane'), challenge)
    await refused(answer(at, second, code), codeRefusals.wrong)
    await refused(answer(at, june, code, 'june'), codeRefusals.wrong)
    await refused(answer(at, june, code), codeRefusals.session)
    await refused(answer(at, session, code, 'june'), codeRefusals.session)
    await refused(answer(at, session, code, 'nobody'), codeRefusals.session)
    const other = await addClient(at, { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH'] })
    await refused(answer(other, session, code), codeRefusals.session)
    const otherPool = await addFactorPool(at.server)
    await refused(answer(otherPool, session, code), codeRefusals.session)
    for (const name of [
      'SOFTWARE_TOKEN_MFA',
      'SELECT_MFA_TYPE',
      'SELECT_CHALLENGE',
      'PASSWORD',
      'MFA_SETUP',
    ] as const) {
      await refused(respond(at, name, session, { USERNAME: 'jane', [key]: code }), codeRefusals.session)
    }
    accessTokenOf(await answer(at, session, code))
  })

  test(`req 37: ${title}: a user who changed meanwhile gets no tokens by an earlier code`, async (t) => {
    const { at, session, code } = await start(t)
    const { server, UserPoolId } = at
    const user = { UserPoolId, Username: 'jane' }
    await server.call('AdminDisableUser', user)
    await refused(answer(at, session, code), 'NotAuthorizedException: User is disabled.')
    await server.call('AdminEnableUser', user)
    const moved =
      to === phone ? { Name: 'phone_number', Value: '+15550177' } : { Name: 'email', Value: 'new@example.com' }
    await server.call('AdminUpdateUserAttributes', { ...user, UserAttributes: [moved] })
    await refused(answer(at, session, code), codeRefusals.session)
    await server.call('AdminUpdateUserAttributes', { ...user, UserAttributes: [{ ...moved, Value: to }] })
    await server.call('AdminSetUserPassword', { ...user, Password: otherPassword, Permanent: true })
    await refused(answer(at, session, code), codeRefusals.session)
    const again = asked(
      way.digits === 6 ? await beginByPassword(at, 'jane', otherPassword) : await way.begin(at, 'jane'),
      challenge,
    )
    const newest = await server.code(to)
    await server.call('AdminDeleteUser', user)
    await refused(answer(at, again, newest), codeRefusals.session)
  })

  test(`${title}: no more messages than the limit go to one user within the hour`, async (t) => {
    const { at } = await start(t)
    for (let sent = 1; sent < 20; sent += 1) asked(await way.begin(at, 'jane'), challenge)
    await refused(way.begin(at, 'jane'), refusals.limit)
    assert.equal(await sentTo(at, to), 20)
    asked(await way.begin(at, 'june'), challenge)
    at.server.advance(3600)
    asked(await way.begin(at, 'jane'), challenge)
  })
}

test('EMAIL_MFA_CODE is read like EMAIL_OTP_CODE', async (t) => {
  const at = await startSecond('EMAIL_OTP')(t)
  const session = asked(await beginByPassword(at, 'jane'), 'EMAIL_OTP')
  const code = await at.server.code(address)
  accessTokenOf(await respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_MFA_CODE: code }))
})

test('a factor that the pool or the user gave up meanwhile opens nothing', async (t) => {
  const at = await startSecond('EMAIL_OTP')(t)
  const first = asked(await beginByPassword(at, 'jane'), 'EMAIL_OTP')
  const code = await at.server.code(address)
  await setSecondFactors(at, 'OPTIONAL', ['SMS_MFA'])
  await refused(respond(at, 'EMAIL_OTP', first, { USERNAME: 'jane', EMAIL_OTP_CODE: code }), codeRefusals.session)
  const passwordless = await startFactorPool(t, { first: ['EMAIL_OTP'] })
  await addUser(passwordless, 'jane', { email: address })
  const session = asked(await begin(passwordless, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  const sent = await passwordless.server.code(address)
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const] } }
  await passwordless.server.call('UpdateUserPool', { UserPoolId: passwordless.UserPoolId, Policies })
  await refused(
    respond(passwordless, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: sent }),
    codeRefusals.session,
  )
})

test('a code that lets in by itself confirms a user who signed up, and no other challenge does', async (t) => {
  const at = await startFactorPool(t, { first: ['EMAIL_OTP'] })
  await at.server.call('SignUp', {
    ClientId: at.ClientId,
    Username: 'jane',
    Password: otherPassword,
    UserAttributes: [{ Name: 'email', Value: address }],
  })
  const signUpCode = await at.server.code(address)
  await refused(
    begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: otherPassword }),
    'UserNotConfirmedException: User is not confirmed.',
  )
  const session = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  await refused(respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: signUpCode }), codeRefusals.wrong)
  const code = await at.server.code(address)
  accessTokenOf(await respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: code }))
  const { UserStatus, attributes } = await userOf(at, 'jane')
  assert.deepEqual([UserStatus, attributes['email_verified']], ['CONFIRMED', 'true'])
  await refused(
    at.server.call('ConfirmSignUp', { ClientId: at.ClientId, Username: 'jane', ConfirmationCode: signUpCode }),
    'NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED',
  )
})

test('a right code takes an alias, and is refused where the alias is another user’s', async (t) => {
  const at = await startFactorPool(t, { first: ['EMAIL_OTP'], pool: { AliasAttributes: ['email'] } })
  await addUser(at, 'june', { email: address, email_verified: 'true' })
  await addUser(at, 'jane', { email: address })
  const session = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  const code = await at.server.code(address)
  const answer = () => respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: code })
  await refused(answer(), 'AliasExistsException: An account with the given email already exists.')
  await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'june' })
  accessTokenOf(await answer())
  assert.equal((await userOf(at, address)).Username, 'jane')
})

test('req 112: neither code nor address stands in the log', async (t) => {
  const at = await startSecond('EMAIL_OTP')(t)
  const session = asked(await beginByPassword(at, 'jane'), 'EMAIL_OTP')
  const code = await at.server.code(address)
  await refused(
    respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE: otherCode(code) }),
    codeRefusals.wrong,
  )
  const log = JSON.stringify(at.server.log)
  for (const secret of [code, otherCode(code), address]) assert.ok(!log.includes(secret))
})
