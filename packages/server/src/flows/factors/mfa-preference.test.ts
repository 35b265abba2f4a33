import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeSignInServer, tokensOf, type GivenTokens, type SignInServer } from '../../../testing/sign-in.ts'
import type { Inputs } from '../../wire/model.gen.ts'

type Settings = Omit<Inputs['SetUserMFAPreference'], 'AccessToken'>

const lacking = (factor: string) => ({
  name: 'InvalidParameterException',
  message: `User does not have delivery config set to turn on ${factor}`,
})

const optional = async (t: TestContext): Promise<SignInServer & { tokens: GivenTokens }> => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL' })
  await server.addUser('jane')
  return { ...server, tokens: await server.signIn('jane') }
}

/** The two operations that set a preference. */
const settersOf = (server: SignInServer & { tokens: GivenTokens }) => [
  (settings: Settings) => server.call('SetUserMFAPreference', { AccessToken: server.tokens.AccessToken, ...settings }),
  (settings: Settings) =>
    server.call('AdminSetUserMFAPreference', { UserPoolId: server.poolId, Username: 'jane', ...settings }),
]

const shown = async (
  server: SignInServer & { tokens: GivenTokens },
): Promise<[string[] | undefined, string | undefined]> => {
  const user = await server.call('GetUser', { AccessToken: server.tokens.AccessToken })
  const again = await server.call('AdminGetUser', { UserPoolId: server.poolId, Username: 'jane' })
  assert.deepEqual(again.UserMFASettingList, user.UserMFASettingList)
  assert.equal(again.PreferredMfaSetting, user.PreferredMfaSetting)
  return [user.UserMFASettingList, user.PreferredMfaSetting]
}

test('req 26: a token that is not verified cannot be switched on or preferred, by anybody', async (t) => {
  const server = await optional(t)
  const wanted = [{ Enabled: true }, { PreferredMfa: true }, { Enabled: true, PreferredMfa: true }]
  for (const set of settersOf(server)) {
    for (const SoftwareTokenMfaSettings of wanted) {
      await assert.rejects(set({ SoftwareTokenMfaSettings }), lacking('SOFTWARE_TOKEN_MFA'))
    }
  }
  await server.call('AssociateSoftwareToken', { AccessToken: server.tokens.AccessToken })
  for (const set of settersOf(server)) {
    await assert.rejects(set({ SoftwareTokenMfaSettings: { Enabled: true } }), lacking('SOFTWARE_TOKEN_MFA'))
  }
  assert.deepEqual(await shown(server), [undefined, undefined])
  tokensOf(await server.start('jane'))
})

test('a verified token without a preference asks for nothing where MFA is optional (protocol/authentication 5.4)', async (t) => {
  const server = await optional(t)
  await server.enrol(server.tokens.AccessToken)
  assert.deepEqual(await shown(server), [undefined, undefined])
  tokensOf(await server.start('jane'))
  await server.setMfa('ON')
  assert.equal((await server.start('jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await server.setMfa('OFF')
  tokensOf(await server.start('jane'))
})

test('switched on, preferred, switched off: what is shown, and what a sign-in asks (protocol/authentication 5.3.6)', async (t) => {
  for (const index of [0, 1]) {
    const server = await optional(t)
    await server.enrol(server.tokens.AccessToken)
    const set = settersOf(server)[index]
    assert.ok(set)
    assert.deepEqual(await set({ SoftwareTokenMfaSettings: { Enabled: true } }), {})
    assert.deepEqual(await shown(server), [['SOFTWARE_TOKEN_MFA'], undefined])
    assert.equal((await server.start('jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
    await set({ SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
    assert.deepEqual(await shown(server), [['SOFTWARE_TOKEN_MFA'], 'SOFTWARE_TOKEN_MFA'])
    // What a call leaves out keeps its state.
    await set({})
    assert.deepEqual(await shown(server), [['SOFTWARE_TOKEN_MFA'], 'SOFTWARE_TOKEN_MFA'])
    await set({ SoftwareTokenMfaSettings: { PreferredMfa: false } })
    assert.deepEqual(await shown(server), [['SOFTWARE_TOKEN_MFA'], undefined])
    await set({ SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: false } })
    assert.deepEqual(await shown(server), [undefined, undefined])
    tokensOf(await server.start('jane'))
  }
})

test('req 25: where MFA is ON nobody switches the factor off', async (t) => {
  const server = await optional(t)
  await server.enrol(server.tokens.AccessToken)
  await server.setMfa('ON')
  for (const set of settersOf(server)) {
    await set({ SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: false } }).catch(() => undefined)
    assert.equal((await server.start('jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  }
})

test('a factor without its address cannot be switched on; two cannot be preferred, nor one that is off', async (t) => {
  const server = await optional(t)
  const { AccessToken } = server.tokens
  await server.enrol(AccessToken)
  const on = { Enabled: true, PreferredMfa: true }
  for (const set of settersOf(server)) {
    await assert.rejects(set({ SMSMfaSettings: on }), lacking('SMS_MFA'))
    await assert.rejects(set({ EmailMfaSettings: on }), lacking('EMAIL_OTP'))
    await assert.rejects(set({ SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: true } }), {
      name: 'InvalidParameterException',
    })
  }
  const UserAttributes = [{ Name: 'email', Value: 'jane@example.com' }]
  await server.call('AdminUpdateUserAttributes', { UserPoolId: server.poolId, Username: 'jane', UserAttributes })
  for (const set of settersOf(server)) {
    await assert.rejects(set({ SoftwareTokenMfaSettings: on, EmailMfaSettings: on }), {
      name: 'InvalidParameterException',
    })
  }
  assert.deepEqual(await shown(server), [undefined, undefined])
})

test('whose preference it is: a dead token, an unknown user, an unknown pool', async (t) => {
  const server = await optional(t)
  const { AccessToken } = server.tokens
  const { poolId: UserPoolId } = server
  await assert.rejects(server.call('AdminSetUserMFAPreference', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
  const elsewhere = { UserPoolId: 'zz-local-1_none00000', Username: 'jane' }
  await assert.rejects(server.call('AdminSetUserMFAPreference', elsewhere), { name: 'ResourceNotFoundException' })
  await server.call('GlobalSignOut', { AccessToken })
  await assert.rejects(server.call('SetUserMFAPreference', { AccessToken }), {
    message: 'Access Token has been revoked',
  })
})
