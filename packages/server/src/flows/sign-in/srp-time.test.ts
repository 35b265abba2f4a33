// The time of a claim: how far it may be from the server's, and in what text; of a password and of a device alike.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { addUserWithApp, respond, tokensOf } from '../../../testing/sign-in.ts'
import { goodPassword, type PoolUnderTest, startPool } from '../../../testing/pool.ts'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { answerDeviceSrp, confirmedDevice, proofOf, startWith, type TestDevice } from '../../../testing/device.ts'
import type { RespondToAuthChallengeResponse } from '../../wire/model.gen.ts'

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

const badForm = {
  name: 'InvalidParameterException',
  message: 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
}

const minute = 60_000

type Claim = (timestamp: string) => Promise<RespondToAuthChallengeResponse>

const claimPassword =
  (at: PoolUnderTest): Claim =>
  async (timestamp) => {
    const keys = srpKeys()
    const { ChallengeParameters: asked = {} } = await at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: 'jane', SRP_A: keys.A.toString(16) },
    })
    const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '', USER_ID_FOR_SRP: userId = '' } = asked
    const poolName = at.UserPoolId.split('_')[1] ?? ''
    return at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: userId,
        PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
        PASSWORD_CLAIM_SIGNATURE: await srpSignature({
          ...{ keys, poolName, userId, password: goodPassword, salt, B, secretBlock, timestamp },
        }),
        TIMESTAMP: timestamp,
      },
    })
  }

const claimDevice =
  (at: PoolUnderTest, device: TestDevice): Claim =>
  async (timestamp) => {
    const keys = srpKeys()
    const asked = await startWith(at, 'jane', device.key)
    const verifier = await answerDeviceSrp(at, asked, device, keys)
    return at.server.call('RespondToAuthChallenge', await proofOf(at, verifier, device, keys, timestamp))
  }

// Right claims of a password and of a device, over the time that a test names.
const claims = async (t: TestContext): Promise<{ server: PoolUnderTest; claims: Record<string, Claim> }> => {
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
  const at = await startPool(t, { mfa: 'OPTIONAL', pool: { DeviceConfiguration } })
  closing(t, at.server.close)
  const app = await addUserWithApp(at, 'jane')
  const { device } = await confirmedDevice(at, 'jane', app.code)
  at.server.advance(30)
  const passwordClaim = claimPassword(at)
  const ended: Claim = async (timestamp) => {
    const second = await passwordClaim(timestamp)
    assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    at.server.advance(30)
    const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
    return respond(at, 'SOFTWARE_TOKEN_MFA', second.Session ?? '', answers)
  }
  return { server: at, claims: { 'a password': ended, 'a device': claimDevice(at, device) } }
}

test('a clock signs in that is behind, or up to ninety minutes ahead, and none further ahead', async (t) => {
  const { server: at, claims: every } = await claims(t)
  for (const [what, claim] of Object.entries(every)) {
    for (const minutes of [0, 20, 65, 90, -10, -65, -24 * 60, -365 * 24 * 60]) {
      const timestamp = srpTimestamp(at.server.context.clock.now() + minutes * minute)
      assert.ok(tokensOf(await claim(timestamp)), `${what}, ${minutes} minutes`)
    }
    for (const minutes of [91, 24 * 60, 365 * 24 * 60]) {
      const timestamp = srpTimestamp(at.server.context.clock.now() + minutes * minute)
      await assert.rejects(claim(timestamp), incorrect, `${what}, ${minutes} minutes`)
    }
  }
})

test('the time is measured by the clock that was moved', async (t) => {
  const { server: at, claims: every } = await claims(t)
  const later = srpTimestamp(at.server.context.clock.now() + 120 * minute)
  for (const claim of Object.values(every)) await assert.rejects(claim(later), incorrect)
  const told = at.server.log.filter(({ fields }) => String(fields['reason']).includes('ahead of the server’s'))
  assert.equal(told.length, 2)
  const before = srpTimestamp(at.server.context.clock.now())
  at.server.advance(2 * 3600)
  for (const claim of Object.values(every)) {
    // Of clients whose clock was moved with the server's, and of those whose clock was not.
    for (const timestamp of [later, before]) assert.ok(tokensOf(await claim(timestamp)))
  }
})

test('a right claim over another text of the same time is refused, and so is what is no time', async (t) => {
  const { server: at, claims: every } = await claims(t)
  // The clock of every test stands at Fri Jan 2 03:04 UTC 2026: a day of one digit.
  const right = srpTimestamp(at.server.context.clock.now())
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
    assert.ok(tokensOf(await claim(srpTimestamp(at.server.context.clock.now()))))
  }
})
