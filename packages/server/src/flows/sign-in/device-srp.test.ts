// Signing in with devices, over the wire: what they may stand for, and everything they may not.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  addUserWithApp,
  beginByAdmin,
  beginByPassword,
  payloadOf,
  respond,
  tokensOf,
} from '../../../testing/sign-in.ts'
import {
  addUser,
  everyFlow,
  goodPassword,
  type PoolChoice,
  type PoolUnderTest,
  setMfa,
  startPool,
} from '../../../testing/pool.ts'
import { type Authenticator, enrol } from '../../../testing/authenticator-app.ts'
import { srpKeys } from '../../../../client/src/srp.ts'
import { secretHash } from '../../rules/secret-hash.ts'
import {
  answerDeviceSrp,
  confirmedDevice,
  issuedBy,
  proofOf,
  proveDevice,
  startWith,
  type TestDevice,
} from '../../../testing/device.ts'
import type { TestOptions } from '../../../testing/app.ts'
import type { TriggerCall, Triggers } from '../../triggers/index.ts'
import { noTriggers } from '../../../testing/functions.ts'
import type { InitiateAuthResponse } from '../../wire/model.gen.ts'

const always = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
const optIn = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true }

const unknownDevice = { name: 'ResourceNotFoundException', message: 'Device does not exist.' }
const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const invalidSession = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const usedSession = { message: 'Invalid session for the user, session can only be used once.' }

const makeServer = (t: TestContext, choice: PoolChoice = {}, options: TestOptions = {}): Promise<PoolUnderTest> =>
  startPool(t, { mfa: 'OPTIONAL', ...choice, pool: { DeviceConfiguration: always, ...choice.pool } }, options)

type Remembered = { readonly app: Authenticator; readonly device: TestDevice; readonly accessToken: string }

/** A user with an authenticator app, and a device that may stand for it. */
const addRemembered = async (at: PoolUnderTest, username: string): Promise<Remembered> => {
  const app = await addUserWithApp(at, username)
  const { device, tokens } = await confirmedDevice(at, username, app.code)
  at.server.advance(30)
  return { app, device, accessToken: tokens.AccessToken }
}

const codeAnswer = (at: PoolUnderTest, username: string, app: Authenticator, { Session = '' }: InitiateAuthResponse) =>
  respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: app.code() })

test('a remembered device takes the place of the code', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  const asked = await startWith(at, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
  assert.deepEqual(asked.ChallengeParameters, { DEVICE_KEY: device.key, USERNAME: 'jane' })
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(at, asked, device, keys)
  assert.equal(verifier.ChallengeName, 'DEVICE_PASSWORD_VERIFIER')
  assert.deepEqual(Object.keys(verifier.ChallengeParameters ?? {}), [
    'SALT',
    'SECRET_BLOCK',
    'SRP_B',
    'USERNAME',
    'DEVICE_KEY',
  ])
  assert.match(verifier.ChallengeParameters?.['SALT'] ?? '', /^[1-9a-f][0-9a-f]*$/)
  const ended = await at.server.call('RespondToAuthChallenge', await proofOf(at, verifier, device, keys))
  const { AccessToken, IdToken } = tokensOf(ended)
  assert.equal(ended.AuthenticationResult?.NewDeviceMetadata, undefined)
  assert.equal(payloadOf(AccessToken)['device_key'], device.key)
  assert.equal(payloadOf(IdToken)['device_key'], undefined)
})

test('a remembered device is asked where tokens would follow, and never without the password', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const { device } = await confirmedDevice(at, 'jane')
  const asked = await startWith(at, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
  const ended = await at.server.call('RespondToAuthChallenge', await proveDevice(at, asked, device))
  assert.equal(payloadOf(tokensOf(ended).AccessToken)['device_key'], device.key)
  await assert.rejects(startWith(at, 'jane', device.key, 'Wrong-horse-7'), incorrect)
})

test('the Session may be sent beside the block, and must be its own', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  const asked = await startWith(at, 'jane', device.key)
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(at, asked, device, keys)
  const proof = await proofOf(at, verifier, device, keys)
  const other = (await startWith(at, 'jane', device.key)).Session ?? ''
  await assert.rejects(at.server.call('RespondToAuthChallenge', { ...proof, Session: other }), invalidSession)
  const ended = await at.server.call('RespondToAuthChallenge', { ...proof, Session: verifier.Session ?? '' })
  assert.ok(tokensOf(ended).AccessToken)
})

