// Several servers on one database: what one does the others know within a second, and clocks that differ by a few
// seconds harm nothing (requirements 105 to 107).
import assert from 'node:assert/strict'
import { beginByPassword, refresh, respond, signIn, tokensOf } from '../packages/server/testing/sign-in.ts'
import {
  addPool,
  addUser,
  onServer,
  type PoolChoice,
  type PoolUnderTest,
  setMfa,
} from '../packages/server/testing/pool.ts'
import { appOf } from '../packages/server/testing/authenticator-app.ts'
import { rotateKeys } from '../packages/server/src/flows/callers/signing.ts'
import { onBothDatabases, type StartServers } from '../packages/server/testing/databases.ts'

type Nodes = { readonly one: PoolUnderTest; readonly two: PoolUnderTest }

const twoNodes = async (start: StartServers, options: PoolChoice = {}): Promise<Nodes> => {
  const [here, there] = await start(2)
  assert.ok(there)
  const one = await addPool(here, options)
  return { one, two: onServer(there, one) }
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
    const UserPoolId = one.UserPoolId
    await addUser(one, 'jane')
    const user = { UserPoolId, Username: 'jane' }
    const ends: readonly ((tokens: { AccessToken: string; RefreshToken: string }) => Promise<unknown>)[] = [
      ({ AccessToken }) => one.server.call('GlobalSignOut', { AccessToken }),
      () => one.server.call('AdminUserGlobalSignOut', user),
      ({ RefreshToken }) => one.server.call('RevokeToken', { ClientId: one.ClientId, Token: RefreshToken }),
      () => one.server.call('AdminDisableUser', user),
    ]
    for (const end of ends) {
      const tokens = await signIn(two, 'jane')
      await two.server.call('GetUser', { AccessToken: tokens.AccessToken })
      await end(tokens)
      await assert.rejects(two.server.call('GetUser', { AccessToken: tokens.AccessToken }), revoked)
      await assert.rejects(refresh(two, tokens.RefreshToken), { name: 'NotAuthorizedException' })
    }
    await assert.rejects(beginByPassword(two, 'jane'), { message: 'User is disabled.' })
    await one.server.call('AdminEnableUser', user)
    const { AccessToken } = await signIn(two, 'jane')
    await one.server.call('AdminDeleteUser', user)
    await assert.rejects(two.server.call('GetUser', { AccessToken }), { message: 'User does not exist.' })
    await assert.rejects(beginByPassword(two, 'jane'), { name: 'UserNotFoundException' })
  },
)

onBothDatabases('req 106: a new password on one is the password on the other at once', async (start) => {
  const { one, two } = await twoNodes(start)
  await addUser(one, 'jane')
  await signIn(two, 'jane')
  const Password = 'Another-horse-8'
  await one.server.call('AdminSetUserPassword', {
    UserPoolId: one.UserPoolId,
    Username: 'jane',
    Password,
    Permanent: true,
  })
  await assert.rejects(beginByPassword(two, 'jane'), { message: 'Incorrect username or password.' })
  await signIn(two, 'jane', Password)
})

onBothDatabases('req 106: changes of clients and pools on one reach the other', async (start) => {
  const { one, two } = await twoNodes(start)
  const { UserPoolId, ClientId } = one
  await addUser(one, 'jane')
  const { AccessToken } = await signIn(two, 'jane')
  await one.server.call('UpdateUserPoolClient', { UserPoolId, ClientId, ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] })
  await untilTrue(async () => !(await succeeds(beginByPassword(two, 'jane'))))
  await one.server.call('UpdateUserPoolClient', {
    UserPoolId,
    ClientId,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  })
  await untilTrue(() => succeeds(beginByPassword(two, 'jane')))
  await setMfa(one, 'ON')
  await untilTrue(async () => (await beginByPassword(two, 'jane')).ChallengeName === 'MFA_SETUP')
  await one.server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await untilTrue(async () => !(await succeeds(two.server.call('GetUser', { AccessToken }))))
  // A guard in the commit: even a server that still remembers the client gives no tokens for it.
  await assert.rejects(beginByPassword(two, 'jane'))
})

