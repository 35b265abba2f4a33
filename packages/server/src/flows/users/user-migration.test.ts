// UserMigration: who comes over, with what, and that whatever goes wrong looks like a user who does not exist
// (protocol/administration 14.3, 14.4).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import {
  addPool,
  addUser,
  otherPassword,
  type PoolChoice,
  type PoolUnderTest,
  refusals,
  refused,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import { hookTriggers, throwing, type HookedTriggers, type TestAnswers } from '../../../testing/functions.ts'

type Hooked = PoolUnderTest & { readonly hook: HookedTriggers }

/** What the other service knows: a password that this pool's policy would not take. */
const oldPassword = 'old'

const email = 'ann@example.com'

const migrating =
  (response: Record<string, unknown>): TestAnswers[string] =>
  (event) => {
    if (event.request['password'] !== undefined && event.request['password'] !== oldPassword) {
      throw new Error('bad password')
    }
    Object.assign(event.response, response)
  }

const confirmed = { userAttributes: { email, email_verified: 'true' }, finalUserStatus: 'CONFIRMED' }

const arn = (hook: HookedTriggers): { LambdaConfig: object } => ({
  LambdaConfig: { UserMigration: hook.lambdaConfig['UserMigration'] },
})

const startHooked = async (t: TestContext, answers: TestAnswers, choice: PoolChoice = {}): Promise<Hooked> => {
  const hook = await hookTriggers(t, answers)
  const at = await startPool(t, { ...choice, pool: { ...arn(hook), ...choice.pool } }, { triggers: hook.triggers })
  return { ...at, hook }
}

test('a user comes over by the password that the function knows, and is asked about no more', async (t) => {
  const at = await startHooked(t, { UserMigration_Authentication: migrating(confirmed) })
  const { server, ClientId } = at
  const signedIn = await server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'ann', PASSWORD: oldPassword },
    ClientMetadata: { a: 'b' },
  })
  assert.ok(signedIn.AuthenticationResult?.AccessToken)
  assert.deepEqual(at.hook.events[0]?.request, {
    password: oldPassword,
    validationData: { a: 'b' },
    clientMetadata: {},
  })
  const { UserStatus, attributes } = await userOf(at, 'ann')
  assert.equal(UserStatus, 'CONFIRMED')
  assert.equal(attributes['email'], email)
  assert.equal(attributes['email_verified'], 'true')
  await signIn(at, 'ann', oldPassword)
  await refused(signIn(at, 'ann', otherPassword), refusals.incorrect)
  assert.equal(at.hook.events.length, 1)
  const byAdmin = await server.call('AdminInitiateAuth', {
    UserPoolId: at.UserPoolId,
    ClientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'bob', PASSWORD: oldPassword },
  })
  assert.ok(byAdmin.AuthenticationResult?.AccessToken)
})

test('without finalUserStatus CONFIRMED the password comes over, and must be reset', async (t) => {
  for (const finalUserStatus of [null, 'RESET_REQUIRED', 'EXTERNAL_PROVIDER', 'confirmed']) {
    const at = await startHooked(t, { UserMigration_Authentication: migrating({ ...confirmed, finalUserStatus }) })
    const words = 'PasswordResetRequiredException: Password reset required for the user'
    await refused(signIn(at, 'ann', oldPassword), words)
    assert.equal((await userOf(at, 'ann')).UserStatus, 'RESET_REQUIRED')
    await refused(signIn(at, 'ann', otherPassword), refusals.incorrect)
  }
})

const failures: Readonly<Record<string, TestAnswers[string]>> = {
  'the function throws': throwing('no such user'),
  'the function gives nothing': () => {},
  'the function gives no attributes': migrating({ finalUserStatus: 'CONFIRMED' }),
  'the function names another user': migrating({ ...confirmed, userAttributes: { username: 'eve' } }),
  'the function gives an attribute that the pool has not': migrating({
    ...confirmed,
    userAttributes: { 'custom:x': '1' },
  }),
  'the function gives a phone number that is none': migrating({ ...confirmed, userAttributes: { phone_number: 'x' } }),
  'the function asks for SMS without a number': migrating({ ...confirmed, enableSMSMFA: true }),
  'the answer is of another form': migrating({ userAttributes: 'none' }),
}

for (const [name, answer] of Object.entries(failures)) {
  test(`nobody comes over when ${name}, and it looks as if nobody were there`, async (t) => {
    const at = await startHooked(t, { UserMigration_Authentication: answer })
    await refused(signIn(at, 'ann', oldPassword), refusals.noUser)
    const noted = at.server.log.find(
      ({ message }) => message === `Exception migrating user in app client ${at.ClientId}`,
    )
    assert.equal(noted?.level, 'warn')
    assert.ok(!JSON.stringify(at.server.log).includes(`"${oldPassword}"`))
    const hidden = await startHooked(
      t,
      { UserMigration_Authentication: answer },
      { client: { PreventUserExistenceErrors: 'ENABLED' } },
    )
    await refused(signIn(hidden, 'ann', oldPassword), refusals.incorrect)
    const users = await at.server.call('ListUsers', { UserPoolId: at.UserPoolId })
    assert.deepEqual(users.Users, [])
  })
}

