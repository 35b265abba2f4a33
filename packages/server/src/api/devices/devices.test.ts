// The operations on devices, over the wire: who may do what with whose.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { beginByAdmin, beginByPassword, payloadOf, signIn, tokensOf } from '../../../testing/sign-in.ts'
import { addUser, type PoolUnderTest, startPool } from '../../../testing/pool.ts'
import { confirmedDevice, issuedBy, startWith } from '../../../testing/device.ts'
import type { DeviceType, Inputs } from '../../wire/model.gen.ts'

const always = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
const optIn = { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: true }

const unknownDevice = { name: 'ResourceNotFoundException', message: 'Device does not exist.' }
const invalidKey = { name: 'InvalidParameterException', message: 'Invalid device key given.' }

const makeServer = (
  t: TestContext,
  DeviceConfiguration?: Inputs['CreateUserPool']['DeviceConfiguration'],
): Promise<PoolUnderTest> => startPool(t, { pool: { DeviceConfiguration } })

const attributesOf = ({ DeviceAttributes = [] }: DeviceType): Record<string, string> =>
  Object.fromEntries(DeviceAttributes.map(({ Name, Value = '' }) => [Name, Value]))

test('a sign-in gives a device key where the pool tracks devices, and only there', async (t) => {
  for (const configuration of [always, optIn, { ChallengeRequiredOnNewDevice: false }]) {
    const at = await makeServer(t, configuration)
    await addUser(at, 'jane')
    const [one, two] = [await beginByPassword(at, 'jane'), await beginByPassword(at, 'jane')]
    const { DeviceKey = '', DeviceGroupKey = '' } = one.AuthenticationResult?.NewDeviceMetadata ?? {}
    assert.match(DeviceKey, /^zz-local-1_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(DeviceGroupKey, /^-[A-Za-z0-9]{10}$/)
    assert.notEqual(two.AuthenticationResult?.NewDeviceMetadata?.DeviceKey, DeviceKey)
    assert.equal(payloadOf(tokensOf(one).AccessToken)['device_key'], DeviceKey)
  }
  for (const configuration of [undefined, {}]) {
    const at = await makeServer(t, configuration)
    await addUser(at, 'jane')
    const given = await startWith(at, 'jane', 'zz-local-1_0')
    assert.equal(given.AuthenticationResult?.NewDeviceMetadata, undefined)
    assert.equal(payloadOf(tokensOf(given).AccessToken)['device_key'], undefined)
  }
})

test('ConfirmDevice says whether the user has yet to be asked', async (t) => {
  for (const [configuration, necessary, status] of [
    [always, false, 'remembered'],
    [optIn, true, 'not_remembered'],
  ] as const) {
    const at = await makeServer(t, configuration)
    await addUser(at, 'jane')
    const { device, tokens, confirmation } = await issuedBy(at, await beginByPassword(at, 'jane'))
    assert.deepEqual(await at.server.call('ConfirmDevice', confirmation), { UserConfirmationNecessary: necessary })
    const { Device } = await at.server.call('GetDevice', { AccessToken: tokens.AccessToken, DeviceKey: device.key })
    assert.equal(attributesOf(Device)['dev:device_remembered_status'], status)
  }
})

test('ConfirmDevice takes the key of its own sign-in alone', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  await addUser(at, 'june')
  const jane = await issuedBy(at, await beginByPassword(at, 'jane'))
  const again = await issuedBy(at, await beginByPassword(at, 'jane'))
  const june = await issuedBy(at, await beginByPassword(at, 'june'))
  const confirm = (AccessToken: string, DeviceKey = jane.device.key) =>
    at.server.call('ConfirmDevice', { ...jane.confirmation, AccessToken, DeviceKey })
  await assert.rejects(confirm(again.tokens.AccessToken), invalidKey)
  await assert.rejects(confirm(june.tokens.AccessToken), invalidKey)
  await assert.rejects(confirm(jane.tokens.AccessToken, again.device.key), invalidKey)
  await assert.rejects(confirm(jane.tokens.AccessToken, 'zz-local-1_0'), invalidKey)
  const admin = tokensOf(await beginByAdmin(at, 'jane'))
  await assert.rejects(confirm(admin.AccessToken), invalidKey)
  await assert.rejects(confirm('not-a-token'), { name: 'NotAuthorizedException' })
  // An access token that was refreshed is of the same sign-in.
  const { AuthenticationResult: fresh } = await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: jane.tokens.RefreshToken, DEVICE_KEY: jane.device.key },
  })
  assert.deepEqual(await confirm(fresh?.AccessToken ?? ''), { UserConfirmationNecessary: false })
  await assert.rejects(confirm(jane.tokens.AccessToken), { name: 'DeviceKeyExistsException' })
})

