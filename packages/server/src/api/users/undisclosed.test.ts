// Accounts are not disclosed: where a client hides users, nothing tells a name that exists from one that does not
// (protocol/authentication 2.4; requirements 11 to 16).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedDatabase } from '../../../testing/app.ts'
import { onBothDatabases } from '../../../testing/databases.ts'
import { sweepOnce } from '../../../testing/stores.ts'
import { unknownNameRow } from '../../flows/users/unknown-name.ts'
import type { Keys } from '../../keys/index.ts'
import { openSqlite } from '../../store/database/sqlite.ts'
import {
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  otherPassword,
  type PoolChoice,
  type PoolUnderTest,
  refusals,
  refused,
  signUpUser,
  startPool,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import type { Inputs, OperationName } from '../../wire/model.gen.ts'

const hiding: PoolChoice = { client: { PreventUserExistenceErrors: 'ENABLED' } }

type Raw = { status: number; headers: Record<string, string>; body: string }

/** An answer with everything that a caller can see of it; what differs by nature is left out. */
const raw = async <Name extends OperationName>(at: PoolUnderTest, name: Name, input: Inputs[Name]): Promise<Raw> => {
  const response = await at.server.app.fetch(
    new Request('http://127.0.0.1:9229/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${name}`,
      },
      body: JSON.stringify(input),
    }),
  )
  const headers = Object.fromEntries(response.headers)
  assert.match(headers['x-amzn-requestid'] ?? '', /^[0-9a-f-]{36}$/)
  return { status: response.status, headers: { ...headers, 'x-amzn-requestid': '' }, body: await response.text() }
}

const passwordStart = (at: PoolUnderTest, USERNAME: string): Promise<Raw> =>
  raw(at, 'InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: 'Wrong-password-1' },
  })

test('req 11: an unknown user and a wrong password differ in no byte of body and in no header', async (t) => {
  const at = await startPool(t, hiding)
  await addUser(at, 'jane')
  await signUpUser(at, 'unconfirmed')
  await addUser(at, 'disabled')
  await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: 'disabled' })
  await addVerifiedUser(at, 'reset')
  await at.server.call('AdminResetUserPassword', { UserPoolId: at.UserPoolId, Username: 'reset' })
  const unknown = await passwordStart(at, 'nobody')
  assert.equal(unknown.status, 400)
  assert.equal(unknown.body, '{"__type":"NotAuthorizedException","message":"Incorrect username or password."}')
  for (const name of ['jane', 'unconfirmed', 'disabled', 'reset']) {
    assert.deepEqual(await passwordStart(at, name), unknown, name)
  }
})

test('req 11: the same by an administrator’s flow', async (t) => {
  const at = await startPool(t, hiding)
  await addUser(at, 'jane')
  const start = (USERNAME: string): Promise<unknown> =>
    at.server.call('AdminInitiateAuth', {
      UserPoolId: at.UserPoolId,
      ClientId: at.ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD: 'Wrong-password-1' },
    })
  await refused(start('jane'), refusals.incorrect)
  await refused(start('nobody'), refusals.incorrect)
})

test('req 12: an unknown user costs the work of a password check', async (t) => {
  let checks = 0
  const counting = (keys: Keys): Keys => ({
    ...keys,
    passwords: {
      ...keys.passwords,
      verify: (password, stored) => {
        checks += 1
        return keys.passwords.verify(password, stored)
      },
    },
  })
  const at = await startPool(t, hiding, { keys: counting })
  await addUser(at, 'jane')
  for (const name of ['jane', 'nobody']) {
    checks = 0
    await passwordStart(at, name)
    assert.equal(checks, 1, name)
  }
})

