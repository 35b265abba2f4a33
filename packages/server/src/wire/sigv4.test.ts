import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Incoming } from '../http/exchange.ts'
import { canonicalRequest, readSignature, signatureOf, signingKey, verifySignature } from './sigv4.ts'
import type { FindKey, Signature } from './sigv4.ts'
import { apiRequest, noon } from '../../testing/wire.ts'

const exampleSecret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

const incoming = (method: string, query: string, headers: Record<string, string>, body = ''): Incoming => ({
  method,
  path: '/',
  query,
  header: (name) => headers[name],
  body: Buffer.from(body),
  remoteAddress: undefined,
})

const scoped = (service: string, signedHeaders: string[]): Signature => ({
  accessKeyId: 'AKIDEXAMPLE',
  day: '20150830',
  region: 'us-east-1',
  service,
  signedHeaders,
  signature: '',
})

test('the signing key of the AWS documentation is derived', () => {
  assert.equal(
    signingKey(exampleSecret, '20150830', 'us-east-1', 'iam').toString('hex'),
    'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
  )
})

test('the requests of the AWS test suite and documentation get their published signatures', () => {
  const date = '20150830T123600Z'
  const base = { host: 'example.amazonaws.com', 'x-amz-date': date }
  const signed = ['host', 'x-amz-date']
  const form = { ...base, 'content-type': 'application/x-www-form-urlencoded' }
  const iam = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: 'iam.amazonaws.com',
    'x-amz-date': date,
  }
  const published: [Incoming, Signature, string][] = [
    [
      incoming('GET', '', base),
      scoped('service', signed),
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      incoming('POST', '', base),
      scoped('service', signed),
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      incoming('GET', 'Param2=value2&Param1=value1', base),
      scoped('service', signed),
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      incoming('POST', '', form, 'Param1=value1'),
      scoped('service', ['content-type', ...signed]),
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      incoming('GET', 'Action=ListUsers&Version=2010-05-08', iam),
      scoped('iam', ['content-type', ...signed]),
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    ],
  ]
  for (const [request, signature, expected] of published)
    assert.equal(signatureOf(request, signature, date, exampleSecret), expected)
})

test('inner and outer blanks of a header value are folded', () => {
  const request = incoming('GET', '', { 'my-header': '  a   b  ' })
  assert.ok(canonicalRequest(request, ['my-header']).includes('my-header:a b\n'))
})

const secret = 'a secret of forty characters, or nearly.'
const compactNoon = '20260102T030405Z'

const findKey: FindKey = async (id) => {
  const key = { secret, enabled: true, forbidden: () => undefined }
  if (id === 'PKKEY') return key
  return id === 'PKDISABLED' ? { ...key, enabled: false } : undefined
}

type Change = {
  accessKeyId?: string
  secret?: string
  date?: string
  region?: string
  service?: string
  signedHeaders?: string[]
  /** Headers that are there when the request is signed. */
  headers?: Record<string, string>
  after?: { operation?: string; body?: string; headers?: Record<string, string> }
}

/** A request signed at noon, with one thing changed before or after signing. */
const signedRequest = (change: Change = {}): Incoming => {
  const date = change.date ?? compactNoon
  const signature: Signature = {
    accessKeyId: change.accessKeyId ?? 'PKKEY',
    day: date.slice(0, 8),
    region: change.region ?? 'local-1',
    service: change.service ?? 'cognito-idp',
    signedHeaders: change.signedHeaders ?? ['content-type', 'host', 'x-amz-date', 'x-amz-target'],
    signature: '',
  }
  const headers = { 'x-amz-date': date, ...change.headers }
  const hex = signatureOf(
    apiRequest('ListUserPools', '{"MaxResults":1}', headers),
    signature,
    date,
    change.secret ?? secret,
  )
  const scope = `${signature.accessKeyId}/${signature.day}/${signature.region}/${signature.service}/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signature.signedHeaders.join(';')}, Signature=${hex}`
  const { operation = 'ListUserPools', body = '{"MaxResults":1}', headers: more = {} } = change.after ?? {}
  return apiRequest(operation, body, { ...headers, authorization, ...more })
}

