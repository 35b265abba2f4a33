import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addUserWithApp,
  beginByAdmin,
  beginByPassword,
  refresh,
  respond,
  signIn,
  tokensOf,
} from '../../../testing/sign-in.ts'
import { addPool, addUser, goodPassword, onServer, type PoolUnderTest, startPool } from '../../../testing/pool.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { countedDatabase, makeTestApp } from '../../../testing/app.ts'

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }

const wrong = 'Wrong-horse-7'

const guess = async (at: PoolUnderTest, times: number, username = 'jane'): Promise<void> => {
  for (let made = 0; made < times; made += 1) await assert.rejects(beginByPassword(at, username, wrong), incorrect)
}

test('req 6: four wrong passwords lock nothing; a right one starts the count again', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  for (let round = 0; round < 3; round += 1) {
    await guess(at, 4)
    tokensOf(await beginByPassword(at, 'jane'))
  }
})

test('req 6: seven wrong passwords in a row, then the right one is refused, and taken in 40 s', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const answers: string[] = []
  for (let made = 0; made < 7; made += 1) {
    await beginByPassword(at, 'jane', wrong).catch(({ message }: Error) => answers.push(message))
  }
  assert.deepEqual(answers, [...Array<string>(5).fill(incorrect.message), locked.message, locked.message])
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  at.server.advance(40)
  tokensOf(await beginByPassword(at, 'jane'))
})

test('req 6: from the fifth on each failure doubles the lock, from 1 s to 15 min', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  await guess(at, 4)
  for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]) {
    await guess(at, 1)
    await assert.rejects(beginByPassword(at, 'jane'), locked, `${seconds} s, at once`)
    at.server.advance(seconds - 0.001)
    await assert.rejects(beginByPassword(at, 'jane'), locked, `${seconds} s, just before`)
    at.server.advance(0.001)
  }
  tokensOf(await beginByPassword(at, 'jane'))
})

test('req 6: attempts in a lock do not lengthen it, right or wrong', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  await guess(at, 5)
  for (let made = 0; made < 40; made += 1) {
    await assert.rejects(beginByPassword(at, 'jane', made % 2 === 0 ? goodPassword : wrong), locked)
    at.server.advance(0.02)
  }
  at.server.advance(0.2)
  tokensOf(await beginByPassword(at, 'jane'))
})

test('req 6: a quarter of an hour without attempts forgets the failures', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  await guess(at, 4)
  at.server.advance(899)
  await guess(at, 1)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  at.server.advance(901)
  await guess(at, 4)
  tokensOf(await beginByPassword(at, 'jane'))
})

test('req 6: a lock is one user’s, and the log says how long it holds', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  await addUser(at, 'june')
  await guess(at, 5)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  tokensOf(await beginByPassword(at, 'june'))
  assert.ok(at.server.log.some(({ fields }) => fields['reason'] === 'the user is locked for another 1 s'))
})

test('req 11: a lock does not say whether the user is there, where that is hidden: names of nobody lock alike', async (t) => {
  const at = await startPool(t, { client: { PreventUserExistenceErrors: 'ENABLED' } })
  await addUser(at, 'jane')
  const said = async (username: string): Promise<string[]> => {
    const messages: string[] = []
    for (const seconds of [0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0]) {
      at.server.advance(seconds)
      await beginByPassword(at, username, wrong).catch(({ message }: Error) => messages.push(message))
    }
    return messages
  }
  assert.deepEqual(await said('nobody'), await said('jane'))
})

const srpStart = (at: PoolUnderTest, A: string) =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: A },
  })

/** Begins by SRP. @returns what answers with a right or a wrong proof */
const bySrp = async (at: PoolUnderTest): Promise<(given: string) => Promise<unknown>> => {
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await srpStart(at, keys.A.toString(16))
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = ChallengeParameters
  return async (given) => {
    const timestamp = srpTimestamp(at.server.context.clock.now())
    const poolName = at.UserPoolId.split('_')[1] ?? ''
    const question = { keys, poolName, userId: 'jane', password: given, salt, B, secretBlock, timestamp }
    return at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: 'jane',
        PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
        PASSWORD_CLAIM_SIGNATURE: await srpSignature(question),
        TIMESTAMP: timestamp,
      },
    })
  }
}

