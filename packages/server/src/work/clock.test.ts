// A clock that is set back, on both databases: nothing that had ended is usable again, and all else goes on.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import {
  addPool,
  addVerifiedUser,
  everyFlow,
  goodPassword,
  type PoolUnderTest,
  refusals,
  refused,
} from '../../testing/pool.ts'
import { beginByPassword, challengeOf, refresh, respond, signIn, tokensOf } from '../../testing/sign-in.ts'
import { closing } from '../../testing/closing.ts'
import { makeTestApp } from '../../testing/app.ts'
import { ask, insertOf } from '../../testing/rows.ts'
import { onBoth } from '../../testing/stores.ts'
import { watchedClock, type WatchedClock } from '../clock.ts'
import type { Database } from '../store/index.ts'
import { describedTables } from '../store/tables.ts'
import { keepTime, type TimeKeeper } from './clock.ts'

const second = 1
const hour = 3600
const day = 24 * hour

type Kept = PoolUnderTest & {
  readonly clock: WatchedClock
  readonly steps: unknown[]
  /** Does the work of keeping the time, as it is done every few seconds. */
  keep(): Promise<void>
}

const keeperOf = (t: TestContext, { server: { context } }: PoolUnderTest, clock: WatchedClock): TimeKeeper => {
  const error = ({ err }: Record<string, unknown>): void => {
    throw new Error('the time was not kept', { cause: err })
  }
  const keeper = keepTime({
    store: context.store,
    log: { ...context.log, error },
    clock,
    pause: async () => {},
    everyMilliseconds: 2 ** 31 - 1,
  })
  closing(t, () => keeper.stop())
  return keeper
}

/** A server whose clock is watched. `advance` sets the clock of its machine. */
const start = async (t: TestContext, database: Database, startAt?: number): Promise<Kept> => {
  const steps: unknown[] = []
  let steady = 0
  let clock: WatchedClock | undefined
  const app = await makeTestApp(t, {
    database,
    ...(startAt === undefined ? {} : { startAt }),
    clock: (system) =>
      (clock = watchedClock(
        system,
        (step) => steps.push(step),
        () => steady,
      )),
  })
  const at = await addPool(app, {
    pool: { AutoVerifiedAttributes: ['email'] },
    client: {
      ExplicitAuthFlows: [...everyFlow],
      RefreshTokenValidity: 1,
      TokenValidityUnits: { RefreshToken: 'days' },
    },
  })
  const watched = clock ?? assert.fail()
  const keeper = keeperOf(t, at, watched)
  await keeper.start()
  const advance = (seconds: number): void => {
    at.server.advance(seconds)
    steady += Math.max(0, seconds) * 1000
  }
  return { ...at, server: { ...at.server, advance }, clock: watched, steps, keep: keeper.run }
}

type Ended = 'access token' | 'challenge' | 'recovery code' | 'sign-up code' | 'refresh token' | 'temporary password'

const cases: readonly { readonly after: number; readonly step: number; readonly ended: readonly Ended[] }[] = [
  { after: hour + second, step: hour, ended: ['access token', 'challenge', 'recovery code'] },
  {
    after: 8 * day,
    step: 30 * day,
    ended: ['access token', 'challenge', 'recovery code', 'sign-up code', 'refresh token', 'temporary password'],
  },
]

