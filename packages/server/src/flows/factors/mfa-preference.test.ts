import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { beginByPassword, type GivenTokens, signIn, tokensOf } from '../../../testing/sign-in.ts'
import { addUser, type PoolUnderTest, setMfa, startPool } from '../../../testing/pool.ts'
import { enrol } from '../../../testing/authenticator-app.ts'
import type { Inputs } from '../../wire/model.gen.ts'

type Settings = Omit<Inputs['SetUserMFAPreference'], 'AccessToken'>

const lacking = (factor: string) => ({
  name: 'InvalidParameterException',
  message: `User does not have delivery config set to turn on ${factor}`,
})

const optional = async (t: TestContext): Promise<PoolUnderTest & { tokens: GivenTokens }> => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  await addUser(at, 'jane')
  return { ...at, tokens: await signIn(at, 'jane') }
}

/** The two operations that set a preference. */
const settersOf = (at: PoolUnderTest & { tokens: GivenTokens }) => [
  (settings: Settings) => at.server.call('SetUserMFAPreference', { AccessToken: at.tokens.AccessToken, ...settings }),
  (settings: Settings) =>
    at.server.call('AdminSetUserMFAPreference', { UserPoolId: at.UserPoolId, Username: 'jane', ...settings }),
]

const shown = async (
  at: PoolUnderTest & { tokens: GivenTokens },
): Promise<[string[] | undefined, string | undefined]> => {
  const user = await at.server.call('GetUser', { AccessToken: at.tokens.AccessToken })
  const again = await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  assert.deepEqual(again.UserMFASettingList, user.UserMFASettingList)
  assert.equal(again.PreferredMfaSetting, user.PreferredMfaSetting)
  return [user.UserMFASettingList, user.PreferredMfaSetting]
}

test('req 26: a token that is not verified cannot be switched on or preferred, by anybody', async (t) => {
  const at = await optional(t)
  const wanted = [{ Enabled: true }, { PreferredMfa: true }, { Enabled: true, PreferredMfa: true }]
  for (const set of settersOf(at)) {
    for (const SoftwareTokenMfaSettings of wanted) {
      await assert.rejects(set({ SoftwareTokenMfaSettings }), lacking('SOFTWARE_TOKEN_MFA'))
    }
  }
  await at.server.call('AssociateSoftwareToken', { AccessToken: at.tokens.AccessToken })
  for (const set of settersOf(at)) {
    await assert.rejects(set({ SoftwareTokenMfaSettings: { Enabled: true } }), lacking('SOFTWARE_TOKEN_MFA'))
  }
  assert.deepEqual(await shown(at), [undefined, undefined])
  tokensOf(await beginByPassword(at, 'jane'))
})

test('a verified token without a preference asks for nothing where MFA is optional (protocol/authentication 5.4)', async (t) => {
  const at = await optional(t)
  await enrol(at, at.tokens.AccessToken)
  assert.deepEqual(await shown(at), [undefined, undefined])
  tokensOf(await beginByPassword(at, 'jane'))
  await setMfa(at, 'ON')
  assert.equal((await beginByPassword(at, 'jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await setMfa(at, 'OFF')
  tokensOf(await beginByPassword(at, 'jane'))
})

test('switched on, preferred, switched off: what is shown, and what a sign-in asks (protocol/authentication 5.3.6)', async (t) => {
  for (const index of [0, 1]) {
    const at = await optional(t)
    await enrol(at, at.tokens.AccessToken)
    const set = settersOf(at)[index]
    assert.ok(set)
    assert.deepEqual(await set({ SoftwareTokenMfaSettings: { Enabled: true } }), {})
    assert.deepEqual(await shown(at), [['SOFTWARE_TOKEN_MFA'], undefined])
    assert.equal((await beginByPassword(at, 'jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
    await set({ SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
    assert.deepEqual(await shown(at), [['SOFTWARE_TOKEN_MFA'], 'SOFTWARE_TOKEN_MFA'])
    // What a call leaves out keeps its state.
    await set({})
    assert.deepEqual(await shown(at), [['SOFTWARE_TOKEN_MFA'], 'SOFTWARE_TOKEN_MFA'])
    await set({ SoftwareTokenMfaSettings: { PreferredMfa: false } })
    assert.deepEqual(await shown(at), [['SOFTWARE_TOKEN_MFA'], undefined])
    await set({ SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: false } })
    assert.deepEqual(await shown(at), [undefined, undefined])
    tokensOf(await beginByPassword(at, 'jane'))
  }
})

test('req 25: where MFA is ON nobody switches the factor off', async (t) => {
  const at = await optional(t)
  await enrol(at, at.tokens.AccessToken)
  await setMfa(at, 'ON')
  for (const set of settersOf(at)) {
    await set({ SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: false } }).catch(() => undefined)
    assert.equal((await beginByPassword(at, 'jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  }
})

test('a factor without its address cannot be switched on; two cannot be preferred, nor one that is off', async (t) => {
  const at = await optional(t)
  const { AccessToken } = at.tokens
  await enrol(at, AccessToken)
  const on = { Enabled: true, PreferredMfa: true }
  for (const set of settersOf(at)) {
    await assert.rejects(set({ SMSMfaSettings: on }), lacking('SMS_MFA'))
    await assert.rejects(set({ EmailMfaSettings: on }), lacking('EMAIL_OTP'))
    await assert.rejects(set({ SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: true } }), {
      name: 'InvalidParameterException',
    })
  }
  const UserAttributes = [{ Name: 'email', Value: 'jane@example.com' }]
  await at.server.call('AdminUpdateUserAttributes', { UserPoolId: at.UserPoolId, Username: 'jane', UserAttributes })
  for (const set of settersOf(at)) {
    await assert.rejects(set({ SoftwareTokenMfaSettings: on, EmailMfaSettings: on }), {
      name: 'InvalidParameterException',
    })
  }
  assert.deepEqual(await shown(at), [undefined, undefined])
})

test('whose preference it is: a dead token, an unknown user, an unknown pool', async (t) => {
  const at = await optional(t)
  const { AccessToken } = at.tokens
  const { UserPoolId } = at
  await assert.rejects(at.server.call('AdminSetUserMFAPreference', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
  const elsewhere = { UserPoolId: 'zz-local-1_none00000', Username: 'jane' }
  await assert.rejects(at.server.call('AdminSetUserMFAPreference', elsewhere), { name: 'ResourceNotFoundException' })
  await at.server.call('GlobalSignOut', { AccessToken })
  await assert.rejects(at.server.call('SetUserMFAPreference', { AccessToken }), {
    message: 'Access Token has been revoked',
  })
})
