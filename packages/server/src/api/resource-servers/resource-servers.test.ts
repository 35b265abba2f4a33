import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'

const newPool = async ({ call }: TestApp): Promise<string> =>
  (await call('CreateUserPool', { PoolName: 'p' })).UserPool?.Id ?? ''

const scopes = (...names: string[]) => names.map((ScopeName) => ({ ScopeName, ScopeDescription: `may ${ScopeName}` }))

test('a resource server is made, told, changed as a whole, and removed', async (t) => {
  const server = await makeTestApp(t)
  const UserPoolId = await newPool(server)
  const Identifier = 'https://api.example.com/v1'
  const made = await server.call('CreateResourceServer', {
    UserPoolId,
    Identifier,
    Name: 'API',
    Scopes: scopes('read', 'write'),
  })
  assert.deepEqual(made.ResourceServer, { UserPoolId, Identifier, Name: 'API', Scopes: scopes('read', 'write') })
  const describe = () => server.call('DescribeResourceServer', { UserPoolId, Identifier })
  assert.deepEqual(await describe(), made)
  await server.call('UpdateResourceServer', { UserPoolId, Identifier, Name: 'The API' })
  assert.deepEqual((await describe()).ResourceServer, { UserPoolId, Identifier, Name: 'The API' })
  await server.call('DeleteResourceServer', { UserPoolId, Identifier })
  const gone = {
    name: 'ResourceNotFoundException',
    message: `Resource server ${Identifier} does not exist.`,
  }
  await assert.rejects(describe(), gone)
  await assert.rejects(server.call('UpdateResourceServer', { UserPoolId, Identifier, Name: 'x' }), gone)
  await assert.rejects(server.call('DeleteResourceServer', { UserPoolId, Identifier }), gone)
})

test('a pool has an identifier once, a server a scope once, and a pool 25 servers', async (t) => {
  const server = await makeTestApp(t)
  const UserPoolId = await newPool(server)
  const create = (Identifier: string, ...names: string[]) =>
    server.call('CreateResourceServer', { UserPoolId, Identifier, Name: 'x', Scopes: scopes(...names) })
  await create('one')
  await assert.rejects(create('one'), {
    name: 'InvalidParameterException',
    message: `one already exists in user pool ${UserPoolId}.`,
  })
  await assert.rejects(create('two', 'read', 'read'), { name: 'InvalidParameterException' })
  for (let index = 1; index < 25; index += 1) await create(`server-${index}`)
  await assert.rejects(create('one-more'), { name: 'LimitExceededException' })
})

test('resource servers are listed by pages, and a page token serves its own list', async (t) => {
  const server = await makeTestApp(t)
  const [UserPoolId, other] = [await newPool(server), await newPool(server)]
  for (const Identifier of ['c', 'a', 'b'])
    await server.call('CreateResourceServer', { UserPoolId, Identifier, Name: Identifier })
  const first = await server.call('ListResourceServers', { UserPoolId, MaxResults: 2 })
  const NextToken = first.NextToken ?? ''
  const second = await server.call('ListResourceServers', { UserPoolId, MaxResults: 2, NextToken })
  assert.deepEqual(
    [...first.ResourceServers, ...second.ResourceServers].map(({ Identifier }) => Identifier),
    ['a', 'b', 'c'],
  )
  assert.equal(second.NextToken, undefined)
  await assert.rejects(server.call('ListResourceServers', { UserPoolId: other, NextToken }), {
    name: 'InvalidParameterException',
  })
})

onBothDatabases('of fifty requests for one identifier one makes the server', async (start) => {
  const servers = await start(2)
  const UserPoolId = await newPool(servers[0])
  const { won, refused } = await raceOfFifty(servers, ({ call }, index) =>
    call('CreateResourceServer', { UserPoolId, Identifier: 'api', Name: `name ${index}` }),
  )
  assert.equal(won.length, 1)
  assert.ok(refused.every(({ name }) => name === 'InvalidParameterException'))
  const { ResourceServer } = await servers[0].call('DescribeResourceServer', { UserPoolId, Identifier: 'api' })
  assert.equal(ResourceServer?.Name, `name ${won[0]?.index}`)
})