test('PASSWORD_VERIFIER: a key sent with it is heeded; an unknown one leaves block, session and failures as they were', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  await addUser(at, 'june')
  const lost = { ...device, key: 'zz-local-1_00000000-0000-4000-8000-000000000000' }
  const srpUser = async (username: string, AuthKey?: string) => {
    const keys = srpKeys()
    const asked = await at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: username, SRP_A: keys.A.toString(16), ...(AuthKey ? { DEVICE_KEY: AuthKey } : {}) },
    })
    const poolName = at.UserPoolId.slice(at.UserPoolId.indexOf('_') + 1)
    const name = asked.ChallengeParameters?.['USER_ID_FOR_SRP'] ?? ''
    const signer = { key: name, groupKey: poolName, password: goodPassword }
    const { ChallengeResponses = {} } = await proofOf(at, asked, signer, keys)
    const { DEVICE_KEY: _, ...answers }: Record<string, string> = { ...ChallengeResponses, USERNAME: name }
    return (key?: string) =>
      at.server.call('RespondToAuthChallenge', {
        ClientId: at.ClientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: key === undefined ? answers : { ...answers, DEVICE_KEY: key },
      })
  }
  // In both requests, as amazon-cognito-identity-js sends it; then again without.
  const answer = await srpUser('jane', lost.key)
  for (let again = 0; again < 7; again += 1) await assert.rejects(answer(lost.key), unknownDevice)
  assert.equal((await answer()).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await assert.rejects(answer(), usedSession)
  // A device of another user is as unknown as any.
  const june = await srpUser('june')
  await assert.rejects(june(device.key), unknownDevice)
  assert.ok((await june()).AuthenticationResult?.NewDeviceMetadata)
  // Known, in either request.
  assert.equal((await (await srpUser('jane', device.key))()).ChallengeName, 'DEVICE_SRP_AUTH')
  assert.equal((await (await srpUser('jane'))(device.key)).ChallengeName, 'DEVICE_SRP_AUTH')
})

test('an unknown key is told only after the right password', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const lost = 'zz-local-1_00000000-0000-4000-8000-000000000000'
  await assert.rejects(startWith(at, 'jane', lost, 'Wrong-horse-7'), incorrect)
  await assert.rejects(startWith(at, 'jane', lost), unknownDevice)
  await assert.rejects(startWith(at, 'jane', 'x'.repeat(10_000)), unknownDevice)
  assert.ok((await beginByPassword(at, 'jane')).AuthenticationResult?.NewDeviceMetadata)
})

test('req 25: with MFA ON a lying key skips nothing', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  const june = await addUserWithApp(at, 'june')
  await setMfa(at, 'ON')
  await assert.rejects(startWith(at, 'june', device.key), unknownDevice)
  await assert.rejects(startWith(at, 'june', 'zz-local-1_0'), unknownDevice)
  const asked = await beginByPassword(at, 'june')
  assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await assert.rejects(
    respond(at, 'DEVICE_SRP_AUTH', asked.Session ?? '', { USERNAME: 'june', DEVICE_KEY: device.key, SRP_A: '2' }),
    invalidSession,
  )
  assert.ok(tokensOf(await codeAnswer(at, 'june', june, asked)).AccessToken)
  // Without any factor the set-up is due, and a remembered device is none.
  await setMfa(at, 'OFF')
  await addUser(at, 'jade')
  const jade = await confirmedDevice(at, 'jade')
  await setMfa(at, 'ON')
  assert.equal((await startWith(at, 'jade', jade.device.key)).ChallengeName, 'MFA_SETUP')
})

test('req 8: a new password is due before any device is asked', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const { device } = await confirmedDevice(at, 'jane')
  await at.server.call('AdminSetUserPassword', { UserPoolId: at.UserPoolId, Username: 'jane', Password: goodPassword })
  const asked = await startWith(at, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED')
  const next = await respond(at, 'NEW_PASSWORD_REQUIRED', asked.Session ?? '', {
    USERNAME: 'jane',
    NEW_PASSWORD: 'Other-horse-77',
  })
  assert.equal(next.ChallengeName, 'DEVICE_SRP_AUTH')
})

