// Several servers on one database: what one does the others know within a second, and clocks that differ by a few
// seconds harm nothing (requirements 105 to 107).
import assert from 'node:assert/strict'
import type { TestApp } from '../packages/server/testing/app.ts'
import { rotateKeys } from '../packages/server/src/flows/callers/signing.ts'
import {
  addSignInPool,
  signInServer,
  tokensOf,
  type SignInOptions,
  type SignInServer,
} from '../packages/server/testing/sign-in.ts'
import { onBothDatabases, type StartServers } from '../packages/server/testing/databases.ts'

type Nodes = { readonly one: SignInServer; readonly two: SignInServer }

const twoNodes = async (start: StartServers, options: SignInOptions = {}): Promise<Nodes> => {
  const [here, there] = await start(2)
  assert.ok(there)
  const one = await addSignInPool(here, options)
  return { one, two: signInServer(there, one.poolId, one.clientId) }
}

/** Asks until it is so. What never becomes so ends by the time-out of the test. */
const untilTrue = async (ask: () => Promise<boolean>): Promise<void> => {
  while (!(await ask())) await new Promise((resolve) => setImmediate(resolve))
}

const succeeds = async (asked: Promise<unknown>): Promise<boolean> => {
  try {
    await asked
    return true
  } catch {
    return false
  }
}

const revoked = { message: 'Access Token has been revoked' }

onBothDatabases(
  'req 44, 106: sign-out, revocation, disabling and deletion on one are seen on the other at once',
  async (start) => {
    const { one, two } = await twoNodes(start)
    const UserPoolId = one.poolId
    await one.addUser('jane')
    const user = { UserPoolId, Username: 'jane' }
    const ends: readonly ((tokens: { AccessToken: string; RefreshToken: string }) => Promise<unknown>)[] = [
      ({ AccessToken }) => one.call('GlobalSignOut', { AccessToken }),
      () => one.call('AdminUserGlobalSignOut', user),
      ({ RefreshToken }) => one.call('RevokeToken', { ClientId: one.clientId, Token: RefreshToken }),
      () => one.call('AdminDisableUser', user),
    ]
    for (const end of ends) {
      const tokens = await two.signIn('jane')
      await two.call('GetUser', { AccessToken: tokens.AccessToken })
      await end(tokens)
      await assert.rejects(two.call('GetUser', { AccessToken: tokens.AccessToken }), revoked)
      await assert.rejects(two.refresh(tokens.RefreshToken), { name: 'NotAuthorizedException' })
    }
    await assert.rejects(two.start('jane'), { message: 'User is disabled.' })
    await one.call('AdminEnableUser', user)
    const { AccessToken } = await two.signIn('jane')
    await one.call('AdminDeleteUser', user)
    await assert.rejects(two.call('GetUser', { AccessToken }), { message: 'User does not exist.' })
    await assert.rejects(two.start('jane'), { name: 'UserNotFoundException' })
  },
)

onBothDatabases('req 106: a new password on one is the password on the other at once', async (start) => {
  const { one, two } = await twoNodes(start)
  await one.addUser('jane')
  await two.signIn('jane')
  const Password = 'Another-horse-8'
  await one.call('AdminSetUserPassword', { UserPoolId: one.poolId, Username: 'jane', Password, Permanent: true })
  await assert.rejects(two.start('jane'), { message: 'Incorrect username or password.' })
  await two.signIn('jane', Password)
})

