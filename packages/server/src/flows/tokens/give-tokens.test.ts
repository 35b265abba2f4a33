// The one function that gives tokens looks at every factor again: handed a sign-in that still owes something, it gives
// nothing, whatever the flow that handed it over decided (requirements 25, 38).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addUser, type PoolChoice, type PoolUnderTest, setMfa, startPool } from '../../../testing/pool.ts'
import { addUserWithApp } from '../../../testing/sign-in.ts'
import { requestContextOf } from '../../../testing/app.ts'
import type { Level } from '../../rules/assurance.ts'
import type { Proof } from '../../rules/proofs.ts'
import { uncountedHold } from '../sessions/guesses.ts'
import { giveTokens, type Grant } from './index.ts'

const owes = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }

type Known = Pick<Grant, 'pool' | 'client' | 'user'>

/** Jane, her client and her pool, as they stand now. */
const read = async ({ server, UserPoolId, ClientId }: PoolUnderTest): Promise<Known> => {
  const { store } = server.context
  return {
    pool: await store.pools.get(UserPoolId),
    client: await store.clients.get(ClientId),
    user: (await store.users.find(UserPoolId, 'jane')) ?? assert.fail(),
  }
}

/** Hands a sign-in of jane to the function. */
const give = async (
  at: PoolUnderTest,
  proved: readonly Proof[],
  { known, target }: { readonly known?: Known; readonly target?: readonly Level[] } = {},
): Promise<unknown> => {
  const context = requestContextOf(at.server.context)
  const who = known ?? (await read(at))
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

const withApp = async (t: TestContext, options: PoolChoice): Promise<PoolUnderTest> => {
  const at = await startPool(t, options)
  await addUserWithApp(at, 'jane')
  return at
}

test('a user who owes a second factor gets no tokens for the first, nor for the second alone', async (t) => {
  const at = await withApp(t, { mfa: 'OPTIONAL' })
  for (const mfa of ['OPTIONAL', 'ON'] as const) {
    await setMfa(at, mfa)
    const few: readonly (readonly Proof[])[] = [[], ['password'], ['email-otp'], ['passkey'], ['custom'], ['device']]
    const seconds: readonly (readonly Proof[])[] = [['software-token'], ['recovery-code'], ['sms', 'email']]
    for (const proved of [...few, ...seconds]) await assert.rejects(give(at, proved), owes, proved.join())
    assert.ok(await give(at, ['password', 'software-token']))
  }
})

test('a user who has to set up a factor gets no tokens', async (t) => {
  const at = await startPool(t, { mfa: 'ON' })
  await addUser(at, 'jane')
  await assert.rejects(give(at, ['password']), owes)
})

test('a user who owes a new password gets no tokens', async (t) => {
  const at = await startPool(t)
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminCreateUser', {
    ...user,
    TemporaryPassword: 'Temporary-horse-1',
    MessageAction: 'SUPPRESS',
  })
  await assert.rejects(give(at, ['password']), owes)
  await assert.rejects(give(at, ['password', 'software-token']), owes)
})

test('a level that was asked for and is not reached gives no tokens', async (t) => {
  const at = await withApp(t, { mfa: 'OPTIONAL' })
  await assert.rejects(give(at, ['password'], { target: [2] }), owes)
})

test('a software token that was proved and is gone gives no tokens', async (t) => {
  const at = await withApp(t, { mfa: 'OPTIONAL' })
  await at.server.call('AdminDeleteSoftwareToken', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await assert.rejects(give(at, ['password', 'software-token']), owes)
})

const changes: Readonly<Record<string, (at: PoolUnderTest) => Promise<unknown>>> = {
  'the user was disabled': ({ server: { call }, UserPoolId }) =>
    call('AdminDisableUser', { UserPoolId, Username: 'jane' }),
  'the user was deleted': ({ server: { call }, UserPoolId }) =>
    call('AdminDeleteUser', { UserPoolId, Username: 'jane' }),
  'the password was set anew': async ({ server: { call }, UserPoolId }) => {
    const user = { UserPoolId, Username: 'jane' }
    await call('AdminSetUserPassword', { ...user, Password: 'Another-horse-8', Permanent: true })
  },
  'the client was deleted': ({ server: { call }, UserPoolId, ClientId }) =>
    call('DeleteUserPoolClient', { UserPoolId, ClientId }),
}

for (const [what, change] of Object.entries(changes)) {
  test(`req 37, 86: when ${what} since all was read, no tokens are given`, async (t) => {
    const at = await startPool(t)
    await addUser(at, 'jane')
    const known = await read(at)
    await change(at)
    await assert.rejects(give(at, ['password'], { known }), owes)
  })
}