test('req 15: what stands in a user’s way is told only to who has the password', async (t) => {
  const at = await startPool(t, hiding)
  const { server, UserPoolId } = at
  await signUpUser(at, 'unconfirmed')
  await addUser(at, 'disabled')
  await server.call('AdminDisableUser', { UserPoolId, Username: 'disabled' })
  await addVerifiedUser(at, 'reset')
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'reset' })
  await server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'late',
    TemporaryPassword: goodPassword,
    MessageAction: 'SUPPRESS',
  })
  server.advance(7 * 86_400)
  const told: Readonly<Record<string, string>> = {
    unconfirmed: 'UserNotConfirmedException: User is not confirmed.',
    disabled: 'NotAuthorizedException: User is disabled.',
    reset: 'PasswordResetRequiredException: Password reset required for the user',
    late: 'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.',
  }
  for (const [name, refusal] of Object.entries(told)) {
    await refused(signIn(at, name, 'Wrong-password-1'), refusals.incorrect)
    await refused(signIn(at, name), refusal)
  }
})

for (const PreventUserExistenceErrors of [undefined, 'LEGACY'] as const) {
  test(`req 16: ${PreventUserExistenceErrors ?? 'a client that says nothing'} names an unknown user`, async (t) => {
    const at = await startPool(t, PreventUserExistenceErrors ? { client: { PreventUserExistenceErrors } } : {})
    await refused(signIn(at, 'nobody'), refusals.noUser)
    await refused(
      at.server.call('InitiateAuth', {
        ClientId: at.ClientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: 'nobody', SRP_A: 'abcdef' },
      }),
      refusals.noUser,
    )
    await refused(
      at.server.call('ForgotPassword', { ClientId: at.ClientId, Username: 'nobody' }),
      'UserNotFoundException: Username/client id combination not found.',
    )
  })
}

const forgot = (at: PoolUnderTest, Username: string): Promise<Raw> =>
  raw(at, 'ForgotPassword', { ClientId: at.ClientId, Username })
const recover = (at: PoolUnderTest, Username: string, ConfirmationCode: string = '000000'): Promise<Raw> =>
  raw(at, 'ConfirmForgotPassword', { ClientId: at.ClientId, Username, ConfirmationCode, Password: otherPassword })
const resend = (at: PoolUnderTest, Username: string): Promise<Raw> =>
  raw(at, 'ResendConfirmationCode', { ClientId: at.ClientId, Username })
const confirm = (at: PoolUnderTest, Username: string, ConfirmationCode: string = '000000'): Promise<Raw> =>
  raw(at, 'ConfirmSignUp', { ClientId: at.ClientId, Username, ConfirmationCode })

const emailPool: PoolChoice = {
  ...hiding,
  pool: { UsernameAttributes: ['email'], AutoVerifiedAttributes: ['email'] },
}

// The last name starts as the first, so that masked addresses may be compared byte for byte.
const [known, unknown] = ['jane@example.com', 'john@example.org'] as const

test('req 14: recovery says the same of an unknown user, step by step up to the limit', async (t) => {
  const at = await startPool(t, emailPool)
  await addUser(at, known, { email_verified: 'true' })
  assert.deepEqual(await recover(at, unknown), await recover(at, known))
  assert.match((await recover(at, unknown)).body, /ExpiredCodeException/)
  await recover(at, known)
  const asked = await forgot(at, known)
  assert.deepEqual(await forgot(at, unknown), asked)
  assert.match(asked.body, /"Destination":"j\*\*\*@e\*\*\*"/)
  const wrong = (await at.server.code(known)) === '000000' ? '111111' : '000000'
  const answers: string[] = []
  // Both have used three of twenty an hour; one code bears fifteen wrong answers.
  for (let tries = 0; tries < 18; tries += 1) {
    const one = await recover(at, known, wrong)
    assert.deepEqual(await recover(at, unknown, wrong), one, `try ${tries}`)
    answers.push((JSON.parse(one.body) as { __type: string }).__type)
  }
  assert.deepEqual(answers, [
    ...Array.from({ length: 15 }, () => 'CodeMismatchException'),
    'ExpiredCodeException',
    'ExpiredCodeException',
    'LimitExceededException',
  ])
  assert.deepEqual(await forgot(at, unknown), await forgot(at, known))
  at.server.advance(3600)
  assert.deepEqual(await forgot(at, unknown), await forgot(at, known))
})

