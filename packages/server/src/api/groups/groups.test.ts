// Groups: made, told, listed in pages and removed, and what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { refused, said, startPool } from '../../../testing/pool.ts'
import { insertOf } from '../../../testing/rows.ts'
import { openSqlite } from '../../store/database/sqlite.ts'
import { describedTables } from '../../store/tables.ts'

const exists = 'GroupExistsException: A group with the name already exists.'
const notFound = 'ResourceNotFoundException: Group not found.'

test('a group is made, told and removed', async (t) => {
  const { server, UserPoolId } = await startPool(t)
  const { call, context } = server
  const now = context.clock.now() / 1000
  const given = {
    Description: 'Those who write',
    RoleArn: 'arn:aws:iam::000000000000:role/editor',
    Precedence: 0,
  }
  const { Group } = await call('CreateGroup', { UserPoolId, GroupName: 'Écrivains', ...given })
  assert.deepEqual(Group, {
    GroupName: 'Écrivains',
    UserPoolId,
    ...given,
    LastModifiedDate: now,
    CreationDate: now,
  })
  const get = () => call('GetGroup', { UserPoolId, GroupName: 'Écrivains' })
  assert.deepEqual(await get(), { Group })
  await refused(call('GetGroup', { UserPoolId, GroupName: 'écrivains' }), notFound)
  await call('DeleteGroup', { UserPoolId, GroupName: 'Écrivains' })
  await refused(get(), notFound)
  await refused(call('DeleteGroup', { UserPoolId, GroupName: 'Écrivains' }), notFound)
})

test('what is not given is not told, and a role of another account is refused', async (t) => {
  const { server, UserPoolId } = await startPool(t)
  const { Group } = await server.call('CreateGroup', { UserPoolId, GroupName: 'readers' })
  assert.deepEqual(Object.keys(Group ?? {}), ['GroupName', 'UserPoolId', 'LastModifiedDate', 'CreationDate'])
  await refused(
    server.call('CreateGroup', { UserPoolId, GroupName: 'x', RoleArn: 'arn:aws:iam::123456789012:role/editor' }),
    'InvalidParameterException: Cross-account pass role is not allowed.',
  )
  const none = 'zz-local-1_Nothing00'
  await refused(
    server.call('CreateGroup', { UserPoolId: none, GroupName: 'x' }),
    `ResourceNotFoundException: User pool ${none} does not exist.`,
  )
})

onBothDatabases('req 104: a pool has a name of a group once, and another pool may have it', async (start) => {
  const servers = await start(2)
  const [{ call }] = servers
  const [one = '', other = ''] = await Promise.all(
    ['one', 'other'].map(async (PoolName) => (await call('CreateUserPool', { PoolName })).UserPool?.Id ?? ''),
  )
  const create = { UserPoolId: one, GroupName: 'editors' }
  const { won, refused: lost } = await raceOfFifty(servers, (server) => server.call('CreateGroup', create))
  assert.equal(won.length, 1)
  assert.deepEqual(new Set(lost.map(said)), new Set([exists]))
  await call('CreateGroup', { ...create, UserPoolId: other })
})

test('groups are listed by name, in pages', async (t) => {
  const { server, UserPoolId } = await startPool(t)
  const { call } = server
  const names = Array.from({ length: 61 }, (_, index) => `group${String(index).padStart(2, '0')}`)
  for (const GroupName of names.toReversed()) await call('CreateGroup', { UserPoolId, GroupName })
  const first = await call('ListGroups', { UserPoolId })
  assert.deepEqual(
    first.Groups?.map(({ GroupName }) => GroupName),
    names.slice(0, 60),
  )
  const rest = await call('ListGroups', { UserPoolId, NextToken: first.NextToken })
  assert.deepEqual([rest.Groups?.map(({ GroupName }) => GroupName), rest.NextToken], [names.slice(60), undefined])
  const two = await call('ListGroups', { UserPoolId, Limit: 2 })
  assert.deepEqual([two.Groups?.length, two.NextToken === undefined], [2, false])
})

test('a pool has 10,000 groups at most', async (t) => {
  const database = openSqlite(':memory:')
  const { server, UserPoolId } = await startPool(t, {}, { database })
  const table = describedTables.find(({ name }) => name === 'groups') ?? assert.fail()
  const ids = Array.from({ length: 9999 }, (_, index) => insertOf(table, { poolId: UserPoolId, name: `g${index}` }))
  await database.migrate(ids)
  await server.call('CreateGroup', { UserPoolId, GroupName: 'last' })
  await refused(
    server.call('CreateGroup', { UserPoolId, GroupName: 'more' }),
    'LimitExceededException: A user pool can have at most 10000 groups.',
  )
})