// Every way in: how it fails, and how it succeeds. Each locks, and each is held by the locks of the others.
type Way = { wrong: () => Promise<unknown>; right: () => Promise<unknown> }

const waysOf = async (at: PoolUnderTest): Promise<Record<string, Way>> => {
  const app = await addUserWithApp(at, 'jane')
  const { UserPoolId, ClientId } = at
  const { Session = '' } = await beginByPassword(at, 'jane')
  const AccessToken = tokensOf(
    await respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }),
  ).AccessToken
  at.server.advance(60)
  const waiting = (await beginByPassword(at, 'jane')).Session ?? ''
  const proof = await bySrp(at)
  const answers = (code: string) => ({ USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const next = appOf(at, SecretCode)
  const adminAnswer = (code: string) =>
    at.server.call('AdminRespondToAuthChallenge', {
      UserPoolId,
      ClientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: waiting,
      ChallengeResponses: answers(code),
    })
  const verify = (UserCode: string) => at.server.call('VerifySoftwareToken', { AccessToken, UserCode })
  return {
    password: { wrong: () => beginByPassword(at, 'jane', wrong), right: () => beginByPassword(at, 'jane') },
    admin: { wrong: () => beginByAdmin(at, 'jane', wrong), right: () => beginByAdmin(at, 'jane') },
    SRP: { wrong: () => proof(wrong), right: () => proof(goodPassword) },
    code: {
      wrong: () => respond(at, 'SOFTWARE_TOKEN_MFA', waiting, answers(app.code(7))),
      right: () => respond(at, 'SOFTWARE_TOKEN_MFA', waiting, answers(app.code())),
    },
    'admin code': { wrong: () => adminAnswer(app.code(7)), right: () => adminAnswer(app.code()) },
    enrolment: { wrong: () => verify(next.code(7)), right: () => verify(next.code()) },
  }
}

const ways = ['password', 'admin', 'SRP', 'code', 'admin code', 'enrolment'] as const

for (const by of ways) {
  test(`req 7: a lock by ${by} holds on every other way in`, async (t) => {
    for (const held of ways) {
      const at = await startPool(t, { mfa: 'OPTIONAL', client: { AuthSessionValidity: 15 } })
      const all = await waysOf(at)
      for (let made = 0; made < 5; made += 1) {
        await assert.rejects(all[by]?.wrong() ?? Promise.resolve(), ({ message }: Error) => message !== locked.message)
      }
      await assert.rejects(all[held]?.right() ?? Promise.resolve(), locked, held)
      await assert.rejects(srpStart(at, '2'), locked)
      at.server.advance(1)
      await all[held]?.right()
    }
  })
}

test('req 7: a lock holds in the session that waits for a new password', async (t) => {
  const at = await startPool(t)
  const TemporaryPassword = 'Temporary-horse-1'
  const invited = { UserPoolId: at.UserPoolId, Username: 'jane', TemporaryPassword } as const
  await at.server.call('AdminCreateUser', { ...invited, MessageAction: 'SUPPRESS' })
  const { Session = '' } = await beginByPassword(at, 'jane', TemporaryPassword)
  await guess(at, 5)
  const answer = () => respond(at, 'NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'jane', NEW_PASSWORD: goodPassword })
  await assert.rejects(answer(), locked)
  at.server.advance(1)
  tokensOf(await answer())
})

test('req 7: a lock holds in the sessions of MFA_SETUP', async (t) => {
  const at = await startPool(t, { mfa: 'ON' })
  await addUser(at, 'jane')
  const { Session = '' } = await beginByPassword(at, 'jane')
  await guess(at, 5)
  await assert.rejects(at.server.call('AssociateSoftwareToken', { Session }), locked)
  at.server.advance(1)
  const associated = await at.server.call('AssociateSoftwareToken', { Session })
  const app = appOf(at, associated.SecretCode ?? '')
  await guess(at, 1)
  const verify = () =>
    at.server.call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode: app.code() })
  await assert.rejects(verify(), locked)
  at.server.advance(2)
  const verified = await verify()
  await guess(at, 1)
  const finish = () => respond(at, 'MFA_SETUP', verified.Session ?? '', { USERNAME: 'jane' })
  await assert.rejects(finish(), locked)
  at.server.advance(4)
  tokensOf(await finish())
})