test('req 14: of disabled users, and of those whom no code can reach, recovery says no more', async (t) => {
  const at = await startPool(t, emailPool)
  const { server, UserPoolId } = at
  const names = ['jack@example.com', 'jill@example.com', 'joan@example.com']
  const [disabled = '', unverified = '', temporary = ''] = names
  await addUser(at, disabled, { email_verified: 'true' })
  await server.call('AdminDisableUser', { UserPoolId, Username: disabled })
  await addUser(at, unverified)
  await addUser(at, temporary, { email_verified: 'true' })
  await server.call('AdminSetUserPassword', { UserPoolId, Username: temporary, Password: goodPassword })
  const expected = [await recover(at, unknown), await forgot(at, unknown), await recover(at, unknown)]
  assert.match(expected[2]?.body ?? '', /CodeMismatchException/)
  for (const name of names) {
    assert.deepEqual([await recover(at, name), await forgot(at, name), await recover(at, name)], expected, name)
    await assert.rejects(server.mail(name), /nothing was sent/)
  }
})

test('req 14: a user who was disabled after asking recovers nothing, and is told nothing', async (t) => {
  const at = await startPool(t, emailPool)
  await addUser(at, known, { email_verified: 'true' })
  await forgot(at, known)
  const code = await at.server.code(known)
  await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: known })
  assert.match((await recover(at, known, code)).body, /CodeMismatchException/)
})

test('req 14: resend says the same of an unknown user, up to the limit', async (t) => {
  const at = await startPool(t, emailPool)
  await signUpUser(at, known)
  for (let tries = 0; tries < 6; tries += 1) {
    const one = await resend(at, known)
    assert.deepEqual(await resend(at, unknown), one)
    assert.match(one.body, tries < 5 ? /"Destination":"j\*\*\*@e\*\*\*"/ : /LimitExceededException/)
  }
  await assert.rejects(at.server.mail(unknown), /nothing was sent/)
})

test('req 14: a disabled user is sent no new code, which is not told', async (t) => {
  const at = await startPool(t, emailPool)
  await signUpUser(at, known)
  await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: known })
  const before = await at.server.code(known)
  assert.deepEqual(await resend(at, known), await resend(at, unknown))
  assert.equal(await at.server.code(known), before)
})

test('req 14: confirmation says the same of an unknown user, up to the limit', async (t) => {
  const at = await startPool(t, emailPool)
  await signUpUser(at, known)
  if ((await at.server.code(known)) === '000000') return
  for (let tries = 0; tries < 16; tries += 1) {
    const one = await confirm(at, known)
    assert.deepEqual(await confirm(at, unknown), one)
    assert.match(one.body, tries < 15 ? /CodeMismatchException/ : /LimitExceededException/)
  }
})

// Users in every state but waiting for a code that was sent; their names mask alike.
const settled = async (at: PoolUnderTest): Promise<Record<string, string>> => {
  const { server, ClientId, UserPoolId } = at
  const names = ['confirmed', 'byAdmin', 'disabled', 'temporary', 'reset', 'late'] as const
  const address = Object.fromEntries(names.map((name, index) => [name, `j${index}@example.com`]))
  const of = (name: (typeof names)[number]) => ({ Username: address[name] ?? '' })
  for (const name of ['confirmed', 'byAdmin', 'disabled', 'late'] as const) await signUpUser(at, of(name).Username)
  const ConfirmationCode = await server.code(of('confirmed').Username)
  await server.call('ConfirmSignUp', { ClientId, ...of('confirmed'), ConfirmationCode })
  await server.call('AdminConfirmSignUp', { UserPoolId, ...of('byAdmin') })
  await server.call('AdminDisableUser', { UserPoolId, ...of('disabled') })
  await server.call('AdminCreateUser', { UserPoolId, ...of('temporary'), MessageAction: 'SUPPRESS' })
  await addUser(at, of('reset').Username, { email_verified: 'true' })
  await server.call('AdminResetUserPassword', { UserPoolId, ...of('reset') })
  // The code of `late` expires.
  server.advance(86_400)
  return address
}

