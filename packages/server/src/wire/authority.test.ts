// What a signed request may do by the policy of its key (requirement 83).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signedHeaders } from '../../../../test/signer.ts'
import { forbidden, unlimited, type KeyPolicy } from '../rules/key-policy.ts'
import { checkPolicy, isOpen } from './authority.ts'
import type { ApiCaller } from './authority.ts'
import { operationShapes, shapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'
import { apiRequest, jsonOf, noon, testContext, wireExchange } from '../../testing/wire.ts'

const names = Object.keys(operationShapes) as OperationName[]
const signed = names.filter((name) => !isOpen(name))
const own = 'local-1_own'
const other = 'local-1_other'
const toOwn: KeyPolicy = { pools: [own], operations: undefined }

const callerWith = (policy: KeyPolicy): ApiCaller => ({
  region: 'local-1',
  signer: { id: 'PKKEY', forbidden: (operation, poolId) => forbidden(policy, operation, poolId) },
})

const allowed = (policy: KeyPolicy, operation: OperationName, input: object): boolean => {
  try {
    checkPolicy(operation, input, callerWith(policy), '000000000000')
    return true
  } catch (error) {
    assert.equal((error as Error).name, 'AccessDeniedException')
    return false
  }
}

const membersOf = (name: OperationName): string[] => {
  const shape = shapes[operationShapes[name].in]
  return shape?.t === 'structure' ? Object.keys(shape.m) : []
}

test('req 83: a key that is limited to pools is held to them by every operation that wants a signature', () => {
  const withPool = signed.filter((name) => membersOf(name).includes('UserPoolId'))
  assert.ok(withPool.length > 90)
  for (const name of withPool) {
    assert.ok(allowed(toOwn, name, { UserPoolId: own }), name)
    for (const input of [{ UserPoolId: other }, { UserPoolId: undefined }, {}]) assert.ok(!allowed(toOwn, name, input))
  }
})

test('req 83: a key that is limited to pools may do nothing that names no pool; these operations do not', () => {
  const without = signed.filter((name) => !['UserPoolId', 'ResourceArn'].some((of) => membersOf(name).includes(of)))
  assert.deepEqual(without, [
    'CreateUserPool',
    'DescribeUserPoolDomain',
    'GetProvisionedLimit',
    'ListUserPools',
    'UpdateProvisionedLimit',
  ])
  for (const name of without) {
    assert.ok(!allowed(toOwn, name, { PoolName: own, Domain: own }), name)
    assert.ok(allowed(unlimited, name, {}))
  }
})

test('req 83: an ARN names the pool that it ends with, and nothing when it is of another form', () => {
  const tag = (ResourceArn: string) => allowed(toOwn, 'TagResource', { ResourceArn, Tags: {} })
  assert.ok(tag(`arn:aws:cognito-idp:local-1:000000000000:userpool/${own}`))
  for (const arn of [
    `arn:aws:cognito-idp:local-1:000000000000:userpool/${other}`,
    `arn:aws:cognito-idp:local-1:000000000000:userpool/${own}/x`,
    `arn:aws:cognito-idp:local-1:000000000000:userpool/${other}:userpool/${own}`,
    `arn:aws:cognito-idp:local-1:000000000000:identitypool/${own}`,
    `arn:aws:wafv2:local-1:000000000000:userpool/${own}`,
    own,
  ])
    assert.ok(!tag(arn), arn)
})

test('req 83: a key that is limited to operations may do these alone', () => {
  const policy = { pools: undefined, operations: ['Admin*', 'ListUsers'] }
  const could = signed.filter((name) => allowed(policy, name, { UserPoolId: own }))
  assert.deepEqual(
    could,
    signed.filter((name) => name.startsWith('Admin') || name === 'ListUsers'),
  )
})

/** A door for a key with a policy. */
const doorFor = (policy: KeyPolicy, mode: 'dev' | 'serve' = 'serve') => {
  const { context, lines, sources } = testContext(mode)
  const accessKeyId = 'PKKEY'
  const some = {
    DescribeUserPool: async () => ({ UserPool: {} }),
    ListUserPools: async () => ({}),
    GlobalSignOut: async () => ({}),
    AdminDeleteRecoveryCodes: async () => ({}),
  }
  const dispatch = wireExchange(context, some, async () => ({
    secret: 'a secret',
    enabled: true,
    forbidden: (operation, poolId) => forbidden(policy, operation, poolId),
  }))
  const ask = async (operation: OperationName, input: object, secretAccessKey = 'a secret') => {
    const body = JSON.stringify(input)
    const key = { accessKeyId, secretAccessKey }
    const signing = { key, operation, body, region: 'local-1', signedAt: new Date(noon) }
    const answer = await dispatch(apiRequest(operation, body, signedHeaders('http://localhost', signing)))
    const { __type: name, message } = jsonOf(answer.body)
    return { status: answer.status, name, message }
  }
  return { ask, lines, sources }
}

test('req 83: a refusal names the operation and the pool; the log says what the key is limited to', async () => {
  const { ask, lines } = doorFor(toOwn)
  assert.equal((await ask('DescribeUserPool', { UserPoolId: own })).status, 200)
  assert.deepEqual(await ask('DescribeUserPool', { UserPoolId: other }), {
    status: 400,
    name: 'AccessDeniedException',
    message:
      'User: PKKEY is not authorized to perform: cognito-idp:DescribeUserPool on resource: arn:aws:cognito-idp:local-1:000000000000:userpool/local-1_other',
  })
  assert.equal(lines.at(-1)?.fields['reason'], 'the access key is limited to the pools local-1_own')
  const { message } = await ask('ListUserPools', { MaxResults: 1 })
  assert.equal(message, 'User: PKKEY is not authorized to perform: cognito-idp:ListUserPools on resource: *')
  const extension = await ask('AdminDeleteRecoveryCodes', { UserPoolId: other, Username: 'jane' })
  assert.match(
    String(extension.message),
    /^User: PKKEY is not authorized to perform: poolkeeper:AdminDeleteRecoveryCodes on/,
  )
})

test('req 83: the policy is looked at after the signature and the constraints, before the operation', async () => {
  const { ask } = doorFor(toOwn)
  assert.equal((await ask('DescribeUserPool', { UserPoolId: other }, 'another')).name, 'InvalidSignatureException')
  assert.equal((await ask('DescribeUserPool', {})).name, 'InvalidParameterException')
  assert.equal((await ask('GetGroup', { UserPoolId: other, GroupName: 'a' })).name, 'AccessDeniedException')
  assert.equal((await ask('GetGroup', { UserPoolId: own, GroupName: 'a' })).name, 'UnsupportedOperationException')
})

test('req 83: an open operation and the development server look at no policy', async () => {
  const nothing = { pools: [], operations: [] }
  assert.equal((await doorFor(nothing).ask('GlobalSignOut', { AccessToken: 'a' })).status, 200)
  assert.equal((await doorFor(nothing).ask('ListUserPools', { MaxResults: 1 })).name, 'AccessDeniedException')
  assert.equal((await doorFor(nothing, 'dev').ask('ListUserPools', { MaxResults: 1 })).status, 200)
})

test('req 123: slow work of a signed call waits in the share of its access key, that of others in the share of their network', async () => {
  const { ask, sources } = doorFor(toOwn)
  await ask('DescribeUserPool', { UserPoolId: own })
  assert.deepEqual(sources.at(-1), { signed: true, source: 'PKKEY' })
  const open = { signed: false, source: '127.0.0.1' }
  await ask('GlobalSignOut', { AccessToken: 'a' })
  assert.deepEqual(sources.at(-1), open)
  // A signature that does not hold gives nobody the share of the key.
  await ask('DescribeUserPool', { UserPoolId: own }, 'another')
  assert.deepEqual(sources.at(-1), open)
})