test('req 7: after a reset neither the old password nor a refresh gives tokens', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const { RefreshToken } = await signIn(at, 'jane')
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await at.server.call('AdminUpdateUserAttributes', { ...user, UserAttributes })
  await at.server.call('AdminResetUserPassword', user)
  const due = { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' }
  await assert.rejects(beginByPassword(at, 'jane'), due)
  await assert.rejects(refresh(at, RefreshToken), due)
  await assert.rejects(at.server.call('GetTokensFromRefreshToken', { ClientId: at.ClientId, RefreshToken }), due)
  await guess(at, 5)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
})

test('a lock shuts nobody out who is signed in: access and refresh tokens go on', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  await guess(at, 5)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  await at.server.call('GetUser', { AccessToken })
  tokensOf(await refresh(at, RefreshToken))
})

onBothDatabases('req 6, 104: of fifty wrong passwords at once over two servers five are answered', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0])
  await addUser(at, 'jane')
  const { won, refused } = await raceOfFifty(apps, (app) => beginByPassword(onServer(app, at), 'jane', wrong))
  assert.equal(won.length, 0)
  const said = (message: string): number => refused.filter((refusal) => refusal.message === message).length
  assert.equal(said(incorrect.message), 5)
  assert.equal(said(locked.message), 45)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  apps[0].advance(1)
  tokensOf(await beginByPassword(at, 'jane'))
})

onBothDatabases('req 20, 104: of fifty wrong codes at once over two servers five are answered', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  // The clock of the other server goes with it.
  for (const other of apps.slice(1)) other.advance(30)
  const { Session = '' } = await beginByPassword(at, 'jane')
  const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code(7) }
  const { won, refused } = await raceOfFifty(apps, (node) =>
    respond(onServer(node, at), 'SOFTWARE_TOKEN_MFA', Session, answers),
  )
  assert.equal(won.length, 0)
  assert.equal(refused.filter(({ name }) => name === 'CodeMismatchException').length, 5)
  assert.equal(refused.filter(({ message }) => message === locked.message).length, 45)
  const right = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  await assert.rejects(respond(at, 'SOFTWARE_TOKEN_MFA', Session, right), locked)
})

onBothDatabases('req 105: guesses over three nodes are one count', async (start) => {
  const apps = await start(3)
  const at = await addPool(apps[0])
  await addUser(at, 'jane')
  const nodes = apps.map((app) => onServer(app, at))
  for (const node of [...nodes, ...nodes].slice(0, 5))
    await assert.rejects(beginByPassword(node, 'jane', wrong), incorrect)
  for (const node of nodes) await assert.rejects(beginByPassword(node, 'jane'), locked)
  // Each node has its own clock.
  for (const app of apps) app.advance(1)
  for (const node of nodes) tokensOf(await beginByPassword(node, 'jane'))
})

onBothDatabases('req 105: a restart clears no lock and no count', async (start) => {
  const [before] = await start(1)
  assert.ok(before)
  const at = await addPool(before)
  for (const username of ['jane', 'june']) await addUser(at, username)
  await guess(at, 5, 'jane')
  await guess(at, 4, 'june')
  const [again] = await start(1)
  assert.ok(again)
  const after = onServer(again, at)
  await assert.rejects(beginByPassword(after, 'jane'), locked)
  await guess(after, 1, 'june')
  await assert.rejects(beginByPassword(after, 'june'), locked)
})