test('req 30: a wrong proof gives nothing, and counts towards the lock of every way in', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  const asked = await startWith(at, 'jane', device.key)
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(at, asked, device, keys)
  const right = await proofOf(at, verifier, device, keys)
  const answers = right.ChallengeResponses ?? {}
  const wrong = (change: Record<string, string>) =>
    at.server.call('RespondToAuthChallenge', { ...right, ChallengeResponses: { ...answers, ...change } })
  const stolen = await proofOf(at, verifier, { ...device, password: 'another secret' }, keys)
  await assert.rejects(at.server.call('RespondToAuthChallenge', stolen), incorrect)
  await assert.rejects(wrong({ PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString('base64') }), incorrect)
  await assert.rejects(wrong({ PASSWORD_CLAIM_SIGNATURE: 'AAAA' }), incorrect)
  await assert.rejects(wrong({ PASSWORD_CLAIM_SIGNATURE: '' }), { name: 'InvalidParameterException' })
  await assert.rejects(wrong({ TIMESTAMP: '2026-01-02' }), { name: 'InvalidParameterException' })
  await assert.rejects(wrong({ TIMESTAMP: 'Fri Jan 2 09:04:05 UTC 2026' }), incorrect)
  await assert.rejects(wrong({ DEVICE_KEY: '' }), { name: 'InvalidParameterException' })
  await assert.rejects(wrong({ DEVICE_KEY: 'zz-local-1_0' }), invalidSession)
  for (let guess = 0; guess < 2; guess += 1) {
    await assert.rejects(wrong({ PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32, guess).toString('base64') }), incorrect)
  }
  await assert.rejects(at.server.call('RespondToAuthChallenge', right), { message: 'Password attempts exceeded' })
  await assert.rejects(beginByPassword(at, 'jane'), { message: 'Password attempts exceeded' })
  at.server.advance(2)
  assert.ok(tokensOf(await at.server.call('RespondToAuthChallenge', right)).AccessToken)
})

test('req 20: one session bears twelve wrong proofs', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  await at.server.call('UpdateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientId: at.ClientId,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    AuthSessionValidity: 15,
  })
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(at, await startWith(at, 'jane', device.key), device, keys)
  const wrong = async () =>
    at.server.call('RespondToAuthChallenge', await proofOf(at, verifier, { ...device, password: 'x' }, keys))
  for (let guess = 0; guess < 12; guess += 1) {
    await assert.rejects(wrong(), incorrect)
    at.server.advance(guess < 4 ? 1 : 2 ** (guess - 4) + 1)
  }
  const right = await proofOf(at, verifier, device, keys)
  await assert.rejects(at.server.call('RespondToAuthChallenge', right), invalidSession)
})

test('req 31, 34: a block is good once, for its user, its client and its device', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  await addUser(at, 'june')
  const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
  const answers = proof.ChallengeResponses ?? {}
  const { UserPoolClient } = await at.server.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'other',
  })
  const otherClient = { ...proof, ClientId: UserPoolClient?.ClientId ?? '' }
  await assert.rejects(at.server.call('RespondToAuthChallenge', otherClient), invalidSession)
  const otherUser = { ...proof, ChallengeResponses: { ...answers, USERNAME: 'june' } }
  await assert.rejects(at.server.call('RespondToAuthChallenge', otherUser), invalidSession)
  const otherStep = { ...proof, ChallengeName: 'PASSWORD_VERIFIER' as const }
  await assert.rejects(at.server.call('RespondToAuthChallenge', otherStep), invalidSession)
  const forged = { ...answers, PASSWORD_CLAIM_SECRET_BLOCK: 'AAAA' }
  await assert.rejects(
    at.server.call('RespondToAuthChallenge', { ...proof, ChallengeResponses: forged }),
    invalidSession,
  )
  assert.ok(tokensOf(await at.server.call('RespondToAuthChallenge', proof)).AccessToken)
  await assert.rejects(at.server.call('RespondToAuthChallenge', proof), usedSession)
  const late = await proveDevice(at, await startWith(at, 'jane', device.key), device)
  at.server.advance(181)
  await assert.rejects(at.server.call('RespondToAuthChallenge', late), { message: /session is expired/ })
})

