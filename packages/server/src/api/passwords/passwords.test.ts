// Passwords on every way one is set: sign-up, administrator, challenge, recovery, change (protocol/authentication 2.7;
// requirements 1 to 5, 8 to 10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileOf } from '../../../testing/folders.ts'
import { closing } from '../../../testing/closing.ts'
import { strongArgon2 } from '../../config.ts'
import type { Keys } from '../../keys/index.ts'
import { makePasswordHasher } from '../../keys/password-hasher.ts'
import {
  addUser,
  addVerifiedUser,
  goodPassword,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  said,
  signUpUser,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { challengeOf, signIn } from '../../../testing/sign-in.ts'
import { heldCommits } from '../../../testing/guesses.ts'

/** A way to set a password: makes what it needs, and says how it is set and by whom. */
type Way = (at: PoolUnderTest) => Promise<{ set: (password: string) => Promise<unknown>; name: string }>

const temporary = 'Temporary-pass-1'

const addTemporaryUser = (
  at: PoolUnderTest,
  Username: string,
  TemporaryPassword: string = temporary,
): Promise<unknown> =>
  at.server.call('AdminCreateUser', {
    UserPoolId: at.UserPoolId,
    Username,
    TemporaryPassword,
    MessageAction: 'SUPPRESS',
  })

const ways: Readonly<Record<string, Way>> = {
  SignUp: async ({ server, ClientId, UserPoolId }) => ({
    name: 'signed-up',
    set: async (Password) => {
      await server.call('SignUp', { ClientId, Username: 'signed-up', Password })
      await server.call('AdminConfirmSignUp', { UserPoolId, Username: 'signed-up' })
    },
  }),
  AdminSetUserPassword: async (at) => {
    await addUser(at, 'set')
    const { server, UserPoolId } = at
    const input = { UserPoolId, Username: 'set', Permanent: true }
    return { name: 'set', set: (Password) => server.call('AdminSetUserPassword', { ...input, Password }) }
  },
  NEW_PASSWORD_REQUIRED: async (at) => {
    await addTemporaryUser(at, 'invited')
    return {
      name: 'invited',
      set: async (NEW_PASSWORD) => {
        const { session } = await challengeOf(at, 'invited', temporary)
        return at.server.call('RespondToAuthChallenge', {
          ClientId: at.ClientId,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session: session,
          ChallengeResponses: { USERNAME: 'invited', NEW_PASSWORD },
        })
      },
    }
  },
  ConfirmForgotPassword: async (at) => {
    await addVerifiedUser(at, 'forgetful')
    const { server, ClientId } = at
    await server.call('ForgotPassword', { ClientId, Username: 'forgetful' })
    const ConfirmationCode = await server.code('forgetful@example.com')
    const input = { ClientId, Username: 'forgetful', ConfirmationCode }
    return { name: 'forgetful', set: (Password) => server.call('ConfirmForgotPassword', { ...input, Password }) }
  },
  ChangePassword: async (at) => {
    await addUser(at, 'changing')
    const { AccessToken } = await signIn(at, 'changing')
    const input = { AccessToken, PreviousPassword: goodPassword }
    return {
      name: 'changing',
      set: (ProposedPassword) => at.server.call('ChangePassword', { ...input, ProposedPassword }),
    }
  },
}

const weak: readonly [password: string, violation: string][] = [
  ['Aa1-', 'Password not long enough'],
  ['lower-case-1', 'Password must have uppercase characters'],
  ['UPPER-CASE-1', 'Password must have lowercase characters'],
  ['No-digits-here', 'Password must have numeric characters'],
  ['NoSymbols123', 'Password must have symbol characters'],
]

for (const [operation, way] of Object.entries(ways)) {
  test(`req 1: the policy holds at ${operation}`, async (t) => {
    const at = await startPool(t)
    const { set, name } = await way(at)
    // ChangePassword takes five an hour, and one is to succeed.
    for (const [password, violation] of operation === 'ChangePassword' ? weak.slice(1) : weak) {
      await refused(set(password), `InvalidPasswordException: Password did not conform with policy: ${violation}`)
    }
    await set('Strong-enough-1')
    await signIn(at, name, 'Strong-enough-1')
  })

  test(`req 2: 256 characters work at ${operation}, 257 and a megabyte do not`, async (t) => {
    const at = await startPool(t)
    const { set, name } = await way(at)
    const longest = `Aa1-${'x'.repeat(252)}`
    for (const password of [`${longest}x`, `Aa1-${'x'.repeat(1_000_000)}`]) {
      await assert.rejects(set(password), { name: 'InvalidParameterException' })
    }
    await set(longest)
    await signIn(at, name, longest)
    await refused(signIn(at, name, longest.slice(0, -1)), refusals.incorrect)
    await refused(signIn(at, name, `${longest}x`), refusals.incorrect)
  })

  test(`protocol/authentication 2.7.5: white space at the ends is refused at ${operation}, inside it is a symbol`, async (t) => {
    const at = await startPool(t)
    const { set, name } = await way(at)
    for (const password of [' Strong-enough-1', 'Strong-enough-1 ']) {
      await assert.rejects(set(password), { name: 'InvalidParameterException' })
    }
    await set('Strong enough 1')
    await signIn(at, name, 'Strong enough 1')
  })
}

const tooCommon = (wording: string): string =>
  `InvalidPasswordException: Password did not conform with ${wording}: Password is too common`

for (const [operation, way] of Object.entries(ways)) {
  test(`req 10: a password of the list is refused at ${operation}, in whatever case; the policy speaks first`, async (t) => {
    const passwordListFile = fileOf(t, '\uFEFFpassword\r\n\r\nP@ssword-2026\n  tr\u00e8s-s\u00fbr-1a \nlast')
    const at = await startPool(t, {}, { settings: { passwordListFile } })
    const { set, name } = await way(at)
    const short = 'InvalidPasswordException: Password did not conform with policy: Password not long enough'
    await refused(set('Last'), short)
    for (const password of ['P@ssword-2026', 'p@SSWORD-2026', 'TR\u00c8S-s\u00fbr-1A']) {
      await refused(set(password), tooCommon('policy'))
    }
    await set('P@ssword-2026!')
    await signIn(at, name, 'P@ssword-2026!')
  })
}

test('req 10: a temporary password of the list is refused in the words of AdminCreateUser', async (t) => {
  const at = await startPool(t, {}, { settings: { passwordListFile: fileOf(t, temporary) } })
  await refused(addTemporaryUser(at, 'jane', temporary.toUpperCase().replace('E', 'e')), tooCommon('password policy'))
  await addTemporaryUser(at, 'jane', goodPassword)
})

test('protocol/authentication 2.7.4: AdminCreateUser words a violation in its own way', async (t) => {
  const at = await startPool(t)
  for (const [password, violation] of weak) {
    await refused(
      addTemporaryUser(at, 'jane', password),
      `InvalidPasswordException: Password did not conform with password policy: ${violation}`,
    )
  }
  await refused(userOf(at, 'jane'), refusals.noUser)
})

test('req 3: a password counts as it was sent, to its last byte', async (t) => {
  const at = await startPool(t)
  const hundred = `Aa1-${'x'.repeat(96)}`
  const name = 'jane'
  await addUser(at, name)
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: name,
    Password: hundred,
    Permanent: true,
  })
  const near = [hundred.slice(0, 72), `${hundred.slice(0, 99)}y`, hundred.toUpperCase()]
  for (const password of near) await refused(signIn(at, name, password), refusals.incorrect)
  await signIn(at, name, hundred)
  for (const password of [` ${hundred}`, `${hundred} `, `${hundred}\n`]) {
    await refused(signIn(at, name, password), refusals.incorrect)
  }
  await signIn(at, name, hundred)
})

