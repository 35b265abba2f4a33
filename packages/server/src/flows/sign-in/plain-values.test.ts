// The machine without a wire: a door that speaks plain values, and ends a sign-in by something else than tokens.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { requestContextOf } from '../../../testing/app.ts'
import { goodPassword, startPool, type PoolUnderTest } from '../../../testing/pool.ts'
import { addUserWithApp } from '../../../testing/sign-in.ts'
import type { RequestContext } from '../../context.ts'
import { endSession } from '../sessions/session-token.ts'
import { FieldFault } from './field-fault.ts'
import { answerChallenge, startSignIn, type Finish } from './index.ts'
import type { ChallengeAnswer, Outcome, SignInRequest } from './values.ts'

/** A door that gives a text in place of tokens. */
type Door = {
  readonly at: PoolUnderTest
  readonly start: (name: string, password: string) => Promise<Outcome<string>>
  readonly answer: (name: string, session: string, answer: ChallengeAnswer) => Promise<Outcome<string>>
  /** How often it ended a sign-in. */
  readonly ended: () => number
}

const makeDoor = async (t: TestContext): Promise<Door> => {
  const at = await startPool(t, { mfa: 'OPTIONAL', client: { PreventUserExistenceErrors: 'ENABLED' } })
  const { store } = at.server.context
  const pool = await store.pools.get(at.UserPoolId)
  const client = await store.clients.get(at.ClientId)
  const request: SignInRequest = { pool, client, admin: false, deviceKey: undefined, clientMetadata: {} }
  const context = (): RequestContext => requestContextOf(at.server.context)
  let ended = 0
  const finish: Finish<string> = async (within, { user, carried, session, writes, hold }) => {
    ended += 1
    const ends = session ? [endSession(within, session)] : []
    await within.store.commit([...hold.finish(), ...ends, ...writes])
    return `${user.username}: ${carried.proved.join(', ')}`
  }
  return {
    at,
    start: (name, password) => startSignIn(context(), { ...request, flow: 'password', name, password }, finish),
    answer: (name, session, answer) => answerChallenge(context(), { ...request, name, session, answer }, finish),
    ended: () => ended,
  }
}

const sessionOf = (outcome: Outcome<string>): string => {
  assert.ok(outcome.kind === 'challenge')
  return outcome.session
}

test('a door gives what it gives, once every factor is proved and once a session', async (t) => {
  const door = await makeDoor(t)
  const app = await addUserWithApp(door.at, 'jane')
  const asked = await door.start('jane', goodPassword)
  assert.ok(asked.kind === 'challenge')
  assert.deepEqual(asked.issued, { challenge: 'software-token', appName: undefined })
  assert.equal(asked.username, 'jane')
  assert.equal(door.ended(), 0)
  const answer = { challenge: 'software-token', code: app.code() } as const
  assert.deepEqual(await door.answer('jane', asked.session, answer), {
    kind: 'finished',
    finished: 'jane: password, software-token',
  })
  await assert.rejects(door.answer('jane', asked.session, answer), {
    message: 'Invalid session for the user, session can only be used once.',
  })
  assert.equal(door.ended(), 1)
})

test('req 25: no answer ends a sign-in that it does not belong to, and no unknown name ends one', async (t) => {
  const door = await makeDoor(t)
  await addUserWithApp(door.at, 'jane')
  const session = sessionOf(await door.start('jane', goodPassword))
  const others: readonly ChallengeAnswer[] = [
    { challenge: 'choice', factor: 'password', password: goodPassword, publicValue: '' },
    { challenge: 'custom', answer: 'x' },
    { challenge: 'custom-password', password: goodPassword },
    { challenge: 'device', deviceKey: 'x', publicValue: '2' },
    { challenge: 'device-proof', deviceKey: 'x', signature: 'x', time: 'x' },
    { challenge: 'email-code', code: '123456' },
    { challenge: 'sms-code', code: '123456' },
    { challenge: 'sms-sign-in-code', code: '12345678' },
    { challenge: 'mfa-setup', address: undefined },
    { challenge: 'new-password', password: 'Another-horse-8', attributes: {} },
    { challenge: 'passkey', credential: '{}' },
    { challenge: 'password-proof', signature: 'x', time: 'x' },
    { challenge: 'select-factor', factor: 'sms' },
  ]
  for (const answer of others) {
    const refused = { message: 'Invalid session for the user.' }
    await assert.rejects(door.answer('jane', session, answer), refused, answer.challenge)
  }
  await assert.rejects(door.start('nobody', goodPassword), { message: 'Incorrect username or password.' })
  assert.equal(door.ended(), 0)
})

test('a value that is missing is refused as a plain field, which the door words', async (t) => {
  const door = await makeDoor(t)
  await addUserWithApp(door.at, 'jane')
  const fieldOf = async (request: Promise<unknown>): Promise<string> => {
    const error: unknown = await request.then(() => undefined).catch((caught: unknown) => caught)
    assert.ok(error instanceof FieldFault)
    assert.equal(error.name, 'InvalidParameterException')
    return `${error.field}: ${error.fault}`
  }
  assert.equal(await fieldOf(door.start('', goodPassword)), 'name: missing')
  assert.equal(await fieldOf(door.start('jane', '')), 'password: missing')
  assert.equal(await fieldOf(door.start('x'.repeat(129), goodPassword)), 'name: too-long')
  const session = sessionOf(await door.start('jane', goodPassword))
  assert.equal(await fieldOf(door.answer('jane', session, { challenge: 'software-token', code: '' })), 'code: missing')
})
