// Attribute codes in races, on each database: a code has one use.
import assert from 'node:assert/strict'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { addPool, addUser, refusals, said, userOf } from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'

onBothDatabases('req 59: of fifty uses of one attribute code, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  await addUser(at, 'jane', { email: 'jane@example.com' })
  const { AccessToken } = await signIn(at, 'jane')
  await one.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' })
  const Code = await one.code('jane@example.com')
  const race = await raceOfFifty([one, two], (server) =>
    server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code }),
  )
  assert.equal(race.won.length, 1)
  const expected: readonly string[] = [refusals.expired, refusals.limit, 'TooManyRequestsException: Too many requests']
  assert.deepEqual(
    race.refused.map(said).filter((refusal) => !expected.includes(refusal)),
    [],
  )
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'true')
})

onBothDatabases('req 60: of fifty requests for a code at once, five are answered', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  await addUser(at, 'jane', { email: 'jane@example.com' })
  const { AccessToken } = await signIn(at, 'jane')
  const race = await raceOfFifty([one, two], (server) =>
    server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' }),
  )
  assert.equal(race.won.length, 5)
  assert.deepEqual(new Set(race.refused.map(said)), new Set([refusals.limit]))
})

onBothDatabases('of fifty users who take one alias at once, one has it', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one, { pool: { AliasAttributes: ['email'] } })
  for (let index = 0; index < 50; index += 1) await addUser(at, `user-${index}`, { email: 'shared@example.com' })
  const race = await raceOfFifty([one, two], (server, index) =>
    server.call('AdminUpdateUserAttributes', {
      UserPoolId: at.UserPoolId,
      Username: `user-${index}`,
      UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
    }),
  )
  assert.equal(race.won.length, 1)
  assert.deepEqual(
    new Set(race.refused.map(said)),
    new Set(['AliasExistsException: An account with the given email already exists.']),
  )
  assert.equal((await userOf(at, 'shared@example.com')).Username, `user-${race.won[0]?.index}`)
})
