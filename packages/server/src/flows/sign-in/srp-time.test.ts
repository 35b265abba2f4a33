// The time of a claim: how far it may be from the server's, and in what text; of a password and of a device alike.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { answerDeviceSrp, confirmedDevice, proofOf, startWith, type TestDevice } from '../../../testing/device.ts'
import { makeSignInServer, password, tokensOf, type SignInServer } from '../../../testing/sign-in.ts'
import type { RespondToAuthChallengeResponse } from '../../wire/model.gen.ts'

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

const badForm = {
  name: 'InvalidParameterException',
  message: 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
}

const minute = 60_000

type Claim = (timestamp: string) => Promise<RespondToAuthChallengeResponse>

const claimPassword =
  (server: SignInServer): Claim =>
  async (timestamp) => {
    const keys = srpKeys()
    const { ChallengeParameters: asked = {} } = await server.call('InitiateAuth', {
      ClientId: server.clientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'jane', SRP_A: keys.A.toString(16) },
    })
    const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '', USER_ID_FOR_SRP: userId = '' } = asked
    const poolName = server.poolId.split('_')[1] ?? ''
    return server.call('RespondToAuthChallenge', {
      ClientId: server.clientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: userId,
        PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
        PASSWORD_CLAIM_SIGNATURE: await srpSignature({
          ...{ keys, poolName, userId, password, salt, B, secretBlock, timestamp },
        }),
        TIMESTAMP: timestamp,
      },
    })
  }

const claimDevice =
  (server: SignInServer, device: TestDevice): Claim =>
  async (timestamp) => {
    const keys = srpKeys()
    const asked = await startWith(server, 'jane', device.key)
    const verifier = await answerDeviceSrp(server, asked, device, keys)
    return server.call('RespondToAuthChallenge', await proofOf(server, verifier, device, keys, timestamp))
  }

// Right claims of a password and of a device, over the time that a test names.
const claims = async (t: TestContext): Promise<{ server: SignInServer; claims: Record<string, Claim> }> => {
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL', pool: { DeviceConfiguration } })
  t.after(server.close)
  const app = await server.addUserWithApp('jane')
  const { device } = await confirmedDevice(server, 'jane', app.code)
  server.advance(30)
  const passwordClaim = claimPassword(server)
  const ended: Claim = async (timestamp) => {
    const second = await passwordClaim(timestamp)
    assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    server.advance(30)
    const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
    return server.answer('SOFTWARE_TOKEN_MFA', second.Session ?? '', answers)
  }
  return { server, claims: { 'a password': ended, 'a device': claimDevice(server, device) } }
}

test('a clock signs in that is behind, or up to ninety minutes ahead, and none further ahead', async (t) => {
  const { server, claims: every } = await claims(t)
  for (const [what, claim] of Object.entries(every)) {
    for (const minutes of [0, 20, 65, 90, -10, -65, -24 * 60, -365 * 24 * 60]) {
      const timestamp = srpTimestamp(server.context.clock.now() + minutes * minute)
      assert.ok(tokensOf(await claim(timestamp)), `${what}, ${minutes} minutes`)
    }
    for (const minutes of [91, 24 * 60, 365 * 24 * 60]) {
      const timestamp = srpTimestamp(server.context.clock.now() + minutes * minute)
      await assert.rejects(claim(timestamp), incorrect, `${what}, ${minutes} minutes`)
    }
  }
})

test('the time is measured by the clock that was moved', async (t) => {
  const { server, claims: every } = await claims(t)
  const later = srpTimestamp(server.context.clock.now() + 120 * minute)
  for (const claim of Object.values(every)) await assert.rejects(claim(later), incorrect)
  const told = server.log.filter(({ fields }) => String(fields['reason']).includes('ahead of the server’s'))
  assert.equal(told.length, 2)
  const before = srpTimestamp(server.context.clock.now())
  server.advance(2 * 3600)
  for (const claim of Object.values(every)) {
    // Of clients whose clock was moved with the server's, and of those whose clock was not.
    for (const timestamp of [later, before]) assert.ok(tokensOf(await claim(timestamp)))
  }
})

test('a right claim over another text of the same time is refused, and so is what is no time', async (t) => {
  const { server, claims: every } = await claims(t)
  // The clock of every test stands at Fri Jan 2 03:04 UTC 2026: a day of one digit.
  const right = srpTimestamp(server.context.clock.now())
  assert.match(right, /^Fri Jan 2 03:0/)
  for (const claim of Object.values(every)) {
    for (const text of [
      right.replace(' 2 ', ' 02 '),
      right.replace('Fri', 'Sat'),
      right.replace('UTC', 'GMT'),
      right.replace(' 03:', ' 3:'),
    ]) {
      await assert.rejects(claim(text), incorrect, text)
    }
    for (const text of [right.toLowerCase(), right.replace('Jan', 'jan.'), new Date(0).toISOString(), right.slice(4)]) {
      await assert.rejects(claim(text), badForm, text)
    }
    assert.ok(tokensOf(await claim(srpTimestamp(server.context.clock.now()))))
  }
})
