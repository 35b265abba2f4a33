import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { overrideClaims, type OverrideVersion, type TokenClaims } from './claim-overrides.ts'

const claims: TokenClaims = {
  access: { sub: 's', token_use: 'access', scope: 'aws.cognito.signin.user.admin', 'cognito:groups': ['a'] },
  id: {
    sub: 's',
    aud: 'client',
    token_use: 'id',
    email: 'ann@example.com',
    'cognito:username': 'ann',
    'cognito:groups': ['a'],
    'cognito:roles': ['r'],
    'cognito:preferred_role': 'r',
  },
}

/** As a token would say it. */
const said = (made: TokenClaims): unknown => JSON.parse(JSON.stringify(made))

const v1 = (details: unknown): TokenClaims => overrideClaims(claims, 'V1_0', { claimsOverrideDetails: details })
const later = (details: unknown, version: OverrideVersion = 'V2_0'): TokenClaims =>
  overrideClaims(claims, version, { claimsAndScopeOverrideDetails: details })

const unrecognizable = { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' }

test('an answer without details leaves the claims', () => {
  for (const details of [null, undefined, {}]) {
    assert.deepEqual(said(v1(details)), claims)
    assert.deepEqual(said(later(details)), claims)
    assert.deepEqual(said(later(details, 'V3_0')), claims)
  }
  const empty = { claimsToAddOrOverride: null, claimsToSuppress: null }
  assert.deepEqual(said(v1(empty)), claims)
  const other = { claimsAndScopeOverrideDetails: { idTokenGeneration: { claimsToSuppress: ['email'] } } }
  assert.deepEqual(overrideClaims(claims, 'V1_0', other), claims)
})

test('V1 adds, overrides and suppresses in the ID token alone', () => {
  const made = v1({
    claimsToAddOrOverride: { plan: 'gold', email: 'x@example.com' },
    claimsToSuppress: ['phone_number'],
  })
  assert.deepEqual(made.access, claims.access)
  assert.deepEqual(made.id, { ...claims.id, plan: 'gold', email: 'x@example.com' })
})

test('suppressing wins over adding', () => {
  const made = v1({ claimsToAddOrOverride: { plan: 'gold', email: 'x' }, claimsToSuppress: ['plan', 'email'] })
  assert.ok(!('plan' in made.id) && !('email' in made.id))
})

test('later versions change each token by itself, with values of any JSON type', () => {
  const values = { text: 'a', number: 1.5, flag: false, list: [1, 'b'], object: { deep: [null] } }
  const made = later({
    idTokenGeneration: { claimsToAddOrOverride: values, claimsToSuppress: ['email'] },
    accessTokenGeneration: { claimsToAddOrOverride: { tenant: 't' } },
  })
  const { email: _, ...id } = claims.id
  assert.deepEqual(made.id, { ...id, ...values })
  assert.deepEqual(said(made), { id: made.id, access: { ...claims.access, tenant: 't' } })
})

test('a standard claim keeps its type in the ID token, though a function gives it as text', () => {
  const claimsToAddOrOverride = { email_verified: 'false', updated_at: '1700000000', address: 'Bern', plan: 'true' }
  const typed = { email_verified: false, updated_at: 1_700_000_000, address: { formatted: 'Bern' }, plan: 'true' }
  assert.deepEqual(v1({ claimsToAddOrOverride }).id, { ...claims.id, ...typed })
  const made = later({
    idTokenGeneration: { claimsToAddOrOverride },
    accessTokenGeneration: { claimsToAddOrOverride },
  })
  assert.deepEqual(made.id, { ...claims.id, ...typed })
  assert.deepEqual(made.access, { ...claims.access, ...claimsToAddOrOverride })
})

test('scopes are added and suppressed in the access token, the service’s own only suppressed', () => {
  const scopes = (change: object): unknown => later({ accessTokenGeneration: change }).access['scope']
  assert.equal(scopes({ scopesToAdd: ['a/read', 'b'] }), 'aws.cognito.signin.user.admin a/read b')
  assert.equal(scopes({ scopesToAdd: ['a', 'a'], scopesToSuppress: ['aws.cognito.signin.user.admin'] }), 'a')
  assert.equal(scopes({ scopesToSuppress: ['aws.cognito.signin.user.admin'] }), undefined)
  assert.equal(scopes({ scopesToAdd: ['a'], scopesToSuppress: ['a'] }), 'aws.cognito.signin.user.admin')
  const none = overrideClaims({ access: {}, id: {} }, 'V3_0', {
    claimsAndScopeOverrideDetails: { accessTokenGeneration: { scopesToAdd: ['aws.cognito.signin.user.admin', 'x'] } },
  })
  assert.equal(none.access['scope'], 'x')
})

test('groups are replaced in both tokens, or taken away, or left', () => {
  const groupOverrideDetails = { groupsToOverride: ['b', 'c'], iamRolesToOverride: ['q'], preferredRole: 'q' }
  for (const made of [v1({ groupOverrideDetails }), later({ groupOverrideDetails })]) {
    assert.deepEqual(made.access['cognito:groups'], ['b', 'c'])
    assert.deepEqual(made.id['cognito:groups'], ['b', 'c'])
    assert.deepEqual(made.id['cognito:roles'], ['q'])
    assert.equal(made.id['cognito:preferred_role'], 'q')
  }
  for (const groups of [null, {}, { groupsToOverride: [], iamRolesToOverride: null, preferredRole: null }]) {
    const made = said(v1({ groupOverrideDetails: groups })) as TokenClaims
    assert.ok(!('cognito:groups' in made.access))
    assert.ok(!Object.keys(made.id).some((name) => /groups|role/.test(name)))
  }
  assert.deepEqual(said(v1({ claimsToSuppress: [] })), claims)
})

const untouchable = [
  ...['acr', 'amr', 'at_hash', 'aud', 'auth_time', 'azp', 'client_id', 'device_key', 'event_id', 'exp', 'iat'],
  ...['identities', 'iss', 'jti', 'nbf', 'nonce', 'origin_jti', 'scope', 'sub', 'token_use', 'username', 'version'],
  ...['cognito:username', 'cognito:groups', 'cognito:anything', 'dev:x'],
]

test('claims that make a token trustworthy are neither added, nor overridden, nor suppressed', () => {
  const change = {
    claimsToAddOrOverride: Object.fromEntries(untouchable.map((name) => [name, 'forged'])),
    claimsToSuppress: untouchable,
  }
  assert.deepEqual(said(v1(change)), claims)
  assert.deepEqual(said(later({ idTokenGeneration: change, accessTokenGeneration: change })), claims)
})

const wrong: readonly [version: OverrideVersion, details: unknown][] = [
  ['V1_0', 'none'],
  ['V1_0', []],
  ['V1_0', { claimsToAddOrOverride: ['a'] }],
  ['V1_0', { claimsToAddOrOverride: { a: 1 } }],
  ['V1_0', { claimsToAddOrOverride: { a: true } }],
  ['V1_0', { claimsToAddOrOverride: { a: null } }],
  ['V1_0', { claimsToSuppress: 'email' }],
  ['V1_0', { claimsToSuppress: [1] }],
  ['V1_0', { groupOverrideDetails: [] }],
  ['V1_0', { groupOverrideDetails: { groupsToOverride: 'a' } }],
  ['V1_0', { groupOverrideDetails: { iamRolesToOverride: [1] } }],
  ['V1_0', { groupOverrideDetails: { preferredRole: {} } }],
  ['V2_0', { idTokenGeneration: [] }],
  ['V2_0', { idTokenGeneration: { claimsToAddOrOverride: { a: null } } }],
  ['V2_0', { accessTokenGeneration: { scopesToAdd: 'a' } }],
  ['V2_0', { accessTokenGeneration: { scopesToAdd: ['a b'] } }],
  ['V2_0', { accessTokenGeneration: { scopesToAdd: [''] } }],
  ['V2_0', { accessTokenGeneration: { scopesToSuppress: [true] } }],
  ['V3_0', { accessTokenGeneration: 1 }],
]

for (const [version, details] of wrong) {
  test(`refused as details of ${version}: ${JSON.stringify(details)}`, () => {
    assert.throws(() => (version === 'V1_0' ? v1(details) : later(details, version)), unrecognizable)
  })
}

test('whatever a function answers, it is refused or the protected claims stay', () => {
  const name = fc.oneof(fc.constantFrom(...untouchable, 'email', '__proto__', 'constructor'), fc.string())
  const change = fc.record(
    {
      claimsToAddOrOverride: fc.oneof(fc.dictionary(name, fc.jsonValue()), fc.jsonValue()),
      claimsToSuppress: fc.oneof(fc.array(name), fc.jsonValue()),
      scopesToAdd: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(change, change, (id, access) => {
      try {
        const made = later({ idTokenGeneration: id, accessTokenGeneration: access })
        for (const [which, token] of Object.entries(made)) {
          const before = claims[which as keyof TokenClaims]
          for (const each of untouchable) if (each !== 'scope') assert.deepEqual(token[each], before[each])
        }
      } catch (error) {
        assert.equal((error as Error).message, unrecognizable.message)
      }
    }),
  )
})
