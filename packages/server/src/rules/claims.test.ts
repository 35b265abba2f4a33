import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { standardAttributes } from './attributes.ts'
import { accessClaims, idClaim, idClaims, type Claims, type ClaimsSource } from './claims.ts'

type Shape = { required: Record<string, string>; optional: Record<string, string>; absent: string[] }
type Vectors = { accessApiSignIn: Shape; idToken: Shape }

const vectors = JSON.parse(readFileSync('model/vectors/tokens.json', 'utf8')) as Vectors

const source: ClaimsSource = {
  issuer: 'https://pool.example/eu-west-1_AbCdEf123',
  clientId: '1example',
  sub: '34c84488-e0e1-70ae-d2ee-991ad1a898c8',
  username: 'jane',
  eventId: 'event',
  originJti: 'origin',
  authAt: 1_772_694_489_900,
  issuedAt: 1_772_694_500_100,
}

const attributes = {
  email: 'jane@example.com',
  email_verified: 'true',
  phone_number: '+15555550123',
  phone_number_verified: 'false',
  'custom:plan': '7',
  'custom:flag': 'true',
}

const access = (changed: Partial<ClaimsSource> = {}): Claims => accessClaims({ ...source, ...changed }, 'jti', 3600)
const id = (): Claims => idClaims(source, attributes, 'jti', 300)

const members = (claims: Claims): string[] => Object.keys(claims).filter((name) => claims[name] !== undefined)

const checkShape = (claims: Claims, { required, optional, absent }: Shape): void => {
  for (const [name, type] of Object.entries(required)) {
    assert.equal(typeof claims[name], type === 'number' ? 'number' : 'string', name)
  }
  for (const name of absent) assert.equal(claims[name], undefined, name)
  const custom = (name: string): boolean => name.startsWith('custom:')
  const unknown = members(claims).filter((name) => !(name in required) && !(name in optional) && !custom(name))
  assert.deepEqual(unknown, [])
}

test('req 41: an access token has the claims of the vectors, and no others', () => {
  checkShape(access(), vectors.accessApiSignIn)
  checkShape(access({ deviceKey: 'eu-west-1_device' }), vectors.accessApiSignIn)
  assert.deepEqual(members(access()), Object.keys(vectors.accessApiSignIn.required))
})

test('req 41: an ID token has the claims of the vectors, and no others', () => {
  checkShape(id(), vectors.idToken)
})

test('the values of an access token', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(access())), {
    sub: source.sub,
    iss: source.issuer,
    client_id: '1example',
    origin_jti: 'origin',
    event_id: 'event',
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin',
    auth_time: 1_772_694_489,
    exp: 1_772_698_100,
    iat: 1_772_694_500,
    jti: 'jti',
    username: 'jane',
  })
})

test('the standard claims have the types of OpenID Connect in an ID token, custom ones are text (protocol/authentication 6.1.7, 6.1.8)', () => {
  const claims = id()
  assert.equal(claims['email_verified'], true)
  assert.equal(claims['phone_number_verified'], false)
  assert.equal(claims['custom:plan'], '7')
  assert.equal(claims['custom:flag'], 'true')
  assert.equal(claims['aud'], access()['client_id'])
  assert.equal(claims['cognito:username'], 'jane')
  assert.equal(Number(claims['exp']) - Number(claims['iat']), 300)
  const every = Object.fromEntries(
    standardAttributes.filter(({ name }) => name !== 'sub').map(({ name }) => [name, 'true']),
  )
  const more = { updated_at: '1700000000', address: '{"locality":"Bern"}', 'custom:updated_at': '7' }
  const typed = idClaims(source, { ...every, ...more }, 'jti', 300)
  const others = Object.fromEntries(
    Object.entries(typed).filter(([name]) => Object.hasOwn({ ...every, ...more }, name)),
  )
  assert.deepEqual(others, {
    ...every,
    email_verified: true,
    phone_number_verified: true,
    updated_at: 1_700_000_000,
    // As Cognito makes it: the text of the attribute whole, whatever it says.
    address: { formatted: '{"locality":"Bern"}' },
    'custom:updated_at': '7',
  })
})

test('a flag is true by one word, and what else it is given makes it false', () => {
  for (const value of ['true', 'TRUE', true]) assert.equal(idClaim('email_verified', value), true)
  for (const value of ['false', '', 'yes', '1', 1, {}, ['true'], null, undefined]) {
    assert.equal(idClaim('email_verified', value), false)
  }
  for (const value of ['soon', '', 1.5, { at: 1 }]) assert.equal(idClaim('updated_at', value), value)
  assert.deepEqual(idClaim('address', { locality: 'Bern' }), { locality: 'Bern' })
})

test('without revocation there is neither jti nor origin_jti (protocol/authentication 6.1.6)', () => {
  const bare = { ...source, originJti: undefined }
  for (const claims of [accessClaims(bare, undefined, 300), idClaims(bare, {}, undefined, 300)]) {
    const written = JSON.parse(JSON.stringify(claims)) as Claims
    assert.equal('jti' in written || 'origin_jti' in written, false)
    assert.equal(written['event_id'], 'event')
  }
})

test('req 87: an attribute never stands in for a claim of the service', () => {
  const forged = Object.fromEntries(
    [...Object.keys(vectors.idToken.required), 'aud', 'exp'].map((name) => [name, 'forged']),
  )
  const claims = idClaims(source, forged, 'jti', 300)
  assert.equal(Object.values(claims).includes('forged'), false)
})