onBothDatabases('req 14: of every user confirmation and resend say what they say of an unknown name', async (start) => {
  const [server] = await start(1)
  const at = await addPool(server, emailPool)
  const users = await settled(at)
  const guesses: Raw[] = []
  for (let tries = 0; tries < 16; tries += 1) guesses.push(await confirm(at, unknown))
  assert.equal(guesses.filter(({ body }) => body.includes('CodeMismatchException')).length, 15)
  assert.match(guesses.at(-1)?.body ?? '', /LimitExceededException/)
  const resent: Raw[] = []
  for (let tries = 0; tries < 6; tries += 1) resent.push(await resend(at, unknown))
  assert.match(
    resent[4]?.body ?? '',
    /"Destination":"j\*\*\*@e\*\*\*","DeliveryMedium":"EMAIL","AttributeName":"email"/,
  )
  for (const [state, name] of Object.entries(users)) {
    for (const expected of guesses) assert.deepEqual(await confirm(at, name), expected, state)
    for (const expected of resent) assert.deepEqual(await resend(at, name), expected, state)
  }
  // A new code reached the user who waits for one, and nobody else.
  const sent = async (name: string) => (await server.context.store.outbox.newest(users[name] ?? '', 9)).length
  assert.deepEqual(
    [await sent('late'), await sent('confirmed'), await sent('byAdmin'), await sent('disabled')],
    [6, 1, 1, 1],
  )
})

test('req 14: that a code has expired, or borne too much, is told to nobody but its holder', async (t) => {
  const at = await startPool(t, emailPool)
  await signUpUser(at, known)
  const code = await at.server.code(known)
  const wrong = code === '000000' ? '111111' : '000000'
  at.server.advance(86_400)
  assert.deepEqual(await confirm(at, known, wrong), await confirm(at, unknown, wrong))
  assert.match((await confirm(at, known, code)).body, /ExpiredCodeException/)
  await resend(at, known)
  const newer = await at.server.code(known)
  const other = newer === wrong ? '222222' : wrong
  for (let tries = 0; tries < 30; tries += 1) {
    // Fifteen an hour: the code wears out, the limit does not.
    if (tries % 7 === 0) at.server.advance(3600)
    assert.match((await confirm(at, known, other)).body, /CodeMismatchException/)
  }
  assert.match((await confirm(at, known, newer)).body, /CodeMismatchException/)
  await resend(at, known)
  assert.equal((await confirm(at, known, await at.server.code(known))).status, 200)
  assert.deepEqual(await confirm(at, known, other), await confirm(at, unknown, other))
})

test('req 14: a user without an address to confirm is told of no more than an unknown name', async (t) => {
  const at = await startPool(t, hiding)
  await signUpUser(at, 'jane')
  assert.equal((await resend(at, 'jane')).status, 200)
  assert.match((await resend(at, 'jane')).body, /"Destination":"j\*\*\*@[a-z]\*\*\*"/)
  assert.deepEqual(await confirm(at, 'jane'), await confirm(at, 'nobody'))
})

test('req 14: who recovered a password is, to who asked, as unknown as before', async (t) => {
  const at = await startPool(t, emailPool)
  await addUser(at, known, { email_verified: 'true' })
  for (const name of [known, unknown]) await forgot(at, name)
  const code = await at.server.code(known)
  const wrong = code === '000000' ? '111111' : '000000'
  assert.equal((await recover(at, known, code)).status, 200)
  for (const guess of [wrong, code])
    assert.deepEqual(await recover(at, known, guess), await recover(at, unknown, guess))
  at.server.advance(3600)
  assert.deepEqual(await recover(at, known, wrong), await recover(at, unknown, wrong))
})