test('ConfirmDevice: a sign-in from a known device confirms nothing, nor does one that ended', async (t) => {
  const at = await makeServer(t, { ChallengeRequiredOnNewDevice: false })
  await addUser(at, 'jane')
  const { device, confirmation } = await confirmedDevice(at, 'jane')
  const { AccessToken } = tokensOf(await startWith(at, 'jane', device.key))
  const known = at.server.call('ConfirmDevice', { ...confirmation, AccessToken })
  await assert.rejects(known, { name: 'DeviceKeyExistsException' })
  const other = await issuedBy(at, await beginByPassword(at, 'jane'))
  await at.server.call('GlobalSignOut', { AccessToken })
  await assert.rejects(at.server.call('ConfirmDevice', other.confirmation), {
    message: 'Access Token has been revoked',
  })
})

test('ConfirmDevice refuses a salt and a verifier that are none', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  const { confirmation } = await issuedBy(at, await beginByPassword(at, 'jane'))
  const { Salt = '', PasswordVerifier = '' } = confirmation.DeviceSecretVerifierConfig ?? {}
  const good = { Salt, PasswordVerifier }
  const bytes = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
  const none = { ...good, PasswordVerifier: bytes('00') }
  const bad = [
    undefined,
    {},
    { Salt },
    { PasswordVerifier },
    { ...good, Salt: '' },
    { ...good, Salt: '?' },
    { ...good, Salt: bytes('7f'.repeat(65)) },
    none,
    { ...good, PasswordVerifier: bytes('01') },
    { ...good, PasswordVerifier: bytes('ff'.repeat(384)) },
    { ...good, PasswordVerifier: bytes('01'.padEnd(770, '0')) },
    { ...good, PasswordVerifier: 'no Base64!' },
  ]
  for (const DeviceSecretVerifierConfig of bad) {
    const request = at.server.call('ConfirmDevice', { ...confirmation, DeviceSecretVerifierConfig })
    await assert.rejects(request, { name: 'InvalidParameterException', message: /^DeviceSecretVerifierConfig has no/ })
  }
  await at.server.call('ConfirmDevice', { ...confirmation, DeviceName: undefined })
})

test('ConfirmDevice: a pool that stopped tracking devices takes none', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  const { confirmation } = await issuedBy(at, await beginByPassword(at, 'jane'))
  await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId })
  await assert.rejects(at.server.call('ConfirmDevice', confirmation), invalidKey)
})

test('a device is shown whole by GetDevice and the admin operations, in short by ListDevices', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  const { device, tokens } = await confirmedDevice(at, 'jane')
  const { AccessToken } = tokens
  const { UserPoolId } = at
  const owner = `jane.${UserPoolId}`
  const now = at.server.context.clock.now() / 1000
  const whole = {
    device_status: 'valid',
    device_name: 'phone',
    'dev:device_arn': `arn:aws:cognito-idp:zz-local-1:000000000000:owner/${owner}/device/${device.key}`,
    'dev:device_owner': owner,
    'dev:device_remembered_status': 'remembered',
    'dev:device_sdk': 'aws-sdk',
  }
  const { Device } = await at.server.call('GetDevice', { AccessToken, DeviceKey: device.key })
  assert.deepEqual(attributesOf(Device), whole)
  assert.deepEqual(
    [Device.DeviceKey, Device.DeviceCreateDate, Device.DeviceLastModifiedDate, Device.DeviceLastAuthenticatedDate],
    [device.key, now, now, now],
  )
  const key = { UserPoolId, Username: 'jane', DeviceKey: device.key }
  assert.deepEqual((await at.server.call('AdminGetDevice', key)).Device, Device)
  assert.deepEqual((await at.server.call('AdminListDevices', { UserPoolId, Username: 'jane' })).Devices, [Device])
  const { Devices = [] } = await at.server.call('ListDevices', { AccessToken })
  assert.deepEqual(Devices.map(attributesOf), [{ device_status: 'valid', device_name: 'phone' }])
})

test('a change of status, and a sign-in, are dated', async (t) => {
  const at = await makeServer(t, { ChallengeRequiredOnNewDevice: false })
  await addUser(at, 'jane')
  const { device, tokens } = await confirmedDevice(at, 'jane')
  const { AccessToken } = tokens
  const DeviceKey = device.key
  const start = at.server.context.clock.now() / 1000
  at.server.advance(10)
  await at.server.call('UpdateDeviceStatus', { AccessToken, DeviceKey, DeviceRememberedStatus: 'not_remembered' })
  at.server.advance(10)
  await startWith(at, 'jane', DeviceKey)
  const { Device } = await at.server.call('GetDevice', { AccessToken, DeviceKey })
  assert.deepEqual(
    [Device.DeviceCreateDate, Device.DeviceLastModifiedDate, Device.DeviceLastAuthenticatedDate],
    [start, start + 10, start + 20],
  )
  assert.equal(attributesOf(Device)['dev:device_remembered_status'], 'not_remembered')
})

