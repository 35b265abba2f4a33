// ListUsers: filters, pages, and the tokens of pages (protocol/administration 4.3; requirements 93, 94).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onBothDatabases } from '../../../testing/databases.ts'
import {
  addPool,
  addUser,
  listed,
  recordOf,
  refused,
  signUpUser,
  startPool,
  type PoolUnderTest,
} from '../../../testing/pool.ts'
import type { Inputs, Outputs, UserType } from '../../wire/model.gen.ts'

const list = (
  { server, UserPoolId }: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  input: Partial<Inputs['ListUsers']> = {},
): Promise<Outputs['ListUsers']> => server.call('ListUsers', { UserPoolId, ...input })

const names = (users: readonly UserType[] | undefined): string[] =>
  (users ?? []).map(({ Username }) => Username ?? '').toSorted()

/** Every page of a list. Fails when a list does not end. */
const everyPage = async (
  at: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  input: Partial<Inputs['ListUsers']>,
  between: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> => {
  const found: string[] = []
  let token: string | undefined
  for (let page = 0; page < 200; page += 1) {
    const answer = await list(at, token === undefined ? input : { ...input, PaginationToken: token })
    found.push(...(answer.Users ?? []).map(({ Username }) => Username ?? ''))
    token = answer.PaginationToken
    if (token === undefined) return found
    await between(page)
  }
  throw new Error('the list does not end')
}

const people: Readonly<Record<string, Record<string, string>>> = {
  jane: { email: 'jane@example.com', name: 'Jane Doe', given_name: 'Jane', family_name: 'Doe' },
  Jane: { email: 'JANE@example.com', given_name: 'jane' },
  john: { email: 'john@example.com', phone_number: '+15555550100', family_name: 'Doe' },
  johnny: { email: 'john@example.com', phone_number: '+15555550101', name: 'say "hi" \\ bye', family_name: 'Οδυσσευς' },
  'x%': { name: '100%', family_name: "O'Hara" },
  x_: { name: '100 percent', family_name: '😀 smile', preferred_username: 'ex' },
}

const filled = async (at: PoolUnderTest): Promise<Record<string, string>> => {
  const subs: Record<string, string> = {}
  for (const [name, attributes] of Object.entries(people)) subs[name] = await addUser(at, name, attributes)
  await signUpUser(at, 'unconfirmed')
  await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: 'x%' })
  return subs
}

const everybody = [...Object.keys(people), 'unconfirmed'].toSorted()

const filters: readonly [filter: string, expected: readonly string[]][] = [
  ['', everybody],
  ['username = "jane"', ['jane']],
  ['username = "JANE"', []],
  ['username ^= "j"', ['jane', 'john', 'johnny']],
  ['username ^= "J"', ['Jane']],
  ['username ^= "x%"', ['x%']],
  ['username ^= "x_"', ['x_']],
  ['username = "x%"', ['x%']],
  ['username = "%"', []],
  ['username ^= "%"', []],
  ['username = "*"', []],
  ['"username"^="john"', ['john', 'johnny']],
  ['email = "john@example.com"', ['john', 'johnny']],
  ['email = "jane@example.com"', ['Jane', 'jane']],
  ['email = "JANE@EXAMPLE.COM"', ['Jane', 'jane']],
  ['email ^= "JANE"', ['Jane', 'jane']],
  ['email ^= "jAnE@"', ['Jane', 'jane']],
  ['email ^= "john@example.com"', ['john', 'johnny']],
  ['email ^= "@"', []],
  ['phone_number = "+15555550100"', ['john']],
  ['phone_number ^= "+1"', ['john', 'johnny']],
  ['phone_number = "15555550100"', []],
  ['name = "Jane Doe"', ['jane']],
  ['name ^= "Jane "', ['jane']],
  ['name = "JANE DOE"', ['jane']],
  ['name ^= "jane d"', ['jane']],
  ['name = "say \\"hi\\" \\\\ bye"', ['johnny']],
  ['name ^= "100%"', ['x%']],
  ['name ^= "100"', ['x%', 'x_']],
  ['given_name = "Jane"', ['Jane', 'jane']],
  ['given_name = "jane"', ['Jane', 'jane']],
  ['given_name ^= "JA"', ['Jane', 'jane']],
  ['family_name = "Doe"', ['jane', 'john']],
  ['family_name = "dOE"', ['jane', 'john']],
  ['family_name ^= "ΟΔΥΣ"', ['johnny']],
  ['family_name = "οδυσσευς"', ['johnny']],
  ['family_name = "ΟΔΥΣΣΕΥΣ"', ['johnny']],
  ['family_name = "O\'Hara"', ['x%']],
  ['family_name = "O\'\'Hara"', []],
  ['family_name ^= "😀"', ['x_']],
  ['family_name = ""', []],
  ['family_name ^= ""', []],
  ['username ^= ""', []],
  ['preferred_username = "ex"', ['x_']],
  ['preferred_username = "EX"', ['x_']],
  ['cognito:user_status = "UNCONFIRMED"', ['unconfirmed']],
  ['cognito:user_status = "unconfirmed"', ['unconfirmed']],
  ['cognito:user_status ^= "Con"', Object.keys(people)],
  ['cognito:user_status = "Disabled"', []],
  ['status = "Enabled"', everybody.filter((name) => name !== 'x%')],
  ['status = "Disabled"', ['x%']],
  ['status = "disabled"', []],
  ['status ^= "Dis"', ['x%']],
  ['status ^= "d"', []],
  ['status = "CONFIRMED"', []],
  ['sub = "nobody"', []],
  ['sub ^= "-"', []],
  // What would be an injection elsewhere is a value here.
  ["username = \"x' or '1'='1\"", []],
  ['username = "x\\" or \\"1\\"=\\"1"', []],
  ['email ^= "\'; drop table users; --"', []],
  ['email = "*)(uid=*))(|(uid=*"', []],
  ['given_name = "$ne"', []],
  ['username = "{\\"$gt\\": \\"\\"}"', []],
  ['username = "\ud83d\ude00"', []],
  ['name ^= "%\' or 1=1 --"', []],
  ['phone_number = "+1\n+2"', []],
]