test('req 12: confirmation writes as often about an unknown name as about a user', async (t) => {
  const counted = countedDatabase()
  const at = await startPool(t, emailPool, { database: counted.database })
  await signUpUser(at, known)
  const users = { ...(await settled(at)), unconfirmed: known, unknown }
  for (const [state, name] of Object.entries(users)) {
    counted.commits()
    await confirm(at, name, '123')
    assert.equal(counted.commits(), 1, state)
    await resend(at, name)
    assert.equal(counted.commits(), 1, state)
  }
})

test('req 14: one name always gets one answer, whichever pool and form it has', async (t) => {
  const plain = await startPool(t, { ...hiding, pool: { AutoVerifiedAttributes: ['phone_number'] } })
  const first = await forgot(plain, 'nobody')
  assert.deepEqual(await forgot(plain, 'nobody'), first)
  assert.match(first.body, /^\{"CodeDeliveryDetails":\{"Destination":"\+\*{7}[0-9]{4}","DeliveryMedium":"SMS"/)
  assert.match((await forgot(plain, 'some@example.com')).body, /"Destination":"s\*\*\*@e\*\*\*"/)
  assert.match((await forgot(plain, '+15555550123')).body, /"Destination":"\+\*{7}0123"/)
  const mails = await startPool(t, hiding)
  assert.match((await forgot(mails, '😀')).body, /"Destination":"😀\*\*\*@[a-z]\*\*\*"/)
})

test('req 14: a user found by an alias is no other user', async (t) => {
  const at = await startPool(t, { ...hiding, pool: { AliasAttributes: ['email'] } })
  await addVerifiedUser(at, 'jane')
  const asked = await forgot(at, known)
  assert.deepEqual(await forgot(at, unknown), asked)
})

test('a name that leads to nobody becomes a user with no past', async (t) => {
  const at = await startPool(t, emailPool)
  for (let tries = 0; tries < 21; tries += 1) await forgot(at, known)
  await addUser(at, known, { email_verified: 'true' })
  assert.equal((await forgot(at, known)).status, 200)
  assert.match(await at.server.code(known), /^[0-9]{6}$/)
})

test('each unknown name is counted on a row of its own, as short for a long name as for any', async (t) => {
  const at = await startPool(t, hiding)
  const pool = await at.server.context.store.pools.get(at.UserPoolId)
  const names = Array.from({ length: 1000 }, (_, index) => `name-${index}`)
  const ids = [...names, 'x'.repeat(100_000)].map((name) => unknownNameRow(at.server.context, pool, name).id)
  assert.equal(new Set(ids).size, 1001)
  for (const id of ids) assert.match(id, /^nobody-[\w-]{43}$/)
})

test('what unknown names leave is gone within hours', async (t) => {
  const database = openSqlite(':memory:')
  const at = await startPool(t, hiding, { database })
  for (let index = 0; index < 20; index += 1) {
    await forgot(at, `name-${index}`)
    await refused(signIn(at, `name-${index}`), refusals.incorrect)
  }
  const left = async (): Promise<number[]> => {
    await sweepOnce(database, at.server.context.clock.now())
    const counts = ['locks', 'attempts', 'codes'].map((table) => ({
      sql: `select count(*) as n from ${table} where user_id like 'nobody-%'`,
      parameters: [],
    }))
    return Promise.all(counts.map(async (count) => Number((await database.read(count))[0]?.['n'])))
  }
  assert.deepEqual(await left(), [20, 20, 20])
  at.server.advance(2 * 3600 + 1)
  assert.deepEqual(await left(), [0, 0, 0])
})