test('req 3: a NUL ends no password: it is refused wherever it stands; and an accent is not its base letter', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addUser(at, 'jane')
  const set = (Password: string): Promise<unknown> =>
    server.call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password, Permanent: true })
  const withNull = { name: 'InvalidParameterException', message: /Member must not contain the character U\+0000/ }
  await assert.rejects(set('Aa1-before\0after'), withNull)
  await set('Aa1-before')
  for (const password of ['Aa1-before\0', 'Aa1-before\0after', '\0Aa1-before']) {
    await assert.rejects(signIn(at, 'jane', password), withNull)
  }
  await signIn(at, 'jane', 'Aa1-before')
  // The same letter in two forms: one code point, and base letter with accent.
  await set('Aa1-caf\u00e9')
  await refused(signIn(at, 'jane', 'Aa1-cafe\u0301'), refusals.incorrect)
  await signIn(at, 'jane', 'Aa1-caf\u00e9')
})

test('req 4: a malformed password is refused, and never a fault', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const start = (PASSWORD?: unknown): Promise<unknown> =>
    at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'jane', ...(PASSWORD === undefined ? {} : { PASSWORD: PASSWORD as string }) },
    })
  const missing = 'InvalidParameterException: Missing required parameter PASSWORD'
  await refused(start(), missing)
  await refused(start(''), missing)
  await refused(start('wrong'), refusals.incorrect)
  await refused(start('x'.repeat(10_000)), refusals.incorrect)
  for (const PASSWORD of [7, true, null, [], {}]) {
    await assert.rejects(start(PASSWORD), { name: /SerializationException|InvalidParameterException/ })
  }
  await signIn(at, 'jane')
})

