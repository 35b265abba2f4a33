import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { countedDatabase, makeTestApp } from '../../../testing/app.ts'
import {
  addSignInPool,
  makeSignInServer,
  password,
  signInServer,
  tokensOf,
  type SignInServer,
} from '../../../testing/sign-in.ts'

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }

const wrong = 'Wrong-horse-7'

const guess = async (server: SignInServer, times: number, username = 'jane'): Promise<void> => {
  for (let made = 0; made < times; made += 1) await assert.rejects(server.start(username, wrong), incorrect)
}

test('req 6: four wrong passwords lock nothing; a right one starts the count again', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  for (let round = 0; round < 3; round += 1) {
    await guess(server, 4)
    tokensOf(await server.start('jane'))
  }
})

test('req 6: seven wrong passwords in a row, then the right one is refused, and taken in 40 s', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  const answers: string[] = []
  for (let made = 0; made < 7; made += 1) {
    await server.start('jane', wrong).catch(({ message }: Error) => answers.push(message))
  }
  assert.deepEqual(answers, [...Array<string>(5).fill(incorrect.message), locked.message, locked.message])
  await assert.rejects(server.start('jane'), locked)
  server.advance(40)
  tokensOf(await server.start('jane'))
})

test('req 6: from the fifth on each failure doubles the lock, from 1 s to 15 min', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  await guess(server, 4)
  for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]) {
    await guess(server, 1)
    await assert.rejects(server.start('jane'), locked, `${seconds} s, at once`)
    server.advance(seconds - 0.001)
    await assert.rejects(server.start('jane'), locked, `${seconds} s, just before`)
    server.advance(0.001)
  }
  tokensOf(await server.start('jane'))
})

test('req 6: attempts in a lock do not lengthen it, right or wrong', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  await guess(server, 5)
  for (let made = 0; made < 40; made += 1) {
    await assert.rejects(server.start('jane', made % 2 === 0 ? password : wrong), locked)
    server.advance(0.02)
  }
  server.advance(0.2)
  tokensOf(await server.start('jane'))
})

test('req 6: a quarter of an hour without attempts forgets the failures', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  await guess(server, 4)
  server.advance(899)
  await guess(server, 1)
  await assert.rejects(server.start('jane'), locked)
  server.advance(901)
  await guess(server, 4)
  tokensOf(await server.start('jane'))
})

test('req 6: a lock is one user’s, and the log says how long it holds', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  await server.addUser('june')
  await guess(server, 5)
  await assert.rejects(server.start('jane'), locked)
  tokensOf(await server.start('june'))
  assert.ok(server.log.some(({ fields }) => fields['reason'] === 'the user is locked for another 1 s'))
})

test('req 11: a lock does not say whether the user is there, where that is hidden: names of nobody lock alike', async (t) => {
  const server = await makeSignInServer(t, { client: { PreventUserExistenceErrors: 'ENABLED' } })
  await server.addUser('jane')
  const said = async (username: string): Promise<string[]> => {
    const messages: string[] = []
    for (const seconds of [0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0]) {
      server.advance(seconds)
      await server.start(username, wrong).catch(({ message }: Error) => messages.push(message))
    }
    return messages
  }
  assert.deepEqual(await said('nobody'), await said('jane'))
})

const srpStart = (server: SignInServer, A: string) =>
  server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: A },
  })