const verify = (request: Incoming, now = noon) => verifySignature(request, 'local-1', now, findKey)

test('a sound signature is taken', async () => {
  assert.equal((await verify(signedRequest())).signature.accessKeyId, 'PKKEY')
  await verify(signedRequest(), noon + 299_000)
  await verify(signedRequest(), noon - 297_000)
})

test('a signature may cover headers that were not sent, and its header may have blanks and unknown parts', async () => {
  await verify(signedRequest({ signedHeaders: ['host', 'x-absent', 'x-amz-date', 'x-amz-target'] }))
  const sound = signedRequest().header('authorization') ?? ''
  for (const authorization of [
    `${sound} `,
    sound.replaceAll(', ', ' , '),
    sound.replaceAll('=', '= '),
    `${sound}, More`,
  ])
    await verify(signedRequest({ after: { headers: { authorization } } }))
})

test('the date is that of X-Amz-Date, or else that of Date', async () => {
  const date = 'Fri, 02 Jan 2026 03:04:05 GMT'
  const dated = (value: string, headers: Record<string, string> = { date: value }): Incoming => {
    const signature: Signature = {
      accessKeyId: 'PKKEY',
      day: '20260102',
      region: 'local-1',
      service: 'cognito-idp',
      signedHeaders: ['date', 'host', 'x-amz-target'],
      signature: '',
    }
    const hex = signatureOf(apiRequest('ListUserPools', '{}', headers), signature, compactNoon, secret)
    const scope = 'PKKEY/20260102/local-1/cognito-idp/aws4_request'
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=date;host;x-amz-target, Signature=${hex}`
    return apiRequest('ListUserPools', '{}', { ...headers, authorization })
  }
  await verify(dated(date))
  for (const request of [dated('yesterday'), dated(''), dated('', {})])
    await assert.rejects(verify(request), { name: 'IncompleteSignatureException' })
  await assert.rejects(verify(dated('', {})), { message: /requires existence of either a 'X-Amz-Date' or a 'Date'/ })
})

test('req 82: a date is sound for less than five minutes, and ahead for the time that a request may be on its way', async () => {
  await verify(signedRequest(), noon - 297_999)
  await assert.rejects(verify(signedRequest(), noon - 298_000), { message: /^Signature not yet current/ })
  await verify(signedRequest(), noon + 299_999)
  await assert.rejects(verify(signedRequest(), noon + 300_000), { message: /^Signature expired/ })
})

const refusals: [string, Change, string, RegExp][] = [
  [
    'a wrong secret',
    { secret: 'another' },
    'InvalidSignatureException',
    /^The request signature we calculated does not match/,
  ],
  [
    'an unknown key',
    { accessKeyId: 'PKOTHER' },
    'UnrecognizedClientException',
    /^The security token included in the request is invalid\.$/,
  ],
  ['a disabled key', { accessKeyId: 'PKDISABLED' }, 'UnrecognizedClientException', /^The security token/],
  [
    'a date 5 minutes back',
    { date: '20260102T025905Z' },
    'InvalidSignatureException',
    /^Signature expired: 20260102T025905Z is now earlier than 20260102T025905Z \(20260102T030405Z - 5 min\.\)$/,
  ],
  ['a date 5 minutes ahead', { date: '20260102T030905Z' }, 'InvalidSignatureException', /^Signature not yet current/],
  ['another service', { service: 'cognito-identity' }, 'InvalidSignatureException', /correct service/],
  ['another Region', { region: 'local-2' }, 'InvalidSignatureException', /valid region/],
  ['a changed body', { after: { body: '{"MaxResults":2}' } }, 'InvalidSignatureException', /does not match/],
  ['a changed target', { after: { operation: 'DeleteUserPool' } }, 'InvalidSignatureException', /does not match/],
  ['a changed host', { after: { headers: { host: 'elsewhere' } } }, 'InvalidSignatureException', /does not match/],
  [
    'an unsigned target',
    { signedHeaders: ['host', 'x-amz-date'] },
    'InvalidSignatureException',
    /^'x-amz-target' must be a 'SignedHeader' in the AWS Authorization\.$/,
  ],
  [
    'an unsigned host',
    { signedHeaders: ['x-amz-date', 'x-amz-target'] },
    'InvalidSignatureException',
    /^'host' must be/,
  ],
  [
    'an unsigned date',
    { signedHeaders: ['host', 'x-amz-target'] },
    'InvalidSignatureException',
    /^'x-amz-date' must be/,
  ],
  [
    'a session token',
    { after: { headers: { 'x-amz-security-token': 'token' } } },
    'UnrecognizedClientException',
    /^The security token/,
  ],
  [
    'a day of the scope that is not the date',
    { after: { headers: { 'x-amz-date': '20260103T030405Z' } } },
    'InvalidSignatureException',
    /^Date in Credential scope/,
  ],
  [
    'a date that is none',
    { after: { headers: { 'x-amz-date': '20261399T030405Z' } } },
    'IncompleteSignatureException',
    /Date/,
  ],
  [
    'a date in another form',
    { after: { headers: { 'x-amz-date': '2026-01-02T03:04:05Z' } } },
    'IncompleteSignatureException',
    /Date/,
  ],
]

for (const [what, change, name, message] of refusals)
  test(`req 82: ${what} is refused`, async () => {
    await assert.rejects(verify(signedRequest(change)), { name, message })
  })

test('req 82: a body hash that the caller claims counts for nothing, signed or not', async () => {
  const bodyHash = createHash('sha256').update('{"MaxResults":1}').digest('hex')
  const covered = ['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-target']
  for (const claimed of [bodyHash, 'UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']) {
    const headers = { 'x-amz-content-sha256': claimed }
    const signed = { headers, signedHeaders: covered }
    await verify(signedRequest(signed))
    await verify(signedRequest({ headers }))
    const changed = { after: { body: '{"MaxResults":2}' } }
    for (const request of [signedRequest({ ...signed, ...changed }), signedRequest({ headers, ...changed })])
      await assert.rejects(verify(request), { name: 'InvalidSignatureException', message: /does not match/ })
  }
})

test('req 82: every bit of the signature counts', async () => {
  const sound = signedRequest().header('authorization') ?? ''
  const last = sound.endsWith('0') ? '1' : '0'
  for (const authorization of [
    `${sound.slice(0, -1)}${last}`,
    sound.slice(0, -1),
    `${sound}0`,
    sound.replace(/Signature=.*/, 'Signature=é'),
  ])
    await assert.rejects(verify(signedRequest({ after: { headers: { authorization } } })), {
      name: 'InvalidSignatureException',
    })
})

test('a header of another scheme is no signature', () => {
  for (const authorization of [undefined, '', 'Bearer abc', 'Basic YTpi'])
    assert.throws(() => readSignature(authorization), { name: 'MissingAuthenticationTokenException' })
})

test('a signature with a part missing is incomplete', () => {
  const scope = 'Credential=AK/20260102/local-1/cognito-idp/aws4_request'
  for (const rest of [
    '',
    scope,
    `${scope}, SignedHeaders=host`,
    `SignedHeaders=host, Signature=00`,
    `Credential=AK/20260102/local-1/cognito-idp, SignedHeaders=host, Signature=00`,
    `Credential=AK/2026/local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00`,
    `Credential=AK/20260102/__proto__/cognito-idp/aws4_request, SignedHeaders=host, Signature=00`,
    `${scope}/more, SignedHeaders=host, Signature=00`,
  ])
    assert.throws(() => readSignature(`AWS4-HMAC-SHA256 ${rest}`), { name: 'IncompleteSignatureException' })
})