test('req 9: hashes are strong where it counts, and made anew when the parameters are raised', async (t) => {
  const at = await startPool(t)
  const sub = await addUser(at, 'jane')
  const hashOf = async (): Promise<string> =>
    (await at.server.context.store.users.get(at.UserPoolId, sub))?.passwordHash ?? ''
  const light = await hashOf()
  assert.match(light, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  // The same database under a server with the parameters of production.
  const { context } = at.server
  const passwords = makePasswordHasher({ parameters: strongArgon2, threads: 1, queueLimit: 10 })
  closing(t, passwords.close)
  const keys: Keys = { ...context.keys, passwords, forSource: () => keys }
  Object.assign(context, { keys })
  await refused(signIn(at, 'jane', 'wrong'), refusals.incorrect)
  assert.equal(await hashOf(), light)
  await signIn(at, 'jane')
  const strong = await hashOf()
  assert.match(strong, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  await signIn(at, 'jane')
  assert.equal(await hashOf(), strong)
  await refused(signIn(at, 'jane', 'wrong'), refusals.incorrect)
})

test('req 9: two users with one password have nothing in common', async (t) => {
  const at = await startPool(t)
  const hashes = await Promise.all(
    ['jane', 'john'].map(async (name) => {
      const user = await at.server.context.store.users.get(at.UserPoolId, await addUser(at, name))
      return user?.passwordHash
    }),
  )
  assert.notEqual(hashes[0], hashes[1])
})

test('req 9: no answer about a user carries a hash', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const answers = JSON.stringify([
    await server.call('AdminGetUser', { UserPoolId, Username: 'jane' }),
    await server.call('ListUsers', { UserPoolId }),
    await server.call('GetUser', { AccessToken }),
    await server.call('AdminCreateUser', { UserPoolId, Username: 'john', MessageAction: 'SUPPRESS' }),
  ])
  assert.doesNotMatch(answers, /argon2|srp|hash|salt|verifier/i)
})

test('protocol/authentication 2.7.6: a password of the history is refused on every way', async (t) => {
  const Policies = { PasswordPolicy: { PasswordHistorySize: 3 } }
  const pool = { Policies, UserPoolTier: 'ESSENTIALS' as const }
  const used = 'PasswordHistoryPolicyViolationException: Password has previously been used'
  const at = await startPool(t, { pool })
  const { server, UserPoolId, ClientId } = at
  const byAdmin = (Username: string, Password: string): Promise<unknown> =>
    server.call('AdminSetUserPassword', { UserPoolId, Username, Password, Permanent: true })
  await addVerifiedUser(at, 'jane')
  await byAdmin('jane', 'Second-password-2')
  await byAdmin('jane', 'Third-password-3')
  const three = [goodPassword, 'Second-password-2', 'Third-password-3']
  for (const password of three) await refused(byAdmin('jane', password), used)
  const { AccessToken } = await signIn(at, 'jane', 'Third-password-3')
  const change = (ProposedPassword: string): Promise<unknown> =>
    server.call('ChangePassword', { AccessToken, PreviousPassword: 'Third-password-3', ProposedPassword })
  for (const password of three) await refused(change(password), used)
  await server.call('ForgotPassword', { ClientId, Username: 'jane' })
  const ConfirmationCode = await server.code('jane@example.com')
  const recover = (Password: string): Promise<unknown> =>
    server.call('ConfirmForgotPassword', { ClientId, Username: 'jane', ConfirmationCode, Password })
  for (const password of three) await refused(recover(password), used)
  await recover('Fourth-password-4')
  // Now the history is the second, third and fourth, and the first may come back.
  for (const password of ['Second-password-2', 'Third-password-3', 'Fourth-password-4']) {
    await refused(byAdmin('jane', password), used)
  }
  await byAdmin('jane', goodPassword)
  await addTemporaryUser(at, 'invited')
  const { session } = await challengeOf(at, 'invited', temporary)
  const answer = (NEW_PASSWORD: string): Promise<unknown> =>
    server.call('RespondToAuthChallenge', {
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: 'invited', NEW_PASSWORD },
    })
  await refused(answer(temporary), used)
  await answer(otherPassword)
})