/** Begins by SRP. @returns what answers with a right or a wrong proof */
const bySrp = async (server: SignInServer): Promise<(given: string) => Promise<unknown>> => {
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await srpStart(server, keys.A.toString(16))
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = ChallengeParameters
  return async (given) => {
    const timestamp = srpTimestamp(server.context.clock.now())
    const poolName = server.poolId.split('_')[1] ?? ''
    const question = { keys, poolName, userId: 'jane', password: given, salt, B, secretBlock, timestamp }
    return server.call('RespondToAuthChallenge', {
      ClientId: server.clientId,
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

const waysOf = async (server: SignInServer): Promise<Record<string, Way>> => {
  const app = await server.addUserWithApp('jane')
  const { poolId: UserPoolId, clientId: ClientId } = server
  const { Session = '' } = await server.start('jane')
  const AccessToken = tokensOf(
    await server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }),
  ).AccessToken
  server.advance(60)
  const waiting = (await server.start('jane')).Session ?? ''
  const proof = await bySrp(server)
  const answers = (code: string) => ({ USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const next = server.appOf(SecretCode)
  const adminAnswer = (code: string) =>
    server.call('AdminRespondToAuthChallenge', {
      UserPoolId,
      ClientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: waiting,
      ChallengeResponses: answers(code),
    })
  const verify = (UserCode: string) => server.call('VerifySoftwareToken', { AccessToken, UserCode })
  return {
    password: { wrong: () => server.start('jane', wrong), right: () => server.start('jane') },
    admin: { wrong: () => server.adminStart('jane', wrong), right: () => server.adminStart('jane') },
    SRP: { wrong: () => proof(wrong), right: () => proof(password) },
    code: {
      wrong: () => server.answer('SOFTWARE_TOKEN_MFA', waiting, answers(app.code(7))),
      right: () => server.answer('SOFTWARE_TOKEN_MFA', waiting, answers(app.code())),
    },
    'admin code': { wrong: () => adminAnswer(app.code(7)), right: () => adminAnswer(app.code()) },
    enrolment: { wrong: () => verify(next.code(7)), right: () => verify(next.code()) },
  }
}

const ways = ['password', 'admin', 'SRP', 'code', 'admin code', 'enrolment'] as const

for (const by of ways) {
  test(`req 7: a lock by ${by} holds on every other way in`, async (t) => {
    for (const held of ways) {
      const server = await makeSignInServer(t, { mfa: 'OPTIONAL', client: { AuthSessionValidity: 15 } })
      const all = await waysOf(server)
      for (let made = 0; made < 5; made += 1) {
        await assert.rejects(all[by]?.wrong() ?? Promise.resolve(), ({ message }: Error) => message !== locked.message)
      }
      await assert.rejects(all[held]?.right() ?? Promise.resolve(), locked, held)
      await assert.rejects(srpStart(server, '2'), locked)
      server.advance(1)
      await all[held]?.right()
    }
  })
}

test('req 7: a lock holds in the session that waits for a new password', async (t) => {
  const server = await makeSignInServer(t)
  const TemporaryPassword = 'Temporary-horse-1'
  const invited = { UserPoolId: server.poolId, Username: 'jane', TemporaryPassword } as const
  await server.call('AdminCreateUser', { ...invited, MessageAction: 'SUPPRESS' })
  const { Session = '' } = await server.start('jane', TemporaryPassword)
  await guess(server, 5)
  const answer = () => server.answer('NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'jane', NEW_PASSWORD: password })
  await assert.rejects(answer(), locked)
  server.advance(1)
  tokensOf(await answer())
})

test('req 7: a lock holds in the sessions of MFA_SETUP', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'ON' })
  await server.addUser('jane')
  const { Session = '' } = await server.start('jane')
  await guess(server, 5)
  await assert.rejects(server.call('AssociateSoftwareToken', { Session }), locked)
  server.advance(1)
  const associated = await server.call('AssociateSoftwareToken', { Session })
  const app = server.appOf(associated.SecretCode ?? '')
  await guess(server, 1)
  const verify = () => server.call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode: app.code() })
  await assert.rejects(verify(), locked)
  server.advance(2)
  const verified = await verify()
  await guess(server, 1)
  const finish = () => server.answer('MFA_SETUP', verified.Session ?? '', { USERNAME: 'jane' })
  await assert.rejects(finish(), locked)
  server.advance(4)
  tokensOf(await finish())
})

test('req 7: after a reset neither the old password nor a refresh gives tokens', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  const { RefreshToken } = await server.signIn('jane')
  const user = { UserPoolId: server.poolId, Username: 'jane' }
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await server.call('AdminUpdateUserAttributes', { ...user, UserAttributes })
  await server.call('AdminResetUserPassword', user)
  const due = { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' }
  await assert.rejects(server.start('jane'), due)
  await assert.rejects(server.refresh(RefreshToken), due)
  await assert.rejects(server.call('GetTokensFromRefreshToken', { ClientId: server.clientId, RefreshToken }), due)
  await guess(server, 5)
  await assert.rejects(server.start('jane'), locked)
})

test('a lock shuts nobody out who is signed in: access and refresh tokens go on', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  const { AccessToken, RefreshToken } = await server.signIn('jane')
  await guess(server, 5)
  await assert.rejects(server.start('jane'), locked)
  await server.call('GetUser', { AccessToken })
  tokensOf(await server.refresh(RefreshToken))
})

onBothDatabases('req 6, 104: of fifty wrong passwords at once over two servers five are answered', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0])
  await server.addUser('jane')
  const { won, refused } = await raceOfFifty(apps, (app) =>
    signInServer(app, server.poolId, server.clientId).start('jane', wrong),
  )
  assert.equal(won.length, 0)
  const said = (message: string): number => refused.filter((refusal) => refusal.message === message).length
  assert.equal(said(incorrect.message), 5)
  assert.equal(said(locked.message), 45)
  await assert.rejects(server.start('jane'), locked)
  apps[0].advance(1)
  tokensOf(await server.start('jane'))
})

onBothDatabases('req 20, 104: of fifty wrong codes at once over two servers five are answered', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  // The clock of the other server goes with it.
  for (const other of apps.slice(1)) other.advance(30)
  const { Session = '' } = await server.start('jane')
  const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code(7) }
  const { won, refused } = await raceOfFifty(apps, (node) =>
    signInServer(node, server.poolId, server.clientId).answer('SOFTWARE_TOKEN_MFA', Session, answers),
  )
  assert.equal(won.length, 0)
  assert.equal(refused.filter(({ name }) => name === 'CodeMismatchException').length, 5)
  assert.equal(refused.filter(({ message }) => message === locked.message).length, 45)
  const right = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  await assert.rejects(server.answer('SOFTWARE_TOKEN_MFA', Session, right), locked)
})