test('req 6: a password that the function did not know stays counted, whatever refuses the sign-in afterwards', async (t) => {
  const client = { PreventUserExistenceErrors: 'ENABLED' as const }
  const at = await startHooked(t, { UserMigration_Authentication: migrating(confirmed) }, { client })
  const { UserMigration, PreAuthentication } = at.hook.lambdaConfig
  const LambdaConfig = { UserMigration, PreAuthentication }
  await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, LambdaConfig })
  at.hook.answers['PreAuthentication_Authentication'] = ({ request }) => {
    if (request['userNotFound']) throw new Error('unknown')
  }
  const words = 'UserLambdaValidationException: PreAuthentication failed with error unknown.'
  for (let made = 0; made < 5; made += 1) await refused(signIn(at, 'ann', otherPassword), words)
  await refused(signIn(at, 'ann', oldPassword), refusals.locked)
  assert.equal(at.hook.told().filter((source) => source === 'UserMigration_Authentication').length, 5)
})

test('a missing required attribute keeps a user out', async (t) => {
  const Schema = [{ Name: 'given_name', Required: true }]
  const at = await startHooked(t, { UserMigration_Authentication: migrating(confirmed) }, { pool: { Schema } })
  await refused(signIn(at, 'ann', oldPassword), refusals.noUser)
})

test('SRP and a known user never ask', async (t) => {
  const at = await startHooked(t, { UserMigration_Authentication: migrating(confirmed) })
  const { server, ClientId } = at
  const AuthParameters = { USERNAME: 'ann', SRP_A: 'abcdef' }
  await refused(server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }), refusals.noUser)
  await addUser(at, 'bob')
  await refused(signIn(at, 'bob', oldPassword), refusals.incorrect)
  assert.equal(at.hook.events.length, 0)
})

test('an alias comes over with the name that the function gives', async (t) => {
  const pool = { AliasAttributes: ['email' as const] }
  const userAttributes = { username: 'ann', email, email_verified: 'true' }
  const at = await startHooked(
    t,
    { UserMigration_Authentication: migrating({ ...confirmed, userAttributes }) },
    { pool },
  )
  await signIn(at, email, oldPassword)
  assert.equal((await userOf(at, email)).Username, 'ann')
  const unverified = { username: 'ann', email }
  const other = await startHooked(
    t,
    { UserMigration_Authentication: migrating({ ...confirmed, userAttributes: unverified }) },
    { pool },
  )
  await refused(signIn(other, email, oldPassword), refusals.noUser)
})

test('an alias that is taken keeps a user out, unless the function says that it moves', async (t) => {
  const pool = { AliasAttributes: ['email' as const] }
  const at = await startHooked(t, { UserMigration_Authentication: migrating(confirmed) }, { pool })
  await addUser(at, 'old', { email, email_verified: 'true' })
  await refused(signIn(at, 'ann', oldPassword), refusals.noUser)
  assert.equal((await userOf(at, email)).Username, 'old')
  at.hook.answers['UserMigration_Authentication'] = migrating({ ...confirmed, forceAliasCreation: true })
  await signIn(at, 'ann', oldPassword)
  assert.equal((await userOf(at, email)).Username, 'ann')
  assert.equal((await userOf(at, 'old')).attributes['email_verified'], 'false')
})

test('a pool with addresses as names takes users over by them', async (t) => {
  const pool = { UsernameAttributes: ['email' as const] }
  const at = await startHooked(t, { UserMigration_Authentication: migrating(confirmed) }, { pool })
  await signIn(at, email, oldPassword)
  const { Username, attributes } = await userOf(at, email)
  assert.equal(Username, attributes['sub'])
  await refused(signIn(at, 'eve@example.com', oldPassword), refusals.noUser)
})

test('a forgotten password brings a user over who has a verified address', async (t) => {
  const at = await startHooked(t, { UserMigration_ForgotPassword: migrating({ userAttributes: { email } }) })
  const { server, ClientId } = at
  const forgot = () => server.call('ForgotPassword', { ClientId, Username: 'ann', ClientMetadata: { a: 'b' } })
  await refused(forgot(), 'UserNotFoundException: Username/client id combination not found.')
  assert.deepEqual(at.hook.events[0]?.request, { validationData: {}, clientMetadata: { a: 'b' } })
  at.hook.answers['UserMigration_ForgotPassword'] = migrating(confirmed)
  const { CodeDeliveryDetails } = await forgot()
  assert.equal(CodeDeliveryDetails?.Destination, 'a***@e***')
  const ConfirmationCode = await server.code(email)
  await server.call('ConfirmForgotPassword', { ClientId, Username: 'ann', ConfirmationCode, Password: otherPassword })
  await signIn(at, 'ann', otherPassword)
})

onBothDatabases(
  'of fifty sign-ins that bring one user over, one user comes, and all sign in',
  async (startServers, t) => {
    const hook = await hookTriggers(t, { UserMigration_Authentication: migrating(confirmed) })
    const [one, two] = await startServers(2, { triggers: hook.triggers })
    assert.ok(one && two)
    const at = await addPool(one, { pool: arn(hook) })
    const race = await raceOfFifty([one, two], (server) => signIn({ ...at, server }, 'ann', oldPassword))
    assert.deepEqual(race.refused, [])
    const users = await one.call('ListUsers', { UserPoolId: at.UserPoolId })
    assert.equal(users.Users?.length, 1)
  },
)
