// Sign-up in races, on each database: a name has one taker, a code one use.
import assert from 'node:assert/strict'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { addPool, goodPassword, refusals, said, signUpUser, userOf } from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'

onBothDatabases('req 58: of fifty sign-ups with one name, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  const race = await raceOfFifty([one, two], (server) => signUpUser({ ...at, server }, 'jane'))
  assert.equal(race.won.length, 1)
  assert.deepEqual(new Set(race.refused.map(said)), new Set(['UsernameExistsException: User already exists']))
  assert.equal((await userOf(at, 'jane')).attributes['sub'], race.won[0]?.result)
})

onBothDatabases('req 58: upper and lower case are one name where the pool says so', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
  const spellings = ['jane', 'Jane', 'JANE', 'jAnE']
  const race = await raceOfFifty([one, two], (server, index) =>
    signUpUser({ ...at, server }, spellings[index % spellings.length] ?? ''),
  )
  assert.equal(race.won.length, 1)
  assert.deepEqual(new Set(race.refused.map(said)), new Set(['UsernameExistsException: User already exists']))
  assert.equal((await userOf(at, 'JaNe')).attributes['sub'], race.won[0]?.result)
})

onBothDatabases('req 58: of fifty sign-ups with one e-mail address, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one, { pool: { UsernameAttributes: ['email'] } })
  const race = await raceOfFifty([one, two], (server) => signUpUser({ ...at, server }, 'jane@example.com'))
  assert.equal(race.won.length, 1)
  assert.deepEqual(
    new Set(race.refused.map(said)),
    new Set(['UsernameExistsException: An account with the given email already exists.']),
  )
})

onBothDatabases('req 59: of fifty uses of one confirmation code, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const ConfirmationCode = await one.code('jane@example.com')
  const race = await raceOfFifty([one, two], (server) =>
    server.call('ConfirmSignUp', { ClientId: at.ClientId, Username: 'jane', ConfirmationCode }),
  )
  assert.equal(race.won.length, 1)
  const allowed = [
    refusals.expired,
    refusals.limit,
    'NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED',
    'TooManyRequestsException: Too many requests',
  ]
  assert.deepEqual(
    race.refused.map(said).filter((refusal) => !allowed.includes(refusal)),
    [],
  )
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
  await signIn(at, 'jane', goodPassword)
})
