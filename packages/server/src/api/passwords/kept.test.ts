// What the database keeps of codes and passwords: nothing that could be used (requirements 9, 63, 103).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../store/index.ts'
import { openSqlite } from '../../store/database/sqlite.ts'
import { addVerifiedUser, goodPassword, listed, otherPassword, signUpUser, startPool } from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'

/** Everything that a database holds, as text. */
const dump = async (database: Database): Promise<string> => {
  const tables = await database.read({ sql: "select name from sqlite_master where type = 'table'", parameters: [] })
  const rows = await Promise.all(
    tables.map(({ name }) => database.read({ sql: `select * from "${name}"`, parameters: [] })),
  )
  return JSON.stringify(rows)
}

test('req 63: a copy of the database tells no code and no password', async (t) => {
  const database = openSqlite(':memory:')
  const at = await startPool(t, { client: { GenerateSecret: true } }, { database })
  const { server, ClientId, UserPoolId, secret = '' } = at
  await signUpUser(at, 'john', { email: 'john@example.com' })
  await addVerifiedUser(at, 'jane')
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'jane' })
  const recovery = await server.code('jane@example.com')
  const UserAttributes = listed({ phone_number: '+15555550100' })
  await server.call('UpdateUserAttributes', { AccessToken, UserAttributes })
  await server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'phone_number' })
  await server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'joe',
    TemporaryPassword: otherPassword,
    UserAttributes: listed({ email: 'joe@example.com' }),
    DesiredDeliveryMediums: ['EMAIL'],
  })
  const codes = [await server.code('john@example.com'), recovery, await server.code('+15555550100')]
  const text = await dump(database)
  // The dump is one: it holds what is no secret.
  for (const known of ['john@example.com', ClientId, UserPoolId]) assert.ok(text.includes(known))
  for (const code of codes) assert.doesNotMatch(text, new RegExp(`(?<![0-9])${code}(?![0-9])`))
  for (const kept of [goodPassword, otherPassword, secret, AccessToken, RefreshToken]) {
    assert.ok(kept.length > 8)
    assert.ok(!text.includes(kept))
    assert.ok(!text.includes(Buffer.from(kept).toString('base64url')))
    assert.ok(!text.includes(Buffer.from(kept).toString('hex')))
  }
})

test('req 63: codes have six digits, and a code is as likely as another', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const codes = new Set<string>()
  for (let asked = 0; asked < 30; asked += 1) {
    if (asked % 5 === 0) at.server.advance(3600)
    await at.server.call('ResendConfirmationCode', { ClientId: at.ClientId, Username: 'jane' })
    codes.add(await at.server.code('jane@example.com'))
  }
  assert.ok([...codes].every((code) => /^[0-9]{6}$/.test(code)))
  assert.ok(codes.size > 27)
  assert.ok(new Set([...codes].map((code) => code[0])).size > 3)
})
