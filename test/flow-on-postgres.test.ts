// The whole flow by two servers that share one PostgreSQL and nothing else in memory: it changes from one to the other
// at each step, once in either order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensureReadyPool } from '../packages/server/src/dev/ready-pool.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { openPostgres } from '../packages/server/src/store/database/postgres.ts'
import { makeTestApp, type TestApp } from '../packages/server/testing/app.ts'
import { tokensOf } from '../packages/server/testing/sign-in.ts'
import { startPostgres, unhurried } from '../packages/server/testing/postgres.ts'

const Username = 'jane@example.com'
const Password = 'Correct-horse-7'

const wholeFlow = async (nodes: readonly [TestApp, TestApp], first: 0 | 1): Promise<void> => {
  let turn: number = first
  /** The server whose turn it is; the next call goes to the other. */
  const next = (): TestApp => nodes[(turn++ % 2) as 0 | 1]
  const advance = (seconds: number): void => nodes.forEach((node) => node.advance(seconds))
  const { poolId: UserPoolId, clientId: ClientId } = await ensureReadyPool(nodes[0].context)
  const call: TestApp['call'] = (name, input) => next().call(name, input)
  const up = await call('SignUp', { ClientId, Username, Password })
  await call('ConfirmSignUp', { ClientId, Username, ConfirmationCode: await nodes[first].code(Username) })
  const start = () =>
    call('AdminInitiateAuth', {
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: Username, PASSWORD: Password },
    })
  const asked = await start()
  assert.equal(asked.ChallengeName, 'MFA_SETUP')
  const associated = await call('AssociateSoftwareToken', { Session: asked.Session ?? '' })
  const secret = decodeBase32(associated.SecretCode ?? '')
  const code = (): string => totpCode(secret, totpStep(nodes[0].context.clock.now()))
  const verified = await call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode: code() })
  const setUp = { UserPoolId, ClientId, ChallengeName: 'MFA_SETUP', Session: verified.Session ?? '' } as const
  const answer = { ...setUp, ChallengeResponses: { USERNAME: Username } }
  tokensOf(await call('AdminRespondToAuthChallenge', answer))
  // What was used on one is used on the other.
  await assert.rejects(call('AdminRespondToAuthChallenge', answer), /session can only be used once/)

  const again = await start()
  assert.equal(again.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const respond = () =>
    call('AdminRespondToAuthChallenge', {
      UserPoolId,
      ClientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: again.Session ?? '',
      ChallengeResponses: { USERNAME: Username, SOFTWARE_TOKEN_MFA_CODE: code() },
    })
  await assert.rejects(respond(), { name: 'ExpiredCodeException' })
  advance(30)
  const { AccessToken, RefreshToken } = tokensOf(await respond())
  assert.equal((await call('GetUser', { AccessToken })).Username, up.UserSub)
  const refresh = () =>
    call('InitiateAuth', { ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: RefreshToken } })
  const refreshed = tokensOf(await refresh()).AccessToken
  await call('GetUser', { AccessToken: refreshed })

  // Revoked on one, refused on both.
  await call('RevokeToken', { ClientId, Token: RefreshToken })
  for (const node of nodes) {
    for (const token of [AccessToken, refreshed]) {
      await assert.rejects(node.call('GetUser', { AccessToken: token }), { message: 'Access Token has been revoked' })
    }
  }
  for (const _ of nodes) await assert.rejects(refresh(), { message: 'Refresh Token has been revoked' })

  // Signed out on one, refused on both; then disabled and deleted.
  const signIn = async (): Promise<string> => {
    advance(30)
    const { Session = '' } = await start()
    const ChallengeResponses = { USERNAME: Username, SOFTWARE_TOKEN_MFA_CODE: code() }
    const challenge = { UserPoolId, ClientId, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session } as const
    return tokensOf(await call('AdminRespondToAuthChallenge', { ...challenge, ChallengeResponses })).AccessToken
  }
  const ends: readonly ((AccessToken: string) => Promise<unknown>)[] = [
    (token) => call('GlobalSignOut', { AccessToken: token }),
    () => call('AdminUserGlobalSignOut', { UserPoolId, Username }),
    () => call('AdminDisableUser', { UserPoolId, Username }),
  ]
  for (const end of ends) {
    const token = await signIn()
    await end(token)
    for (const node of nodes) {
      await assert.rejects(node.call('GetUser', { AccessToken: token }), { message: 'Access Token has been revoked' })
    }
  }
  for (const _ of nodes) await assert.rejects(start(), { message: 'User is disabled.' })
  await call('AdminEnableUser', { UserPoolId, Username })
  const token = await signIn()
  await call('AdminDeleteUser', { UserPoolId, Username })
  for (const node of nodes) {
    await assert.rejects(node.call('GetUser', { AccessToken: token }), { message: 'User does not exist.' })
  }
  for (const _ of nodes) await assert.rejects(start(), { message: 'Incorrect username or password.' })
}

for (const first of [0, 1] as const) {
  test(`req 31, 44, 106: the flow changes server at each step, from server ${first + 1} on`, async (t) => {
    const url = await (await startPostgres()).freshDatabase()
    const node = () => makeTestApp(t, { database: openPostgres(url, 4, () => {}, unhurried) })
    const nodes = [await node(), await node()] as const
    await wholeFlow(nodes, first)
    await Promise.all(nodes.map((one) => one.close()))
  })
}