test('no operation reaches a device of another user, or one that is not there', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  await addUser(at, 'june')
  const { device } = await confirmedDevice(at, 'jane')
  const june = (await issuedBy(at, await beginByPassword(at, 'june'))).tokens.AccessToken
  const { UserPoolId } = at
  const DeviceRememberedStatus = 'not_remembered'
  for (const DeviceKey of [device.key, 'zz-local-1_0']) {
    const own = { AccessToken: june, DeviceKey }
    await assert.rejects(at.server.call('GetDevice', own), unknownDevice)
    await assert.rejects(at.server.call('ForgetDevice', own), unknownDevice)
    await assert.rejects(at.server.call('UpdateDeviceStatus', { ...own, DeviceRememberedStatus }), unknownDevice)
    const admin = { UserPoolId, Username: 'june', DeviceKey }
    await assert.rejects(at.server.call('AdminGetDevice', admin), unknownDevice)
    await assert.rejects(at.server.call('AdminForgetDevice', admin), unknownDevice)
    await assert.rejects(at.server.call('AdminUpdateDeviceStatus', { ...admin, DeviceRememberedStatus }), unknownDevice)
  }
  assert.deepEqual((await at.server.call('ListDevices', { AccessToken: june })).Devices, [])
  const nobody = { UserPoolId, Username: 'nobody', DeviceKey: device.key }
  await assert.rejects(at.server.call('AdminGetDevice', nobody), { name: 'UserNotFoundException' })
  await assert.rejects(at.server.call('AdminListDevices', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
})

test('without an access token, or a status, there is nothing to do', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  const { device, tokens } = await confirmedDevice(at, 'jane')
  const DeviceKey = device.key
  const { AccessToken } = tokens
  await assert.rejects(at.server.call('GetDevice', { DeviceKey }), {
    message: 'Missing required parameter AccessToken',
  })
  await assert.rejects(at.server.call('ForgetDevice', { DeviceKey }), {
    message: 'Missing required parameter AccessToken',
  })
  const noStatus = { message: 'Missing required parameter DeviceRememberedStatus' }
  await assert.rejects(at.server.call('UpdateDeviceStatus', { AccessToken, DeviceKey }), noStatus)
  const admin = { UserPoolId: at.UserPoolId, Username: 'jane', DeviceKey }
  await assert.rejects(at.server.call('AdminUpdateDeviceStatus', admin), noStatus)
})

test('a forgotten device is gone, its key is spent, and a second forgetting finds nothing', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  const { device, tokens, confirmation } = await confirmedDevice(at, 'jane')
  const own = { AccessToken: tokens.AccessToken, DeviceKey: device.key }
  assert.deepEqual(await at.server.call('ForgetDevice', own), {})
  await assert.rejects(at.server.call('GetDevice', own), unknownDevice)
  await assert.rejects(at.server.call('ForgetDevice', own), unknownDevice)
  await assert.rejects(at.server.call('ConfirmDevice', confirmation), invalidKey)
})

test('devices are listed in pages, and a page token serves its own list', async (t) => {
  const at = await makeServer(t, always)
  await addUser(at, 'jane')
  await addUser(at, 'june')
  const keys: string[] = []
  let AccessToken = ''
  for (let count = 0; count < 5; count += 1) {
    const { device, tokens } = await confirmedDevice(at, 'jane')
    keys.push(device.key)
    AccessToken = tokens.AccessToken
  }
  const { UserPoolId } = at
  const first = await at.server.call('ListDevices', { AccessToken, Limit: 2 })
  const listed: string[] = []
  let page: typeof first | undefined = first
  while (page) {
    listed.push(...(page.Devices ?? []).map(({ DeviceKey = '' }) => DeviceKey))
    const { PaginationToken } = page as { PaginationToken?: string }
    page = PaginationToken ? await at.server.call('ListDevices', { AccessToken, Limit: 2, PaginationToken }) : undefined
  }
  assert.deepEqual(listed, keys.toSorted())
  assert.equal((await at.server.call('ListDevices', { AccessToken, Limit: 0 })).Devices?.length, 5)
  assert.equal((await at.server.call('ListDevices', { AccessToken, Limit: 5 })).PaginationToken, undefined)
  const PaginationToken = first.PaginationToken ?? ''
  const june = (await issuedBy(at, await beginByPassword(at, 'june'))).tokens.AccessToken
  const foreign = { name: 'InvalidParameterException', message: /^Paging marker / }
  await assert.rejects(at.server.call('ListDevices', { AccessToken: june, PaginationToken }), foreign)
  await assert.rejects(at.server.call('AdminListDevices', { UserPoolId, Username: 'jane', PaginationToken }), foreign)
  await assert.rejects(at.server.call('ListDevices', { AccessToken, PaginationToken: 'x' }), foreign)
  const two = await at.server.call('AdminListDevices', { UserPoolId, Username: 'jane', Limit: 4 })
  const more = { UserPoolId, Username: 'jane', PaginationToken: two.PaginationToken ?? '' }
  assert.equal((await at.server.call('AdminListDevices', more)).Devices?.length, 1)
})