/** Users who hold one thing each that ends, and what each is told once it has ended. */
const holders = async (at: Kept): Promise<Readonly<Record<Ended, () => Promise<void>>>> => {
  const { server, UserPoolId, ClientId } = at
  const { call } = server
  for (const name of ['jane', 'john']) await addVerifiedUser(at, name)
  const email = { Name: 'email', Value: 'mary@example.com' }
  await call('SignUp', { ClientId, Username: 'mary', Password: goodPassword, UserAttributes: [email] })
  await call('ForgotPassword', { ClientId, Username: 'john' })
  const temporary = { TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
  await call('AdminCreateUser', { UserPoolId, Username: 'paul', ...temporary })
  const [maryCode, johnCode] = [await at.server.code('mary@example.com'), await at.server.code('john@example.com')]
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  const paul = await challengeOf(at, 'paul', goodPassword)
  const recovery = { ClientId, Username: 'john', ConfirmationCode: johnCode, Password: goodPassword }
  const answer = { USERNAME: 'paul', NEW_PASSWORD: 'Battery-staple-8' }
  return {
    'access token': () => assert.rejects(call('GetUser', { AccessToken }), { name: 'NotAuthorizedException' }),
    challenge: () =>
      assert.rejects(respond(at, 'NEW_PASSWORD_REQUIRED', paul.session, answer), { name: 'NotAuthorizedException' }),
    'recovery code': () => refused(call('ConfirmForgotPassword', recovery), refusals.expired),
    'sign-up code': () =>
      refused(call('ConfirmSignUp', { ClientId, Username: 'mary', ConfirmationCode: maryCode }), refusals.expired),
    'refresh token': () => assert.rejects(refresh(at, RefreshToken), { name: 'NotAuthorizedException' }),
    'temporary password': () => assert.rejects(beginByPassword(at, 'paul', goodPassword), { message: /has expired/ }),
  }
}

for (const { after, step, ended } of cases) {
  onBoth(`F8: a clock set back by ${step / hour} h makes nothing usable that had ended`, async (open, t) => {
    const at = await start(t, open())
    const tries = await holders(at)
    const refuseAll = async (): Promise<void> => {
      for (const one of ended) await tries[one]()
    }
    at.server.advance(after)
    await refuseAll()
    at.server.advance(-step)
    await refuseAll()
    await at.keep()
    assert.equal(at.clock.pending(), undefined, 'the step is followed')
    await refuseAll()
    at.server.advance(60)
    await refuseAll()
    assert.deepEqual([at.steps.length, at.clock.steps().back], [1, 1])
    // All else goes on.
    const { AccessToken } = await signIn(at, 'jane')
    await at.server.call('GetUser', { AccessToken })
    const again = await at.server.call('ForgotPassword', { ClientId: at.ClientId, Username: 'john' })
    assert.ok(again.CodeDeliveryDetails)
  })
}

onBoth('F8: limits of an hour and messages that wait are not put off by the step', async (open, t) => {
  const database = open()
  const at = await start(t, database)
  const {
    server: { call },
    ClientId,
  } = at
  const email = { Name: 'email', Value: 'mary@example.com' }
  await call('SignUp', { ClientId, Username: 'mary', Password: goodPassword, UserAttributes: [email] })
  const resend = () => call('ResendConfirmationCode', { ClientId, Username: 'mary' })
  for (let sent = 0; sent < 5; sent += 1) await resend()
  await refused(resend(), refusals.limit)
  const { store } = at.server.context
  const [message = assert.fail()] = await store.outbox.newest('mary@example.com', 1)
  await store.commit([store.outbox.failed(message, at.clock.now() + 300_000)])
  at.server.advance(-30 * day)
  await at.keep()
  await refused(resend(), refusals.limit)
  const due = await store.outbox.due('email', at.clock.now(), 100)
  assert.ok(due.some(({ id }) => id === message.id))
  at.server.advance(hour + second)
  await resend()
})

onBoth('F8: what was stored while the time stood still does not outlast its rule', async (open, t) => {
  const database = open()
  const at = await start(t, database)
  const { UserPoolId } = at
  const temporary = { TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
  await at.server.call('AdminCreateUser', { UserPoolId, Username: 'paul', ...temporary })
  at.server.advance(-30 * day)
  const { session } = await challengeOf(at, 'paul', goodPassword)
  await at.keep()
  const answer = { USERNAME: 'paul', NEW_PASSWORD: 'Battery-staple-8' }
  await assert.rejects(respond(at, 'NEW_PASSWORD_REQUIRED', session, answer), { name: 'NotAuthorizedException' })
  const fresh = await challengeOf(at, 'paul', goodPassword)
  tokensOf(await respond(at, 'NEW_PASSWORD_REQUIRED', fresh.session, answer))
})

onBoth(
  'F8: a server that starts with a clock set back has the time of before until nothing is left',
  async (open, t) => {
    const first = await start(t, open())
    await addVerifiedUser(first, 'jane')
    first.server.advance(10 * day)
    await first.keep()
    const before = first.clock.now()
    const later = open()
    const session = describedTables.find(({ name }) => name === 'sessions') ?? assert.fail()
    await later.migrate([insertOf(session, { id: 'ended', expiresAt: before - 1 })])
    const next = await start(t, later, before - 9 * day * 1000)
    assert.equal(next.clock.now(), before)
    assert.equal(next.steps.length, 1)
    await next.keep()
    assert.equal(next.clock.now(), before - 9 * day * 1000)
    assert.deepEqual(await ask(later, 'select session_id from sessions'), [])
    // The step is remembered, and no step of the next start.
    const third = open()
    const last = await start(t, third, before - 9 * day * 1000)
    assert.deepEqual([last.clock.now(), last.steps], [before - 9 * day * 1000, []])
    assert.deepEqual(last.clock.steppedBack(), { from: before, to: before - 9 * day * 1000 })
  },
)

onBoth('F8: the time stands still while the database cannot be written', async (open, t) => {
  const database = open()
  let broken = false
  const commit: Database['commit'] = (writes) =>
    broken ? Promise.reject(new Error('the disk is full')) : database.commit(writes)
  const at = await start(t, { ...database, commit })
  const errors: unknown[] = []
  const log = { ...at.server.context.log, error: (fields: unknown) => void errors.push(fields) }
  const keeper = keepTime({ store: at.server.context.store, log, clock: at.clock, pause: async () => {} })
  closing(t, () => keeper.stop())
  const before = at.clock.now()
  at.server.advance(-hour)
  broken = true
  await keeper.run()
  assert.deepEqual([at.clock.now(), errors.length], [before, 1])
  broken = false
  await keeper.run()
  assert.equal(at.clock.now(), before - hour * 1000)
})