test('req 105: a refused guess is on the disk before it is answered', async (t) => {
  const { database, commits } = countedDatabase()
  const at = await addPool(await makeTestApp(t, { database }))
  await addUser(at, 'jane')
  commits()
  await guess(at, 1)
  assert.equal(commits(), 1)
})

for (const [what, ahead] of [
  ['an hour', 3600],
  ['30 days', 30 * 86_400],
] as const) {
  test(`req F8: a lock that came while the clock stood ${what} ahead is no longer than its rule from now`, async (t) => {
    const at = await startPool(t)
    for (const username of ['jane', 'june']) await addUser(at, username)
    at.server.advance(ahead)
    await guess(at, 5, 'jane')
    await guess(at, 4, 'june')
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]) {
      await guess(at, 1, 'june')
      at.server.advance(seconds)
    }
    at.server.advance(-900)
    await assert.rejects(beginByPassword(at, 'june'), locked, 'the longest lock holds')
    at.server.advance(-ahead - 1123)
    // What is looked at first shortens the lock; it has to end by the rule from then on.
    for (const [username, seconds] of [
      ['jane', 1],
      ['june', 900],
    ] as const) {
      await assert.rejects(beginByPassword(at, username), locked)
      at.server.advance(seconds - 0.001)
      await assert.rejects(beginByPassword(at, username), locked)
      at.server.advance(0.001)
      tokensOf(await beginByPassword(at, username))
    }
  })
}

const administrators: Readonly<Record<string, (at: PoolUnderTest) => Promise<void>>> = {
  'by a permanent password': async ({ server: { call }, UserPoolId }) => {
    await call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: goodPassword, Permanent: true })
  },
  'by enabling the user': async ({ server: { call }, UserPoolId }) => {
    await call('AdminEnableUser', { UserPoolId, Username: 'jane' })
  },
  'by disabling and enabling the user': async ({ server: { call }, UserPoolId }) => {
    await call('AdminDisableUser', { UserPoolId, Username: 'jane' })
    await call('AdminEnableUser', { UserPoolId, Username: 'jane' })
  },
}

for (const [how, lift] of Object.entries(administrators)) {
  onBothDatabases(`an administrator ends a lock ${how}, and the count with it`, async (start) => {
    const [app] = await start(1)
    const at = await addPool(app)
    await addUser(at, 'jane')
    await guess(at, 5)
    await assert.rejects(beginByPassword(at, 'jane'), locked)
    await lift(at)
    await guess(at, 4)
    tokensOf(await beginByPassword(at, 'jane'))
  })
}

test('a temporary password that an administrator sets ends no lock', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  await guess(at, 5)
  const Password = 'Temporary-horse-1'
  await at.server.call('AdminSetUserPassword', { UserPoolId: at.UserPoolId, Username: 'jane', Password })
  await assert.rejects(beginByPassword(at, 'jane', Password), locked)
})

test('req 20: a right password does not clear the count of wrong codes', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  for (let made = 0; made < 5; made += 1) {
    const { Session = '' } = await beginByPassword(at, 'jane')
    const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code(7) }
    await assert.rejects(respond(at, 'SOFTWARE_TOKEN_MFA', Session, answers), { name: 'CodeMismatchException' })
  }
  await assert.rejects(beginByPassword(at, 'jane'), locked)
})

test('a refusal that tells nothing of a guess is not counted', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  const { Session = '' } = await beginByPassword(at, 'jane')
  for (let made = 0; made < 20; made += 1) {
    const without = respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane' })
    await assert.rejects(without, { name: 'InvalidParameterException' })
  }
  tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }))
})

test('req 15: a right password that is refused for the state of its user is not counted', async (t) => {
  const at = await startPool(t)
  await at.server.call('SignUp', { ClientId: at.ClientId, Username: 'jane', Password: goodPassword })
  for (let made = 0; made < 20; made += 1) {
    await assert.rejects(beginByPassword(at, 'jane'), { name: 'UserNotConfirmedException' })
  }
})
