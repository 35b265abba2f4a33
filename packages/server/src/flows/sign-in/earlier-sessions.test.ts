// Sessions that an earlier version began, by other names for the same: they are answered after an update of the server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUser, goodPassword, startPool, type PoolUnderTest } from '../../../testing/pool.ts'
import { addUserWithApp, begin, beginByPassword, respond, tokensOf } from '../../../testing/sign-in.ts'

/** Gives every session the names of an earlier version. */
const makeEarlier = async ({ server }: PoolUnderTest, step: string): Promise<void> => {
  const sql = `update sessions set step = '${step}', state = replace(state, '"unknownName"', '"nobody"')`
  const statement = { sql, parameters: [] }
  await server.context.store.commit([{ statement, rows: 'any', otherwise: () => new Error('unreachable') }])
}

test('a code of an authenticator app is taken in a session of an earlier version, once', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  const { Session = '' } = await beginByPassword(at, 'jane')
  await makeEarlier(at, 'SOFTWARE_TOKEN_MFA')
  const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  const other = respond(at, 'NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'jane', NEW_PASSWORD: 'Another-horse-8' })
  await assert.rejects(other, { message: 'Invalid session for the user.' })
  tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, answers))
  await assert.rejects(respond(at, 'SOFTWARE_TOKEN_MFA', Session, answers), {
    message: 'Invalid session for the user, session can only be used once.',
  })
})

test('req 11: an unknown name of an earlier version is answered like a user, and opens nothing when one takes it', async (t) => {
  const at = await startPool(t, {
    client: { PreventUserExistenceErrors: 'ENABLED', ExplicitAuthFlows: ['ALLOW_USER_AUTH'] },
  })
  const { Session = '' } = await begin(at, { USERNAME: 'jack' })
  await makeEarlier(at, 'SELECT_CHALLENGE')
  const answer = (): Promise<unknown> =>
    respond(at, 'SELECT_CHALLENGE', Session, { USERNAME: 'jack', ANSWER: 'PASSWORD', PASSWORD: goodPassword })
  await assert.rejects(answer(), { message: 'Incorrect username or password.' })
  await addUser(at, 'jack')
  await assert.rejects(answer(), { message: 'Invalid session for the user.' })
})