test('protocol/authentication 2.7.7: without a history a password may stay', async (t) => {
  const at = await startPool(t)
  await addTemporaryUser(at, 'invited')
  const { session } = await challengeOf(at, 'invited', temporary)
  const { AuthenticationResult } = await at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: session,
    ChallengeResponses: { USERNAME: 'invited', NEW_PASSWORD: temporary },
  })
  assert.ok(AuthenticationResult?.AccessToken)
  await signIn(at, 'invited', temporary)
})

test('req 8: a temporary password gives a challenge and no tokens, and ends once replaced', async (t) => {
  const at = await startPool(t)
  await addTemporaryUser(at, 'invited')
  const { name, session } = await challengeOf(at, 'invited', temporary)
  assert.equal(name, 'NEW_PASSWORD_REQUIRED')
  await at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: session,
    ChallengeResponses: { USERNAME: 'invited', NEW_PASSWORD: goodPassword },
  })
  assert.equal((await userOf(at, 'invited')).UserStatus, 'CONFIRMED')
  await refused(signIn(at, 'invited', temporary), refusals.incorrect)
  await signIn(at, 'invited')
})

const validity: readonly [days: number | undefined, lasts: number][] = [
  [undefined, 7],
  [0, 7],
  [1, 1],
  [365, 365],
]

for (const [TemporaryPasswordValidityDays, lasts] of validity) {
  test(`req 8: TemporaryPasswordValidityDays ${TemporaryPasswordValidityDays} is ${lasts} days`, async (t) => {
    const policy = TemporaryPasswordValidityDays === undefined ? {} : { TemporaryPasswordValidityDays }
    const at = await startPool(t, { pool: { Policies: { PasswordPolicy: policy } } })
    const { server, UserPoolId } = at
    const expired = 'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.'
    await addTemporaryUser(at, 'invited')
    server.advance(lasts * 86_400 - 1)
    assert.equal((await challengeOf(at, 'invited', temporary)).name, 'NEW_PASSWORD_REQUIRED')
    server.advance(1)
    await refused(challengeOf(at, 'invited', temporary), expired)
    // Who does not know the password is not told that it expired.
    await refused(challengeOf(at, 'invited', 'Wrong-password-1'), refusals.incorrect)
    await server.call('AdminSetUserPassword', { UserPoolId, Username: 'invited', Password: temporary })
    server.advance(lasts * 86_400 - 1)
    assert.equal((await challengeOf(at, 'invited', temporary)).name, 'NEW_PASSWORD_REQUIRED')
    server.advance(1)
    await refused(challengeOf(at, 'invited', temporary), expired)
  })
}

test('req 8: a challenge that was begun in time is not answered too late', async (t) => {
  const at = await startPool(t)
  await addTemporaryUser(at, 'invited')
  at.server.advance(7 * 86_400 - 60)
  const { session } = await challengeOf(at, 'invited', temporary)
  at.server.advance(60)
  await refused(
    at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: 'invited', NEW_PASSWORD: goodPassword },
    }),
    'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.',
  )
})

test('protocol/administration 4.1: AdminSetUserPassword leads every state to the one it says', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  const set = (Username: string, Permanent?: boolean): Promise<unknown> =>
    server.call('AdminSetUserPassword', {
      UserPoolId,
      Username,
      Password: otherPassword,
      ...(Permanent === undefined ? {} : { Permanent }),
    })
  const statusOf = async (name: string): Promise<string | undefined> => (await userOf(at, name)).UserStatus
  await signUpUser(at, 'unconfirmed')
  await addTemporaryUser(at, 'invited')
  await addUser(at, 'confirmed')
  await addVerifiedUser(at, 'reset')
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'reset' })
  for (const name of ['unconfirmed', 'invited', 'confirmed', 'reset']) {
    await set(name, true)
    assert.equal(await statusOf(name), 'CONFIRMED')
    await signIn(at, name, otherPassword)
    for (const permanent of [false, undefined]) {
      await set(name, permanent)
      assert.equal(await statusOf(name), 'FORCE_CHANGE_PASSWORD')
      assert.equal((await challengeOf(at, name, otherPassword)).name, 'NEW_PASSWORD_REQUIRED')
    }
  }
  await refused(set('nobody', true), refusals.noUser)
})

test('AdminSetUserPassword ends no sign-in that went before', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    Password: otherPassword,
    Permanent: true,
  })
  assert.equal((await at.server.call('GetUser', { AccessToken })).Username, 'jane')
  await refused(signIn(at, 'jane'), refusals.incorrect)
})

