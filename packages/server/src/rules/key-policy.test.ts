import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fits, forbidden, policyFrom, readOperations, readPools, unlimited } from './key-policy.ts'

const known = ['AdminGetUser', 'AdminSetUserPassword', 'ListUsers', 'ListUsersInGroup', 'CreateUserPool']

test('req 83: a name fits itself; a trailing star stands for any rest', () => {
  assert.ok(fits('ListUsers', 'ListUsers'))
  assert.ok(!fits('ListUsers', 'ListUsersInGroup'))
  assert.ok(!fits('listusers', 'ListUsers'))
  assert.ok(fits('ListUsers*', 'ListUsers') && fits('ListUsers*', 'ListUsersInGroup'))
  assert.ok(!fits('Admin*', 'CreateUserPool'))
  assert.ok(fits('*', 'CreateUserPool'))
})

test('req 83: a key without limits may do everything', () => {
  for (const name of known) {
    assert.equal(forbidden(unlimited, name, 'eu-west-3_a'), undefined)
    assert.equal(forbidden(unlimited, name, undefined), undefined)
  }
})

test('req 83: a key that is limited to operations may do these, on any pool', () => {
  const policy = { pools: undefined, operations: ['Admin*', 'ListUsers'] }
  const allowed = known.filter((name) => forbidden(policy, name, 'eu-west-3_a') === undefined)
  assert.deepEqual(allowed, ['AdminGetUser', 'AdminSetUserPassword', 'ListUsers'])
  assert.equal(
    forbidden(policy, 'CreateUserPool', undefined),
    'the access key is limited to the operations Admin*, ListUsers',
  )
})

test('req 83: a key that is limited to pools may do everything to these, and nothing that names no pool', () => {
  const policy = { pools: ['eu-west-3_a', 'eu-west-3_b'], operations: undefined }
  const reason = 'the access key is limited to the pools eu-west-3_a, eu-west-3_b'
  for (const name of known) {
    assert.equal(forbidden(policy, name, 'eu-west-3_a'), undefined)
    assert.equal(forbidden(policy, name, 'eu-west-3_b'), undefined)
    for (const other of ['eu-west-3_A', 'eu-west-3_', 'eu-west-3_ab', '', undefined])
      assert.equal(forbidden(policy, name, other), reason)
  }
})

test('req 83: what no limit names is refused, and an empty limit allows nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...known), fc.string(), (name, poolId) => {
      assert.notEqual(forbidden({ pools: [], operations: undefined }, name, poolId), undefined)
      assert.notEqual(forbidden({ pools: undefined, operations: [] }, name, poolId), undefined)
      const other = known.filter((one) => one !== name)
      assert.notEqual(forbidden({ pools: [poolId], operations: other }, name, poolId), undefined)
    }),
  )
})

test('req 83: lists are read with blanks about the commas; the first item that does not belong there is named', () => {
  assert.deepEqual(readPools('eu-west-3_a'), { items: ['eu-west-3_a'] })
  assert.deepEqual(readPools('eu-west-3_a, zz-local-1_Poolkeepr'), { items: ['eu-west-3_a', 'zz-local-1_Poolkeepr'] })
  for (const text of ['', 'eu-west-3', '*', 'eu-west-3_*', `a_${'b'.repeat(54)}`, 'a_b c_d'])
    assert.deepEqual(readPools(`eu-west-3_a, ${text}`), { unknown: text })
  assert.deepEqual(readOperations('Admin*,ListUsers', known), { items: ['Admin*', 'ListUsers'] })
  assert.deepEqual(readOperations('*', known), { items: ['*'] })
  for (const text of [
    '',
    'listUsers',
    'Nothing',
    'Nothing*',
    'Admin*User',
    '*User',
    'Admin**',
    'cognito-idp:ListUsers',
    'toString',
  ])
    assert.deepEqual(readOperations(`ListUsers,${text},Other`, known), { unknown: text })
})

test('req 83: a policy is kept and read again; what cannot be read is an error, not a key without limits', () => {
  const list = fc.option(fc.array(fc.string()), { nil: undefined })
  fc.assert(
    fc.property(list, list, (pools, operations) => {
      assert.deepEqual(policyFrom(JSON.stringify({ pools, operations })), { pools, operations })
    }),
  )
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '"*"',
    '{"pools":"x"}',
    '{"pools":[1]}',
    '{"pools":null}',
    '{"pool":["a"]}',
  ])
    assert.throws(() => policyFrom(text), text)
})