onBothDatabases(
  'req 106, 104: a client that was deleted a moment ago on one gives no tokens on the other',
  async (start) => {
    const { one, two } = await twoNodes(start)
    await addUser(one, 'jane')
    await signIn(two, 'jane')
    await one.server.call('DeleteUserPoolClient', { UserPoolId: one.UserPoolId, ClientId: one.ClientId })
    await assert.rejects(beginByPassword(two, 'jane'), { name: /^(NotAuthorized|ResourceNotFound)Exception$/ })
  },
)

const keysOf = async ({ server, UserPoolId }: PoolUnderTest): Promise<string[]> => {
  const url = `http://127.0.0.1:9229/${UserPoolId}/.well-known/jwks.json`
  const { keys } = (await (await server.app.fetch(new Request(url))).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid).toSorted((a, b) => a.localeCompare(b))
}

onBothDatabases(
  'req 51, 106: rotated keys reach the other server, and tokens of either are good on both',
  async (start) => {
    const { one, two } = await twoNodes(start)
    await addUser(one, 'jane')
    await keysOf(two)
    await rotateKeys(one.server.context, one.UserPoolId)
    await untilTrue(async () => (await keysOf(two)).length === 4)
    assert.deepEqual(await keysOf(two), await keysOf(one))
    for (const seconds of [0, 3600]) {
      for (const node of [one, two]) node.server.advance(seconds)
      for (const [signs, reads] of [
        [one, two],
        [two, one],
      ] as const) {
        const { AccessToken } = await signIn(signs, 'jane')
        await reads.server.call('GetUser', { AccessToken })
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
      two.server.advance(seconds)
      for (const [index, [here, there]] of (
        [
          [one, two],
          [two, one],
        ] as const
      ).entries()) {
        const username = `jane-${index}`
        await addUser(here, username)
        const asked = await beginByPassword(there, username)
        const { SecretCode = '', Session = '' } = await here.server.call('AssociateSoftwareToken', {
          Session: asked.Session ?? '',
        })
        const UserCode = appOf(here, SecretCode).code()
        const verified = await there.server.call('VerifySoftwareToken', { Session, UserCode })
        const given = await respond(here, 'MFA_SETUP', verified.Session ?? '', { USERNAME: username })
        const { AccessToken, RefreshToken } = tokensOf(given)
        await there.server.call('GetUser', { AccessToken })
        await there.server.call('GetUser', { AccessToken: tokensOf(await refresh(there, RefreshToken)).AccessToken })
        // A used code stays used, whichever clock looks at it.
        const { Session: waiting = '' } = await beginByPassword(there, username)
        const answers = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: UserCode }
        for (const node of [here, there]) {
          await assert.rejects(respond(node, 'SOFTWARE_TOKEN_MFA', waiting, answers), {
            name: /^(ExpiredCode|CodeMismatch)Exception$/,
          })
        }
      }
    },
  )

  onBothDatabases(
    `req 48, 107: with the second clock five seconds ${title} a refresh token of grace 0 is good once`,
    async (start) => {
      const client: PoolChoice['client'] = {
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      }
      const { one, two } = await twoNodes(start, { client })
      two.server.advance(seconds)
      await addUser(one, 'jane')
      const { RefreshToken } = await signIn(one, 'jane')
      const renew = (node: PoolUnderTest, token: string) =>
        node.server.call('GetTokensFromRefreshToken', { ClientId: node.ClientId, RefreshToken: token })
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
      two.server.advance(seconds)
      await addUser(one, 'jane')
      const messages: string[] = []
      for (let guess = 0; guess < 24; guess += 1) {
        const node = guess % 2 === 0 ? one : two
        await beginByPassword(node, 'jane', 'Wrong-horse-7').catch(({ message }: Error) => messages.push(message))
      }
      const answered = messages.filter((message) => message === 'Incorrect username or password.').length
      // The server that is ahead sees the first locks of the other as over: 1, 2 and 4 s.
      assert.ok(answered >= 5 && answered <= 8, String(answered))
      for (const node of [one, two])
        await assert.rejects(beginByPassword(node, 'jane'), { message: 'Password attempts exceeded' })
      for (const node of [one, two]) node.server.advance(900)
      for (const node of [one, two]) tokensOf(await beginByPassword(node, 'jane'))
    },
  )
}
