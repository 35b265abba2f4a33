// The one function that gives tokens looks at every factor again: handed a sign-in that still owes something, it gives
// nothing, whatever the flow that handed it over decided (requirements 25, 38).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { requestContextOf } from '../../../testing/app.ts'
import { makeSignInServer, type SignInOptions, type SignInServer } from '../../../testing/sign-in.ts'
import type { Level } from '../../rules/assurance.ts'
import type { Proof } from '../../rules/proofs.ts'
import { uncountedHold } from '../sessions/guesses.ts'
import { giveTokens, type Grant } from './index.ts'

const owes = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }

type Known = Pick<Grant, 'pool' | 'client' | 'user'>

/** Jane, her client and her pool, as they stand now. */
const read = async ({ context: { store }, poolId, clientId }: SignInServer): Promise<Known> => ({
  pool: await store.pools.get(poolId),
  client: await store.clients.get(clientId),
  user: (await store.users.find(poolId, 'jane')) ?? assert.fail(),
})

/** Hands a sign-in of jane to the function. */
const give = async (
  server: SignInServer,
  proved: readonly Proof[],
  { known, target }: { readonly known?: Known; readonly target?: readonly Level[] } = {},
): Promise<unknown> => {
  const context = requestContextOf(server.context)
  const who = known ?? (await read(server))
  return giveTokens(context, {
    ...who,
    admin: false,
    carried: { proved, target },
    session: undefined,
    writes: [],
    source: 'Authentication',
    clientMetadata: {},
    hold: uncountedHold(context, who.user),
  })
}

const withApp = async (t: TestContext, options: SignInOptions): Promise<SignInServer> => {
  const server = await makeSignInServer(t, options)
  await server.addUserWithApp('jane')
  return server
}

test('a user who owes a second factor gets no tokens for the first, nor for the second alone', async (t) => {
  const server = await withApp(t, { mfa: 'OPTIONAL' })
  for (const mfa of ['OPTIONAL', 'ON'] as const) {
    await server.setMfa(mfa)
    const few: readonly (readonly Proof[])[] = [[], ['password'], ['email-otp'], ['passkey'], ['custom'], ['device']]
    const seconds: readonly (readonly Proof[])[] = [['software-token'], ['recovery-code'], ['sms', 'email']]
    for (const proved of [...few, ...seconds]) await assert.rejects(give(server, proved), owes, proved.join())
    assert.ok(await give(server, ['password', 'software-token']))
  }
})

test('a user who has to set up a factor gets no tokens', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'ON' })
  await server.addUser('jane')
  await assert.rejects(give(server, ['password']), owes)
})

test('a user who owes a new password gets no tokens', async (t) => {
  const server = await makeSignInServer(t)
  const user = { UserPoolId: server.poolId, Username: 'jane' }
  await server.call('AdminCreateUser', { ...user, TemporaryPassword: 'Temporary-horse-1', MessageAction: 'SUPPRESS' })
  await assert.rejects(give(server, ['password']), owes)
  await assert.rejects(give(server, ['password', 'software-token']), owes)
})

test('a level that was asked for and is not reached gives no tokens', async (t) => {
  const server = await withApp(t, { mfa: 'OPTIONAL' })
  await assert.rejects(give(server, ['password'], { target: [2] }), owes)
})

test('a software token that was proved and is gone gives no tokens', async (t) => {
  const server = await withApp(t, { mfa: 'OPTIONAL' })
  await server.call('AdminDeleteSoftwareToken', { UserPoolId: server.poolId, Username: 'jane' })
  await assert.rejects(give(server, ['password', 'software-token']), owes)
})

const changes: Readonly<Record<string, (server: SignInServer) => Promise<unknown>>> = {
  'the user was disabled': ({ call, poolId: UserPoolId }) => call('AdminDisableUser', { UserPoolId, Username: 'jane' }),
  'the user was deleted': ({ call, poolId: UserPoolId }) => call('AdminDeleteUser', { UserPoolId, Username: 'jane' }),
  'the password was set anew': async ({ call, poolId: UserPoolId }) => {
    const user = { UserPoolId, Username: 'jane' }
    await call('AdminSetUserPassword', { ...user, Password: 'Another-horse-8', Permanent: true })
  },
  'the client was deleted': ({ call, poolId: UserPoolId, clientId: ClientId }) =>
    call('DeleteUserPoolClient', { UserPoolId, ClientId }),
}

for (const [what, change] of Object.entries(changes)) {
  test(`req 37, 86: when ${what} since all was read, no tokens are given`, async (t) => {
    const server = await makeSignInServer(t)
    await server.addUser('jane')
    const known = await read(server)
    await change(server)
    await assert.rejects(give(server, ['password'], { known }), owes)
  })
}