onBothDatabases('req 94: a filter finds exactly whom it says', async (start) => {
  const [server] = await start(1)
  assert.ok(server)
  const at = await addPool(server)
  const subs = await filled(at)
  const stranger = await addPool(server)
  await addUser(stranger, 'jane', people['jane'])
  for (const [filter, expected] of filters) {
    assert.deepEqual(names((await list(at, { Filter: filter })).Users), [...expected].toSorted(), filter)
    assert.deepEqual((await everyPage(at, { Filter: filter, Limit: 1 })).toSorted(), [...expected].toSorted(), filter)
  }
  for (const [name, sub] of Object.entries(subs)) {
    assert.deepEqual(names((await list(at, { Filter: `sub = "${sub}"` })).Users), [name])
    assert.deepEqual(names((await list(at, { Filter: `sub = "${sub.toUpperCase()}"` })).Users), [name])
    assert.deepEqual(names((await list(at, { Filter: `sub ^= "${sub.slice(0, 30)}"` })).Users), [name])
    assert.deepEqual(names((await list(at, { Filter: `sub = "${sub.slice(0, 30)}"` })).Users), [])
  }
})

test('protocol/administration 4.3: where case does not count for names, it counts for user name and status in filters all the same', async (t) => {
  const at = await startPool(t, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
  await addUser(at, 'Jane', { email: 'Jane@Example.com', name: 'Jane', preferred_username: 'Janie' })
  const finds = async (filter: string): Promise<boolean> => (await list(at, { Filter: filter })).Users?.length === 1
  for (const filter of ['email = "JANE@example.com"', 'email ^= "jane@"', 'preferred_username = "JANIE"']) {
    assert.equal(await finds(filter), true, filter)
  }
  assert.equal(await finds('username = "Jane"'), true)
  assert.equal(await finds('username = "jane"'), false)
  assert.equal(await finds('status = "enabled"'), false)
  assert.equal(await finds('cognito:user_status = "confirmed"'), true)
})

for (const [filter, refusal] of [
  ['username', 'Error while parsing filter.'],
  ['username = jane', 'Error while parsing filter.'],
  ['username = "a" or email = "b"', 'Error while parsing filter.'],
  ['username = "a', 'Error while parsing filter.'],
  ['address = "x"', 'Invalid search attribute: address'],
  ['custom:role = "x"', 'Invalid search attribute: custom:role'],
] as const) {
  test(`req 94: refused: ${filter}`, async (t) => {
    await refused(list(await startPool(t), { Filter: filter }), `InvalidParameterException: ${refusal}`)
  })
}

test('protocol/administration 4.3: a filter has at most 256 characters', async (t) => {
  const at = await startPool(t)
  const filter = (length: number): string => `name = "${'x'.repeat(length - 9)}"`
  assert.deepEqual((await list(at, { Filter: filter(256) })).Users, [])
  await assert.rejects(list(at, { Filter: filter(257) }), { name: 'InvalidParameterException' })
})

test('protocol/administration 4.3: users are shown with their state, and with the attributes that were asked for', async (t) => {
  const at = await startPool(t)
  const sub = await addUser(at, 'jane', { email: 'jane@example.com', name: 'Jane' })
  const shown = async (AttributesToGet?: string[]): Promise<UserType | undefined> =>
    (await list(at, AttributesToGet ? { AttributesToGet } : {})).Users?.[0]
  const user = await shown()
  assert.equal(user?.Username, 'jane')
  assert.equal(user?.Enabled, true)
  assert.equal(user?.UserStatus, 'CONFIRMED')
  const address = { email: 'jane@example.com', email_verified: 'false' }
  assert.deepEqual(recordOf(user?.Attributes), { sub, name: 'Jane', ...address })
  assert.deepEqual((await shown(['email']))?.Attributes, listed({ email: 'jane@example.com' }))
  assert.deepEqual((await shown(['sub', 'nickname']))?.Attributes, listed({ sub }))
  assert.deepEqual((await shown([]))?.Attributes, [])
})

onBothDatabases('protocol/administration 4.3: pages hold everybody once, across rows that are alike', async (start) => {
  const [server] = await start(1)
  assert.ok(server)
  const at = await addPool(server)
  const expected = Array.from({ length: 23 }, (_, index) => `user-${index}`)
  for (const name of expected) await addUser(at, name, { family_name: 'Doe', email: `${name}@example.com` })
  for (const Limit of [1, 2, 7, 22, 23, 24, 60]) {
    for (const Filter of ['', 'family_name = "Doe"', 'status = "Enabled"', 'cognito:user_status = "CONFIRMED"']) {
      const found = await everyPage(at, { Limit, Filter })
      assert.deepEqual(found.toSorted(), expected.toSorted(), `${Limit} by ${Filter}`)
      assert.equal(new Set(found).size, found.length)
    }
    assert.equal((await list(at, { Limit })).Users?.length, Math.min(Limit, 23))
  }
})

test('protocol/administration 4.3: a page has 60 users where nothing or 0 is said, and never more', async (t) => {
  const at = await startPool(t)
  for (let index = 0; index < 61; index += 1) await addUser(at, `user-${index}`)
  for (const input of [{}, { Limit: 0 }, { Limit: 60 }]) {
    const { Users, PaginationToken } = await list(at, input)
    assert.equal(Users?.length, 60)
    assert.ok(PaginationToken)
  }
  for (const Limit of [61, -1]) {
    await assert.rejects(list(at, { Limit }), { name: 'InvalidParameterException' })
  }
})

onBothDatabases('protocol/administration 4.3: a list goes on when the row it stopped at is gone', async (start) => {
  const [server] = await start(1)
  assert.ok(server)
  const at = await addPool(server)
  const { UserPoolId } = at
  const expected = Array.from({ length: 12 }, (_, index) => `user-${String(index).padStart(2, '0')}`)
  for (const name of expected) await addUser(at, name, { family_name: 'Doe' })
  const first = await list(at, { Limit: 4, Filter: 'family_name = "Doe"' })
  const shown = (first.Users ?? []).map(({ Username }) => Username ?? '')
  const last = shown.at(-1)
  await server.call('AdminDeleteUser', { UserPoolId, Username: last ?? '' })
  // And one that was still to come.
  const coming = expected.find((name) => !shown.includes(name)) ?? ''
  await server.call('AdminDeleteUser', { UserPoolId, Username: coming })
  const rest: string[] = []
  let token = first.PaginationToken
  while (token !== undefined) {
    const page = await list(at, { Limit: 4, Filter: 'family_name = "Doe"', PaginationToken: token })
    rest.push(...(page.Users ?? []).map(({ Username }) => Username ?? ''))
    token = page.PaginationToken
  }
  assert.deepEqual(
    [...shown, ...rest].toSorted(),
    expected.filter((name) => name !== coming),
  )
})

test('req 93: a token serves the very list that it was made for, for an hour', async (t) => {
  const at = await startPool(t)
  const other = await addPool(at.server)
  for (const pool of [at, other]) {
    for (const name of ['a', 'b', 'c']) await addUser(pool, name, { family_name: 'Doe', given_name: 'Doe' })
  }
  const Filter = 'family_name = "Doe"'
  const { PaginationToken = '' } = await list(at, { Limit: 1, Filter })
  const invalid = {
    name: 'InvalidParameterException',
    message: /^Paging marker .+ is invalid for request [0-9a-f-]{36}\.$/,
  }
  const tried: readonly Promise<unknown>[] = [
    list(at, { PaginationToken }),
    list(at, { PaginationToken, Filter: 'given_name = "Doe"' }),
    list(at, { PaginationToken, Filter: 'family_name ^= "Doe"' }),
    list(other, { PaginationToken, Filter }),
    at.server.call('ListUserPools', { MaxResults: 1, NextToken: PaginationToken }),
  ]
  for (const attempt of tried) await assert.rejects(attempt, { name: 'InvalidParameterException' })
  await assert.rejects(list(other, { PaginationToken, Filter }), invalid)
  assert.equal((await list(at, { PaginationToken, Filter, Limit: 2 })).Users?.length, 2)
  at.server.advance(3599)
  assert.equal((await list(at, { PaginationToken, Filter })).Users?.length, 2)
  at.server.advance(1)
  await assert.rejects(list(at, { PaginationToken, Filter }), invalid)
})

test('req 93: a token that was changed or made up is refused', async (t) => {
  const at = await startPool(t)
  for (const name of ['a', 'b']) await addUser(at, name)
  const { PaginationToken: token = '' } = await list(at, { Limit: 1 })
  const middle = Math.floor(token.length / 2)
  const changed = [
    `${token}A`,
    token.slice(0, -1),
    token.slice(1),
    `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`,
    Buffer.from(JSON.stringify({ key: { value: '', userId: '' }, until: 9e15 })).toString('base64url'),
    'nonsense',
    '{}',
    'null',
  ]
  for (const PaginationToken of changed) {
    await assert.rejects(list(at, { PaginationToken }), { name: 'InvalidParameterException' }, PaginationToken)
  }
  const [session] = [(await list(at, { Limit: 1, PaginationToken: token })).Users]
  assert.equal(session?.length, 1)
})

test('what is written is listed at once, and what is gone is not', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addUser(at, 'jane', { email: 'jane@example.com' })
  const byEmail = async (email: string): Promise<string[]> =>
    names((await list(at, { Filter: `email = "${email}"` })).Users)
  assert.deepEqual(await byEmail('jane@example.com'), ['jane'])
  const UserAttributes = listed({ email: 'new@example.com' })
  await server.call('AdminUpdateUserAttributes', { UserPoolId, Username: 'jane', UserAttributes })
  assert.deepEqual(await byEmail('jane@example.com'), [])
  assert.deepEqual(await byEmail('new@example.com'), ['jane'])
  await server.call('AdminDeleteUserAttributes', { UserPoolId, Username: 'jane', UserAttributeNames: ['email'] })
  assert.deepEqual(await byEmail('new@example.com'), [])
  await server.call('AdminDeleteUser', { UserPoolId, Username: 'jane' })
  assert.deepEqual((await list(at)).Users, [])
})

