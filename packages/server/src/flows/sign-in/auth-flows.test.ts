// The table of protocol/authentication 3.8, as data in model/vectors/auth-flows.json: what challenges tell, what
// answers hold, and where they lead; and that the second factor is asked of every way in.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { addUserWithApp, beginByAdmin, beginByPassword, clientOf, respond, tokensOf } from '../../../testing/sign-in.ts'
import { addPool, addUser, goodPassword, type PoolUnderTest, setMfa, startPool } from '../../../testing/pool.ts'
import { countedDatabase, makeTestApp } from '../../../testing/app.ts'
import type { InitiateAuthResponse } from '../../wire/model.gen.ts'

type Transition = { from: string; next: string; output: unknown }

const { transitions } = JSON.parse(readFileSync('model/vectors/auth-flows.json', 'utf8')) as {
  transitions: Transition[]
}

/** The ChallengeParameters that the table names for a challenge, without remarks. */
const parametersOf = (challenge: string): string[] => {
  const row = transitions.find(
    ({ next, output }) =>
      next === challenge && typeof output === 'object' && output !== null && 'ChallengeParameters' in output,
  )
  assert.ok(row, challenge)
  const { ChallengeParameters } = row.output as { ChallengeParameters: string[] }
  return ChallengeParameters.map((parameter) => parameter.split(' ')[0] ?? '')
}

const tells = (answer: InitiateAuthResponse, challenge: string): void => {
  assert.equal(answer.ChallengeName, challenge)
  assert.ok((answer.Session ?? '').length >= 20)
  assert.deepEqual(Object.keys(answer.ChallengeParameters ?? {}).toSorted(), parametersOf(challenge).toSorted())
  for (const value of Object.values(answer.ChallengeParameters ?? {})) assert.equal(typeof value, 'string')
}

test('PASSWORD_VERIFIER, NEW_PASSWORD_REQUIRED and MFA_SETUP tell what the table says', async (t) => {
  const at = await startPool(t, { mfa: 'ON' })
  const { UserPoolId, ClientId } = at
  await at.server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'jane',
    TemporaryPassword: goodPassword,
    MessageAction: 'SUPPRESS',
  })
  const AuthParameters = { USERNAME: 'jane', SRP_A: '2' }
  tells(
    await at.server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }),
    'PASSWORD_VERIFIER',
  )
  const admin = { UserPoolId, ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters } as const
  tells(await at.server.call('AdminInitiateAuth', admin), 'PASSWORD_VERIFIER')
  const due = await beginByPassword(at, 'jane')
  tells(due, 'NEW_PASSWORD_REQUIRED')
  const answers = { USERNAME: 'jane', NEW_PASSWORD: 'Another-horse-8' }
  tells(await respond(at, 'NEW_PASSWORD_REQUIRED', due.Session ?? '', answers), 'MFA_SETUP')
})

type Way = (at: PoolUnderTest) => Promise<unknown>

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }

const bySrp =
  (admin: boolean): Way =>
  async (at) =>
    (await clientOf(at, admin ? { credentials } : {}).signIn({ username: 'jane', password: goodPassword })).step

const ways: Readonly<Record<string, Way>> = {
  password: async (at) => (await beginByPassword(at, 'jane')).ChallengeName,
  admin: async (at) => (await beginByAdmin(at, 'jane')).ChallengeName,
  SRP: bySrp(false),
  'SRP by an administrator': bySrp(true),
}

for (const [name, way] of Object.entries(ways)) {
  test(`req 38: the second factor is asked of a sign-in by ${name}`, async (t) => {
    const at = await startPool(t, { mfa: 'OPTIONAL' })
    await addUserWithApp(at, 'jane')
    assert.match(String(await way(at)), /^(SOFTWARE_TOKEN_MFA|enter-totp)$/)
    await at.server.call('AdminDeleteSoftwareToken', { UserPoolId: at.UserPoolId, Username: 'jane' })
    await setMfa(at, 'ON')
    assert.match(String(await way(at)), /^(MFA_SETUP|set-up-totp)$/)
  })
}

test('a sign-in by SRP is three commits, and five with a code', async (t) => {
  const { database, commits } = countedDatabase()
  const at = await addPool(await makeTestApp(t, { database }), { mfa: 'OPTIONAL' })
  await addUser(at, 'june')
  const app = await addUserWithApp(at, 'jane')
  const pool = clientOf(at)
  commits()
  assert.equal((await pool.signIn({ username: 'june', password: goodPassword })).step, 'signed-in')
  assert.equal(commits(), 3)
  const state = await pool.signIn({ username: 'jane', password: goodPassword })
  assert.equal(state.step, 'enter-totp')
  if (state.step !== 'enter-totp') return
  assert.equal((await pool.answer(state, { code: app.code() })).step, 'signed-in')
  assert.equal(commits(), 5)
})

test('a name of any kind answers, as long as it leads to the user of the Session', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  const user = await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  const sub = user.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
  for (const USERNAME of ['jane', sub]) {
    const { Session = '' } = await beginByPassword(at, USERNAME)
    const answers = { USERNAME, SOFTWARE_TOKEN_MFA_CODE: app.code() }
    tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, answers))
    at.server.advance(30)
  }
})