test('req 34: the session of one challenge answers no other; the key and A are demanded', async (t) => {
  const at = await makeServer(t)
  const { app, device } = await addRemembered(at, 'jane')
  const asked = await startWith(at, 'jane', device.key)
  const answers = { USERNAME: 'jane', DEVICE_KEY: device.key, SRP_A: '2' }
  const answer = (change: Record<string, string>, session = asked.Session ?? '') =>
    respond(at, 'DEVICE_SRP_AUTH', session, { ...answers, ...change })
  await assert.rejects(codeAnswer(at, 'jane', app, asked), invalidSession)
  await assert.rejects(answer({ DEVICE_KEY: '' }), { message: 'Missing required parameter DEVICE_KEY' })
  await assert.rejects(answer({ SRP_A: '' }), { message: 'Missing required parameter SRP_A' })
  await assert.rejects(answer({ SRP_A: '0' }), { message: 'SRP_A is not a valid public value.' })
  await assert.rejects(answer({ DEVICE_KEY: 'zz-local-1_0' }), invalidSession)
  await assert.rejects(
    at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'DEVICE_SRP_AUTH',
      ChallengeResponses: answers,
    }),
    { message: 'Missing required parameter Session' },
  )
  assert.equal((await answer({})).ChallengeName, 'DEVICE_PASSWORD_VERIFIER')
  await assert.rejects(answer({}), usedSession)
})

/** Everything that ends what a device may skip, and what is said then to an answer under way. */
const endings: Record<string, (at: PoolUnderTest, device: TestDevice, accessToken: string) => Promise<unknown>> = {
  'it is forgotten by its user': (at, { key }, AccessToken) =>
    at.server.call('ForgetDevice', { AccessToken, DeviceKey: key }),
  'it is forgotten by an administrator': (at, { key }) =>
    at.server.call('AdminForgetDevice', { UserPoolId: at.UserPoolId, Username: 'jane', DeviceKey: key }),
  'it is not remembered any more': (at, { key }, AccessToken) =>
    at.server.call('UpdateDeviceStatus', { AccessToken, DeviceKey: key, DeviceRememberedStatus: 'not_remembered' }),
  'an administrator has it not remembered': (at, { key }) =>
    at.server.call('AdminUpdateDeviceStatus', {
      UserPoolId: at.UserPoolId,
      Username: 'jane',
      DeviceKey: key,
      DeviceRememberedStatus: 'not_remembered',
    }),
  'the pool tracks no devices any more': async (at) => {
    await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId })
    await setMfa(at, 'OPTIONAL')
  },
  'the pool lets no device replace a factor any more': async (at) => {
    const DeviceConfiguration = { ChallengeRequiredOnNewDevice: false }
    await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, DeviceConfiguration })
    await setMfa(at, 'OPTIONAL')
  },
}

for (const [what, end] of Object.entries(endings)) {
  test(`req 37: when ${what}, no step of a sign-in under way goes on by it`, async (t) => {
    const at = await makeServer(t)
    const { app, device, accessToken } = await addRemembered(at, 'jane')
    const asked = await startWith(at, 'jane', device.key)
    const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
    await end(at, device, accessToken)
    const refusal = what.startsWith('it is forgotten') ? unknownDevice : invalidSession
    await assert.rejects(at.server.call('RespondToAuthChallenge', proof), refusal)
    await assert.rejects(answerDeviceSrp(at, asked, device, srpKeys()), refusal)
    // From the first request on, the code is asked for, or the key is unknown.
    if (what.startsWith('it is forgotten')) await assert.rejects(startWith(at, 'jane', device.key), unknownDevice)
    else assert.equal((await startWith(at, 'jane', device.key)).ChallengeName, 'SOFTWARE_TOKEN_MFA')
    assert.ok(tokensOf(await codeAnswer(at, 'jane', app, await beginByPassword(at, 'jane'))).AccessToken)
  })
}