onBothDatabases('req 105: guesses over three nodes are one count', async (start) => {
  const apps = await start(3)
  const server = await addSignInPool(apps[0])
  await server.addUser('jane')
  const nodes = apps.map((app) => signInServer(app, server.poolId, server.clientId))
  for (const node of [...nodes, ...nodes].slice(0, 5)) await assert.rejects(node.start('jane', wrong), incorrect)
  for (const node of nodes) await assert.rejects(node.start('jane'), locked)
  // Each node has its own clock.
  for (const app of apps) app.advance(1)
  for (const node of nodes) tokensOf(await node.start('jane'))
})

onBothDatabases('req 105: a restart clears no lock and no count', async (start) => {
  const [before] = await start(1)
  assert.ok(before)
  const server = await addSignInPool(before)
  for (const username of ['jane', 'june']) await server.addUser(username)
  await guess(server, 5, 'jane')
  await guess(server, 4, 'june')
  const [again] = await start(1)
  assert.ok(again)
  const after = signInServer(again, server.poolId, server.clientId)
  await assert.rejects(after.start('jane'), locked)
  await guess(after, 1, 'june')
  await assert.rejects(after.start('june'), locked)
})

test('req 105: a refused guess is on the disk before it is answered', async (t) => {
  const { database, commits } = countedDatabase()
  const server = await addSignInPool(await makeTestApp(t, { database }))
  await server.addUser('jane')
  commits()
  await guess(server, 1)
  assert.equal(commits(), 1)
})

for (const [what, ahead] of [
  ['an hour', 3600],
  ['30 days', 30 * 86_400],
] as const) {
  test(`req F8: a lock that came while the clock stood ${what} ahead is no longer than its rule from now`, async (t) => {
    const server = await makeSignInServer(t)
    for (const username of ['jane', 'june']) await server.addUser(username)
    server.advance(ahead)
    await guess(server, 5, 'jane')
    await guess(server, 4, 'june')
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]) {
      await guess(server, 1, 'june')
      server.advance(seconds)
    }
    server.advance(-900)
    await assert.rejects(server.start('june'), locked, 'the longest lock holds')
    server.advance(-ahead - 1123)
    // What is looked at first shortens the lock; it has to end by the rule from then on.
    for (const [username, seconds] of [
      ['jane', 1],
      ['june', 900],
    ] as const) {
      await assert.rejects(server.start(username), locked)
      server.advance(seconds - 0.001)
      await assert.rejects(server.start(username), locked)
      server.advance(0.001)
      tokensOf(await server.start(username))
    }
  })
}

const administrators: Readonly<Record<string, (server: SignInServer) => Promise<void>>> = {
  'by a permanent password': async ({ call, poolId: UserPoolId }) => {
    await call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: password, Permanent: true })
  },
  'by enabling the user': async ({ call, poolId: UserPoolId }) => {
    await call('AdminEnableUser', { UserPoolId, Username: 'jane' })
  },
  'by disabling and enabling the user': async ({ call, poolId: UserPoolId }) => {
    await call('AdminDisableUser', { UserPoolId, Username: 'jane' })
    await call('AdminEnableUser', { UserPoolId, Username: 'jane' })
  },
}

for (const [how, lift] of Object.entries(administrators)) {
  onBothDatabases(`an administrator ends a lock ${how}, and the count with it`, async (start) => {
    const [app] = await start(1)
    const server = await addSignInPool(app)
    await server.addUser('jane')
    await guess(server, 5)
    await assert.rejects(server.start('jane'), locked)
    await lift(server)
    await guess(server, 4)
    tokensOf(await server.start('jane'))
  })
}

test('a temporary password that an administrator sets ends no lock', async (t) => {
  const server = await makeSignInServer(t)
  await server.addUser('jane')
  await guess(server, 5)
  const Password = 'Temporary-horse-1'
  await server.call('AdminSetUserPassword', { UserPoolId: server.poolId, Username: 'jane', Password })
  await assert.rejects(server.start('jane', Password), locked)
})

test('req 20: a right password does not clear the count of wrong codes', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  for (let made = 0; made < 5; made += 1) {
    const { Session = '' } = await server.start('jane')
    const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code(7) }
    await assert.rejects(server.answer('SOFTWARE_TOKEN_MFA', Session, answers), { name: 'CodeMismatchException' })
  }
  await assert.rejects(server.start('jane'), locked)
})

test('a refusal that tells nothing of a guess is not counted', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  const { Session = '' } = await server.start('jane')
  for (let made = 0; made < 20; made += 1) {
    const without = server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane' })
    await assert.rejects(without, { name: 'InvalidParameterException' })
  }
  tokensOf(
    await server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }),
  )
})

test('req 15: a right password that is refused for the state of its user is not counted', async (t) => {
  const server = await makeSignInServer(t)
  await server.call('SignUp', { ClientId: server.clientId, Username: 'jane', Password: password })
  for (let made = 0; made < 20; made += 1) {
    await assert.rejects(server.start('jane'), { name: 'UserNotConfirmedException' })
  }
})