onBothDatabases('req 106: changes of clients and pools on one reach the other', async (start) => {
  const { one, two } = await twoNodes(start)
  const { poolId: UserPoolId, clientId: ClientId } = one
  await one.addUser('jane')
  const { AccessToken } = await two.signIn('jane')
  await one.call('UpdateUserPoolClient', { UserPoolId, ClientId, ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] })
  await untilTrue(async () => !(await succeeds(two.start('jane'))))
  await one.call('UpdateUserPoolClient', { UserPoolId, ClientId, ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  await untilTrue(() => succeeds(two.start('jane')))
  await one.setMfa('ON')
  await untilTrue(async () => (await two.start('jane')).ChallengeName === 'MFA_SETUP')
  await one.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await untilTrue(async () => !(await succeeds(two.call('GetUser', { AccessToken }))))
  // A guard in the commit: even a server that still remembers the client gives no tokens for it.
  await assert.rejects(two.start('jane'))
})

onBothDatabases(
  'req 106, 104: a client that was deleted a moment ago on one gives no tokens on the other',
  async (start) => {
    const { one, two } = await twoNodes(start)
    await one.addUser('jane')
    await two.signIn('jane')
    await one.call('DeleteUserPoolClient', { UserPoolId: one.poolId, ClientId: one.clientId })
    await assert.rejects(two.start('jane'), { name: /^(NotAuthorized|ResourceNotFound)Exception$/ })
  },
)

const keysOf = async (server: TestApp & { poolId: string }): Promise<string[]> => {
  const url = `http://127.0.0.1:9229/${server.poolId}/.well-known/jwks.json`
  const { keys } = (await (await server.app.fetch(new Request(url))).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid).toSorted((a, b) => a.localeCompare(b))
}

onBothDatabases(
  'req 51, 106: rotated keys reach the other server, and tokens of either are good on both',
  async (start) => {
    const { one, two } = await twoNodes(start)
    await one.addUser('jane')
    await keysOf(two)
    await rotateKeys(one.context, one.poolId)
    await untilTrue(async () => (await keysOf(two)).length === 4)
    assert.deepEqual(await keysOf(two), await keysOf(one))
    for (const seconds of [0, 3600]) {
      for (const node of [one, two]) node.advance(seconds)
      for (const [signs, reads] of [
        [one, two],
        [two, one],
      ] as const) {
        const { AccessToken } = await signs.signIn('jane')
        await reads.call('GetUser', { AccessToken })
      }
    }
  },
)

for (const [title, seconds] of [
  ['ahead', 5],
  ['behind', -5],
] as const) {
  onBothDatabases(
    `req 107: with the second clock five seconds ${title} a sign-in goes on from either to the other`,
    async (start) => {
      const { one, two } = await twoNodes(start, { mfa: 'ON' })
      two.advance(seconds)
      for (const [index, [here, there]] of (
        [
          [one, two],
          [two, one],
        ] as const
      ).entries()) {
        const username = `jane-${index}`
        await here.addUser(username)
        const asked = await there.start(username)
        const { SecretCode = '', Session = '' } = await here.call('AssociateSoftwareToken', {
          Session: asked.Session ?? '',
        })
        const UserCode = here.appOf(SecretCode).code()
        const verified = await there.call('VerifySoftwareToken', { Session, UserCode })
        const given = await here.answer('MFA_SETUP', verified.Session ?? '', { USERNAME: username })
        const { AccessToken, RefreshToken } = tokensOf(given)
        await there.call('GetUser', { AccessToken })
        await there.call('GetUser', { AccessToken: tokensOf(await there.refresh(RefreshToken)).AccessToken })
        // A used code stays used, whichever clock looks at it.
        const { Session: waiting = '' } = await there.start(username)
        const answers = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: UserCode }
        for (const node of [here, there]) {
          await assert.rejects(node.answer('SOFTWARE_TOKEN_MFA', waiting, answers), {
            name: /^(ExpiredCode|CodeMismatch)Exception$/,
          })
        }
      }
    },
  )

  onBothDatabases(
    `req 48, 107: with the second clock five seconds ${title} a refresh token of grace 0 is good once`,
    async (start) => {
      const client: SignInOptions['client'] = {
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      }
      const { one, two } = await twoNodes(start, { client })
      two.advance(seconds)
      await one.addUser('jane')
      const { RefreshToken } = await one.signIn('jane')
      const renew = (node: SignInServer, token: string) =>
        node.call('GetTokensFromRefreshToken', { ClientId: node.clientId, RefreshToken: token })
      const next = tokensOf(await renew(one, RefreshToken)).RefreshToken
      for (const node of [two, one]) {
        await assert.rejects(renew(node, RefreshToken), { name: 'RefreshTokenReuseException' })
      }
      tokensOf(await renew(two, next))
    },
  )

  onBothDatabases(
    `req 105, 107: with the second clock five seconds ${title} guesses are counted together`,
    async (start) => {
      const { one, two } = await twoNodes(start)
      two.advance(seconds)
      await one.addUser('jane')
      const messages: string[] = []
      for (let guess = 0; guess < 24; guess += 1) {
        const node = guess % 2 === 0 ? one : two
        await node.start('jane', 'Wrong-horse-7').catch(({ message }: Error) => messages.push(message))
      }
      const answered = messages.filter((message) => message === 'Incorrect username or password.').length
      // The server that is ahead sees the first locks of the other as over: 1, 2 and 4 s.
      assert.ok(answered >= 5 && answered <= 8, String(answered))
      for (const node of [one, two]) await assert.rejects(node.start('jane'), { message: 'Password attempts exceeded' })
      for (const node of [one, two]) node.advance(900)
      for (const node of [one, two]) tokensOf(await node.start('jane'))
    },
  )
}
