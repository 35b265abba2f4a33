// Passwords in races, on each database: a recovery code and a challenge have one use, and the winner's password is the
// one that is kept.
import assert from 'node:assert/strict'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { countedChecks } from '../../../testing/guesses.ts'
import { addPool, addVerifiedUser, goodPassword, refusals, refused, said, wrongCode } from '../../../testing/pool.ts'
import { challengeOf, signIn } from '../../../testing/sign-in.ts'

const passwordOf = (index: number): string => `Password-number-${index}`

const assertOneKept = async (
  at: Parameters<typeof signIn>[0],
  winner: number | undefined,
  before: string,
): Promise<void> => {
  await signIn(at, 'jane', passwordOf(winner ?? -1))
  await refused(signIn(at, 'jane', before), refusals.incorrect)
  await refused(signIn(at, 'jane', passwordOf(((winner ?? 0) + 1) % 50)), refusals.incorrect)
}

onBothDatabases('req 61: of fifty uses of one recovery code, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  await addVerifiedUser(at, 'jane')
  await one.call('ForgotPassword', { ClientId: at.ClientId, Username: 'jane' })
  const ConfirmationCode = await one.code('jane@example.com')
  const race = await raceOfFifty([one, two], (server, index) =>
    server.call('ConfirmForgotPassword', {
      ClientId: at.ClientId,
      Username: 'jane',
      ConfirmationCode,
      Password: passwordOf(index),
    }),
  )
  assert.equal(race.won.length, 1)
  const expected: readonly string[] = [refusals.expired, refusals.limit]
  assert.deepEqual(
    race.refused.map(said).filter((refusal) => !expected.includes(refusal)),
    [],
  )
  await assertOneKept(at, race.won[0]?.index, goodPassword)
})

onBothDatabases('req 60, 121: of fifty guesses at a recovery code at once, fifteen are looked at', async (start) => {
  const counted = countedChecks()
  const [one, two] = await start(2, { keys: counted.keys })
  assert.ok(one && two)
  const at = await addPool(one)
  await addVerifiedUser(at, 'jane')
  await one.call('ForgotPassword', { ClientId: at.ClientId, Username: 'jane' })
  const code = await one.code('jane@example.com')
  const guess = async (server: typeof one, ConfirmationCode: string): Promise<unknown> =>
    server.call('ConfirmForgotPassword', {
      ...{ ClientId: at.ClientId, Username: 'jane', Password: passwordOf(0) },
      ConfirmationCode,
    })
  const before = counted.checks()
  const race = await raceOfFifty([one, two], (server) => guess(server, wrongCode(code)))
  assert.equal(race.won.length, 0)
  const answers = race.refused.map(said)
  const times = (refusal: string): number => answers.filter((answer) => answer === refusal).length
  // Twenty an hour are taken, one of them to ask for the code, and the code bears fifteen.
  assert.deepEqual([times(refusals.mismatch), times(refusals.expired), times(refusals.limit)], [15, 4, 31])
  assert.equal(counted.checks() - before, 15)
  one.advance(3599)
  two.advance(3599)
  await refused(guess(one, code), refusals.limit)
})

onBothDatabases('req 35: of fifty answers to one NEW_PASSWORD_REQUIRED, one wins and is kept', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  const TemporaryPassword = 'Temporary-pass-1'
  const MessageAction = 'SUPPRESS'
  await one.call('AdminCreateUser', { UserPoolId: at.UserPoolId, Username: 'jane', TemporaryPassword, MessageAction })
  const { session } = await challengeOf(at, 'jane', TemporaryPassword)
  const race = await raceOfFifty([one, two], (server, index) =>
    server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: passwordOf(index) },
    }),
  )
  assert.equal(race.won.length, 1)
  assert.deepEqual(
    race.refused.map(({ name }) => name).filter((name) => name !== 'NotAuthorizedException'),
    [],
  )
  await assertOneKept(at, race.won[0]?.index, TemporaryPassword)
})

onBothDatabases('req 60: of fifty changes of a password at once, five are looked at', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  await addVerifiedUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const race = await raceOfFifty([one, two], (server) =>
    server.call('ChangePassword', {
      AccessToken,
      PreviousPassword: 'Wrong-password-1',
      ProposedPassword: goodPassword,
    }),
  )
  assert.equal(race.won.length, 0)
  const looked = race.refused.map(said).filter((refusal) => refusal === refusals.incorrect)
  assert.equal(looked.length, 5)
  // The fifth begins a lock of a second, which the late ones meet.
  const turned = race.refused.map(said).filter((refusal) => refusal === refusals.limit || refusal === refusals.locked)
  assert.equal(turned.length, 45)
  await refused(signIn(at, 'jane'), refusals.locked)
  one.advance(1)
  await signIn(at, 'jane')
})

onBothDatabases('a password that changes while fifty others change it is one of them', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addPool(one)
  const sub = await addVerifiedUser(at, 'jane')
  const race = await raceOfFifty([one, two], (server, index) =>
    server.call('AdminSetUserPassword', {
      UserPoolId: at.UserPoolId,
      Username: 'jane',
      Password: passwordOf(index),
      Permanent: true,
    }),
  )
  assert.ok(race.won.length > 0)
  assert.deepEqual(
    new Set(race.refused.map(said).filter((refusal) => refusal !== 'TooManyRequestsException: Too many requests')),
    new Set(),
  )
  const stored = (await one.context.store.users.get(at.UserPoolId, sub))?.passwordHash
  const kept = await Promise.all(
    race.won.map(({ index }) => one.context.keys.passwords.verify(passwordOf(index), stored)),
  )
  assert.equal(kept.filter(({ matches }) => matches).length, 1)
})