test('req 5: a change needs the present password, and ends it', async (t) => {
  const at = await startPool(t)
  const { server } = at
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const change = (PreviousPassword: string | undefined, ProposedPassword: string): Promise<unknown> =>
    server.call('ChangePassword', {
      AccessToken,
      ProposedPassword,
      ...(PreviousPassword === undefined ? {} : { PreviousPassword }),
    })
  await refused(change('Wrong-password-1', otherPassword), refusals.incorrect)
  await refused(
    change(undefined, otherPassword),
    'InvalidParameterException: Missing required parameter PreviousPassword',
  )
  await refused(change(otherPassword, otherPassword), refusals.incorrect)
  await signIn(at, 'jane')
  assert.deepEqual(await change(goodPassword, otherPassword), {})
  await refused(signIn(at, 'jane'), refusals.incorrect)
  await signIn(at, 'jane', otherPassword)
  await refused(change(goodPassword, 'Third-password-3'), refusals.incorrect)
})

test('req 60: five changes of a password an hour, wrong ones counted', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const change = (PreviousPassword: string): Promise<unknown> =>
    at.server.call('ChangePassword', { AccessToken, PreviousPassword, ProposedPassword: goodPassword })
  await change(goodPassword)
  for (let tries = 0; tries < 4; tries += 1) await refused(change('Wrong-password-1'), refusals.incorrect)
  await refused(change(goodPassword), refusals.limit)
  at.server.advance(3599)
  const later = await signIn(at, 'jane')
  const again = (): Promise<unknown> =>
    at.server.call('ChangePassword', {
      AccessToken: later.AccessToken,
      PreviousPassword: goodPassword,
      ProposedPassword: goodPassword,
    })
  await refused(again(), refusals.limit)
  at.server.advance(1)
  await again()
})

test('req 7: wrong present passwords count towards the lock along with others, and a lock holds for a change', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const change = (PreviousPassword: string): Promise<unknown> =>
    at.server.call('ChangePassword', { AccessToken, PreviousPassword, ProposedPassword: otherPassword })
  const wrong = 'Wrong-password-1'
  for (let tries = 0; tries < 3; tries += 1) await refused(change(wrong), refusals.incorrect)
  for (let tries = 0; tries < 2; tries += 1) await refused(signIn(at, 'jane', wrong), refusals.incorrect)
  for (const password of [goodPassword, wrong]) {
    await refused(change(password), refusals.locked)
    await refused(signIn(at, 'jane', password), refusals.locked)
  }
  at.server.advance(0.999)
  await refused(change(goodPassword), refusals.locked)
  at.server.advance(0.001)
  await refused(change(wrong), refusals.incorrect)
  await refused(signIn(at, 'jane'), refusals.locked)
  at.server.advance(2)
  // What a lock refused was not counted as one of the five changes an hour.
  assert.deepEqual(await change(goodPassword), {})
  await signIn(at, 'jane', otherPassword)
  assert.ok(at.server.log.some(({ fields }) => fields['reason'] === 'wrong previous password'))
})

test('req 7: a lock that comes while a change is under way holds too', async (t) => {
  const { wrapDatabase, holdNext } = heldCommits()
  const at = await startPool(t, {}, { wrapDatabase })
  const sub = await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const { store, clock } = at.server.context
  const waiting = holdNext(/^update "users"/)
  // The right password, sent along with wrong ones that another server counts before it is written.
  const change = at.server.call('ChangePassword', {
    AccessToken,
    PreviousPassword: goodPassword,
    ProposedPassword: otherPassword,
  })
  const outcome = change.then(
    () => 'changed',
    (error: unknown) => said(error),
  )
  const letGo = await waiting
  const subject = { poolId: at.UserPoolId, id: sub }
  for (const ticket of ['second', 'third', 'fourth', 'fifth']) {
    await store.commit([store.locks.reserve({ subject, ticket }, clock.now())])
  }
  letGo()
  assert.equal(await outcome, refusals.locked)
  at.server.advance(1)
  await signIn(at, 'jane')
})

test('protocol/administration 4.4: while a reset is due the old password buys no new one', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  await at.server.call('AdminResetUserPassword', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await refused(
    at.server.call('ChangePassword', {
      AccessToken,
      PreviousPassword: goodPassword,
      ProposedPassword: otherPassword,
    }),
    'PasswordResetRequiredException: Password reset required for the user',
  )
})