test('req 37: disabling, deleting and a new password end a proof under way', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  const UserPoolId = at.UserPoolId
  const prove = async () => proveDevice(at, await startWith(at, 'jane', device.key), device)
  const before = await prove()
  await at.server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  await assert.rejects(at.server.call('RespondToAuthChallenge', before), { message: 'User is disabled.' })
  await at.server.call('AdminEnableUser', { UserPoolId, Username: 'jane' })
  await at.server.call('AdminSetUserPassword', {
    UserPoolId,
    Username: 'jane',
    Password: goodPassword,
    Permanent: true,
  })
  await assert.rejects(at.server.call('RespondToAuthChallenge', before), invalidSession)
  const last = await prove()
  await at.server.call('AdminDeleteUser', { UserPoolId, Username: 'jane' })
  await assert.rejects(at.server.call('RespondToAuthChallenge', last), invalidSession)
  await addUser(at, 'jane')
  await assert.rejects(startWith(at, 'jane', device.key), unknownDevice)
})

test('a device that was confirmed and not remembered is asked for the code, and known', async (t) => {
  const at = await makeServer(t, { pool: { DeviceConfiguration: optIn } })
  const { app, device } = await addRemembered(at, 'jane')
  const asked = await startWith(at, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const ended = await codeAnswer(at, 'jane', app, asked)
  assert.equal(ended.AuthenticationResult?.NewDeviceMetadata, undefined)
  const { AccessToken } = tokensOf(ended)
  assert.equal(payloadOf(AccessToken)['device_key'], device.key)
  await at.server.call('UpdateDeviceStatus', {
    AccessToken,
    DeviceKey: device.key,
    DeviceRememberedStatus: 'remembered',
  })
  assert.equal((await startWith(at, 'jane', device.key)).ChallengeName, 'DEVICE_SRP_AUTH')
})

test('a session that waits for the code is not answered by a device that is remembered meanwhile', async (t) => {
  const at = await makeServer(t)
  const { device, accessToken } = await addRemembered(at, 'jane')
  const status = (DeviceRememberedStatus: 'remembered' | 'not_remembered') =>
    at.server.call('UpdateDeviceStatus', { AccessToken: accessToken, DeviceKey: device.key, DeviceRememberedStatus })
  await status('not_remembered')
  const asked = await startWith(at, 'jane', device.key)
  await status('remembered')
  // The session waits for the code; the device does not stand in for it now.
  const answers = { USERNAME: 'jane', DEVICE_KEY: device.key, SRP_A: '2' }
  await assert.rejects(respond(at, 'DEVICE_SRP_AUTH', asked.Session ?? '', answers), invalidSession)
  assert.equal((await startWith(at, 'jane', device.key)).ChallengeName, 'DEVICE_SRP_AUTH')
})

test('the admin operations know no devices', async (t) => {
  const at = await makeServer(t)
  const { device } = await addRemembered(at, 'jane')
  const UserPoolId = at.UserPoolId
  const adminStart = (USERNAME: string) =>
    at.server.call('AdminInitiateAuth', {
      UserPoolId,
      ClientId: at.ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD: goodPassword, DEVICE_KEY: device.key },
    })
  assert.equal((await adminStart('jane')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await addUser(at, 'june')
  const given = await adminStart('june')
  assert.equal(given.AuthenticationResult?.NewDeviceMetadata, undefined)
  assert.equal(payloadOf(tokensOf(given).AccessToken)['device_key'], undefined)
  const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
  await assert.rejects(at.server.call('AdminRespondToAuthChallenge', { ...proof, UserPoolId }), invalidSession)
  assert.ok(tokensOf(await at.server.call('RespondToAuthChallenge', proof)).AccessToken)
})

test('a client with a secret proves it at every step', async (t) => {
  const at = await makeServer(t, {
    client: { GenerateSecret: true, ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
  })
  /** The same client, which does not prove its secret. */
  const silent = { ...at, secret: undefined }
  const SECRET_HASH = secretHash('jane', at.ClientId, at.secret ?? '')
  await addUser(at, 'jane')
  await assert.rejects(startWith(silent, 'jane', 'key'), { name: 'NotAuthorizedException' })
  const { device, confirmation } = await issuedBy(at, await beginByPassword(at, 'jane'))
  await at.server.call('ConfirmDevice', confirmation)
  const asked = await startWith(at, 'jane', device.key)
  const keys = srpKeys()
  await assert.rejects(answerDeviceSrp(silent, asked, device, keys), { name: 'NotAuthorizedException' })
  const verifier = await answerDeviceSrp(at, asked, device, keys)
  const proof = await proofOf(at, verifier, device, keys)
  await assert.rejects(at.server.call('RespondToAuthChallenge', proof), { name: 'NotAuthorizedException' })
  const ChallengeResponses = { ...proof.ChallengeResponses, SECRET_HASH }
  assert.ok(tokensOf(await at.server.call('RespondToAuthChallenge', { ...proof, ChallengeResponses })).AccessToken)
})

/** Triggers that note each call, and do something in the midst of a sign-in. */
const noting = (during: () => Promise<unknown> = async () => {}) => {
  const calls: TriggerCall[] = []
  const triggers: Triggers = {
    ...noTriggers,
    has: () => false,
    call: async (name, call) => {
      if (name === 'PostAuthentication' || name === 'PreTokenGeneration') calls.push(call)
      if (name === 'PostAuthentication') await during()
      return undefined
    },
  }
  return { triggers, calls }
}

test('triggers hear of a new device, and of tokens that a device brought about', async (t) => {
  const { triggers, calls } = noting()
  const at = await makeServer(t, {}, { triggers })
  await addUser(at, 'jane')
  const { device } = await confirmedDevice(at, 'jane')
  const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
  await at.server.call('RespondToAuthChallenge', proof)
  await beginByAdmin(at, 'jane')
  const used = calls.filter(({ request }) => 'newDeviceUsed' in request)
  assert.deepEqual(
    used.map(({ request }) => request['newDeviceUsed']),
    [true, false, false],
  )
  assert.deepEqual(
    calls.filter((call) => !used.includes(call)).map(({ source }) => source),
    ['Authentication', 'AuthenticateDevice', 'Authentication'],
  )
})

for (const [what, operation] of [
  ['forgotten', 'AdminForgetDevice'],
  ['not remembered any more', 'AdminUpdateDeviceStatus'],
] as const) {
  test(`req 37: a device that is ${what} at the last moment brings no tokens`, async (t) => {
    let end: () => Promise<unknown> = () => Promise.resolve()
    const at = await makeServer(t, {}, { triggers: noting(() => end()).triggers })
    const { device } = await addRemembered(at, 'jane')
    const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
    const key = { UserPoolId: at.UserPoolId, Username: 'jane', DeviceKey: device.key }
    end = () => at.server.call(operation, { ...key, DeviceRememberedStatus: 'not_remembered' })
    await assert.rejects(at.server.call('RespondToAuthChallenge', proof), invalidSession)
  })
}

test('the proof of a device is void when a later answer names another', async (t) => {
  const client = { ExplicitAuthFlows: [...everyFlow, 'ALLOW_USER_AUTH' as const] }
  const at = await makeServer(t, { client })
  // A level that can be reached only since the device was asked leads on to a code.
  const methodsOf = async (username: string, answeredWith: 'the same' | 'another'): Promise<unknown> => {
    await addUser(at, username)
    const { device, tokens } = await confirmedDevice(at, username)
    const { device: other } = await confirmedDevice(at, username)
    const asked = await at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: {
        USERNAME: username,
        PREFERRED_CHALLENGE: 'PASSWORD',
        PASSWORD: goodPassword,
        DEVICE_KEY: device.key,
        TARGET_ACR_VALUES: 'urn:cognito:loa:2 urn:cognito:loa:1',
      },
    })
    assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
    const app = await enrol(at, tokens.AccessToken)
    at.server.advance(30)
    const next = await at.server.call('RespondToAuthChallenge', await proveDevice(at, asked, device))
    assert.equal(next.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    const DEVICE_KEY = answeredWith === 'another' ? other.key : device.key
    const answers = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: app.code(), DEVICE_KEY }
    const ended = await respond(at, 'SOFTWARE_TOKEN_MFA', next.Session ?? '', answers)
    return payloadOf(tokensOf(ended).AccessToken)['amr']
  }
  assert.deepEqual(await methodsOf('jane', 'the same'), ['pwd', 'pop', 'otp', 'mfa'])
  assert.deepEqual(await methodsOf('june', 'another'), ['pwd', 'otp', 'mfa'])
})