test('req 46: a deleted user leaves no device behind', async (t) => {
  const at = await makeServer(t, always)
  const sub = await addUser(at, 'jane')
  const { device, tokens } = await confirmedDevice(at, 'jane')
  await at.server.call('DeleteUser', { AccessToken: tokens.AccessToken })
  assert.equal(await at.server.context.store.devices.find(at.UserPoolId, sub, device.key), undefined)
})

/** Both ways to refresh: how each names the device, and how it words a refusal. */
const refreshing = {
  REFRESH_TOKEN_AUTH: {
    refused: { name: 'NotAuthorizedException', message: 'Invalid Refresh Token' },
    by: (at: PoolUnderTest, REFRESH_TOKEN: string, key?: string) =>
      at.server.call('InitiateAuth', {
        ClientId: at.ClientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN, ...(key === undefined ? {} : { DEVICE_KEY: key }) },
      }),
  },
  GetTokensFromRefreshToken: {
    refused: { name: 'NotAuthorizedException', message: 'Invalid Refresh Token.' },
    by: (at: PoolUnderTest, RefreshToken: string, DeviceKey?: string) =>
      at.server.call('GetTokensFromRefreshToken', { ClientId: at.ClientId, RefreshToken, DeviceKey }),
  },
}

for (const [operation, { by, refused }] of Object.entries(refreshing)) {
  test(`req 47: ${operation} demands the key of the sign-in's device, confirmed or not`, async (t) => {
    const at = await makeServer(t, always)
    await addUser(at, 'jane')
    const { device, tokens, confirmation } = await issuedBy(at, await beginByPassword(at, 'jane'))
    const other = await issuedBy(at, await beginByPassword(at, 'jane'))
    const refresh = (key?: string) => by(at, tokens.RefreshToken, key)
    for (const confirmed of [false, true]) {
      if (confirmed) await at.server.call('ConfirmDevice', confirmation)
      await assert.rejects(refresh(), refused)
      await assert.rejects(refresh(other.device.key), refused)
      const given = await refresh(device.key)
      const { AccessToken = '', RefreshToken, NewDeviceMetadata } = given.AuthenticationResult ?? {}
      assert.deepEqual([RefreshToken, NewDeviceMetadata], [undefined, undefined])
      assert.equal(payloadOf(AccessToken)['device_key'], device.key)
    }
  })

  test(`${operation}: the refresh tokens of a forgotten device end, also when the pool tracks none any more`, async (t) => {
    const at = await makeServer(t, always)
    await addUser(at, 'jane')
    const { device, tokens } = await confirmedDevice(at, 'jane')
    const bystander = await confirmedDevice(at, 'jane')
    await at.server.call('ForgetDevice', { AccessToken: tokens.AccessToken, DeviceKey: device.key })
    await assert.rejects(by(at, tokens.RefreshToken, device.key), { message: 'Refresh Token has expired' })
    await assert.rejects(by(at, tokens.RefreshToken), refused)
    await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId })
    await assert.rejects(by(at, tokens.RefreshToken), { message: 'Refresh Token has expired' })
    assert.ok((await by(at, bystander.tokens.RefreshToken)).AuthenticationResult?.AccessToken)
    // What was given before lives out its time.
    assert.equal((await at.server.call('GetUser', { AccessToken: tokens.AccessToken })).Username, 'jane')
  })

  test(`${operation}: tokens of admin operations are not refreshed where the pool tracks devices`, async (t) => {
    const at = await makeServer(t, always)
    await addUser(at, 'jane')
    const { device } = await confirmedDevice(at, 'jane')
    const { RefreshToken } = tokensOf(await beginByAdmin(at, 'jane'))
    await assert.rejects(by(at, RefreshToken), refused)
    await assert.rejects(by(at, RefreshToken, device.key), refused)
    await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId })
    assert.ok((await by(at, RefreshToken)).AuthenticationResult?.AccessToken)
  })

  test(`${operation}: sign-ins from before a pool tracked devices go on`, async (t) => {
    const at = await makeServer(t)
    await addUser(at, 'jane')
    const { RefreshToken } = await signIn(at, 'jane')
    await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, DeviceConfiguration: always })
    assert.ok((await by(at, RefreshToken)).AuthenticationResult?.AccessToken)
  })
}