onBothDatabases('names and values of any characters are kept and found, however long', async (start) => {
  const [server] = await start(1)
  assert.ok(server)
  const at = await addPool(server, { pool: { AliasAttributes: ['preferred_username'] } })
  const wide = Array.from({ length: 2048 }, (_, index) => String.fromCodePoint(0x1f300 + (index % 600))).join('')
  const name = Array.from({ length: 128 }, (_, index) => String.fromCodePoint(0x1f300 + index)).join('')
  const sub = await addUser(at, name, {
    name: wide,
    given_name: 'x'.repeat(2048),
    preferred_username: `${name.slice(2)}x`,
  })
  const found = (await list(at, { Filter: `username ^= "${name.slice(0, 20)}"` })).Users?.[0]
  assert.equal(recordOf(found?.Attributes)['sub'], sub)
  assert.equal(recordOf(found?.Attributes)['name'], wide)
  assert.equal((await list(at, { Filter: `name ^= "${wide.slice(0, 200)}"` })).Users?.length, 1)
  assert.equal((await list(at, { Filter: `given_name ^= "${'x'.repeat(230)}"` })).Users?.length, 1)
  await server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: name })
  assert.deepEqual((await list(at, { Filter: `name ^= "${wide.slice(0, 200)}"` })).Users, [])
})
