import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Settings } from '../config.ts'
import { ServiceError, statusOf } from '../errors.ts'
import { isOpen } from './authority.ts'
import type { OperationTable } from './dispatch.ts'
import type { HttpAnswer, Incoming } from '../http/exchange.ts'
import { operationShapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'
import { apiRequest, jsonOf, testContext, wireExchange } from '../../testing/wire.ts'
import type { Line } from '../../testing/wire.ts'

const names = Object.keys(operationShapes) as OperationName[]

const devSignature =
  'AWS4-HMAC-SHA256 Credential=any/20260102/eu-west-3/cognito-idp/aws4_request, SignedHeaders=host, Signature=00'

type Ask = (request: Incoming) => Promise<HttpAnswer>

const door = (
  mode: 'dev' | 'serve',
  some: Partial<OperationTable> = {},
  settings: Partial<Settings> = {},
): { ask: Ask; lines: Line[] } => {
  const { context: usual, lines } = testContext(mode)
  const context = { ...usual, settings: { ...usual.settings, ...settings } }
  return { ask: wireExchange(context, some, async () => undefined), lines }
}

const assertRefused = (answer: HttpAnswer, name: keyof typeof statusOf): Record<string, unknown> => {
  const body = jsonOf(answer.body)
  assert.equal(body['__type'], name, JSON.stringify(body))
  assert.equal(answer.status, statusOf[name])
  assert.equal(answer.headers['x-amzn-errortype'], `${name}:`)
  assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1')
  assert.match(answer.headers['x-amzn-requestid'] ?? '', /^[0-9a-f-]{36}$/)
  return body
}

test('an answer has its content type, its request id and the headers a page may read', async () => {
  const { ask } = door('dev', { GlobalSignOut: async () => ({}) })
  const answer = await ask(apiRequest('GlobalSignOut', { AccessToken: 'a.b.c' }))
  assert.equal(answer.status, 200)
  assert.equal(answer.body, '{}')
  assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1')
  assert.match(answer.headers['x-amzn-requestid'] ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(answer.headers['access-control-allow-origin'], '*')
  assert.equal(
    answer.headers['access-control-expose-headers'],
    'x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date',
  )
})

test('an operation is handed its caller, and undefined members of its output are left out', async () => {
  const { ask } = door('dev', {
    ListUserPools: async ({ region, remoteAddress, userAgent, requestId }, { MaxResults }) => ({
      NextToken: undefined,
      UserPools: [
        { Id: region, Name: `${remoteAddress} ${userAgent} ${requestId.length} ${MaxResults}`, CreationDate: 1.5 },
      ],
    }),
  })
  const headers = { authorization: devSignature, 'user-agent': 'test' }
  const { body } = await ask(apiRequest('ListUserPools', { MaxResults: 2 }, headers))
  assert.equal(body, '{"UserPools":[{"Id":"eu-west-3","Name":"127.0.0.1 test 36 2","CreationDate":1.5}]}')
})

test('req 81: every operation that wants a signature refuses a request without one, in both modes', async () => {
  const signed = names.filter((name) => operationShapes[name].auth === 'sigv4')
  assert.equal(signed.filter((name) => operationShapes[name].service === undefined).length, 105)
  for (const mode of ['dev', 'serve'] as const) {
    const { ask } = door(mode)
    for (const name of signed) {
      assertRefused(await ask(apiRequest(name, {})), 'MissingAuthenticationTokenException')
      const bearer = { authorization: 'Bearer a.b.c' }
      assertRefused(await ask(apiRequest(name, {}, bearer)), 'MissingAuthenticationTokenException')
    }
  }
})

test('req 81: the open operations are these and no others', () => {
  // protocol/authentication 1.A, the class "unsigned" and GetClientToken.
  const open =
    'AssociateSoftwareToken, ChangePassword, CompleteWebAuthnRegistration, ConfirmDevice, ConfirmForgotPassword, ConfirmSignUp, DeleteUser, DeleteUserAttributes, DeleteWebAuthnCredential, ForgetDevice, ForgotPassword, GetClientToken, GetDevice, GetTokensFromRefreshToken, GetUser, GetUserAttributeVerificationCode, GetUserAuthFactors, GlobalSignOut, InitiateAuth, ListDevices, ListUserSessions, ListWebAuthnCredentials, ResendConfirmationCode, RespondToAuthChallenge, RevokeToken, RevokeUserSession, SetUserMFAPreference, SetUserSettings, SignUp, StartWebAuthnRegistration, UpdateAuthEventFeedback, UpdateDeviceStatus, UpdateUserAttributes, VerifySoftwareToken, VerifyUserAttribute'
  const own = 'CountRecoveryCodes, CreateRecoveryCodes, DeleteRecoveryCodes, RespondWithRecoveryCode'
  const all = [...open.split(', '), ...own.split(', ')]
  assert.deepEqual(
    names.filter(isOpen),
    all.toSorted((a, b) => names.indexOf(a as OperationName) - names.indexOf(b as OperationName)),
  )
})

test('req 81: in `serve` the credentials that the development server takes open nothing', async () => {
  const { ask } = door('serve')
  const headers = { authorization: devSignature, 'x-amz-date': '20260102T030405Z' }
  assertRefused(await ask(apiRequest('ListUserPools', { MaxResults: 1 }, headers)), 'UnrecognizedClientException')
})

test('req 84: an open operation needs no signature, and looks at none', async () => {
  const { ask } = door('serve', { GetClientToken: async () => ({}) })
  const input = { ClientId: 'client', Secret: 'a'.repeat(51) }
  for (const headers of [{}, { authorization: devSignature }, { authorization: 'AWS4-HMAC-SHA256 nonsense' }])
    assert.equal((await ask(apiRequest('GetClientToken', input, headers as Record<string, string>))).status, 200)
})

test('the development server takes signed operations from this machine alone, whatever page asks', async () => {
  const settings = { publicUrl: 'http://pool.internal:9229', allowedOrigins: ['https://app.example'] }
  const { ask } = door('dev', { ListUserPools: async () => ({}), GlobalSignOut: async () => ({}) }, settings)
  const list = (headers: Record<string, string>) =>
    ask(apiRequest('ListUserPools', { MaxResults: 1 }, { authorization: devSignature, ...headers }))
  const hosts = ['localhost', 'localhost:9229', '127.0.0.1:1', '[::1]:9229', 'pool.internal:9229']
  for (const host of hosts) assert.equal((await list({ host })).status, 200, host)
  const foreignHosts = [
    'evil.example',
    'evil.example:9229',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'xlocalhost',
    '',
  ]
  for (const host of foreignHosts) {
    const { message } = assertRefused(await list({ host }), 'ForbiddenException')
    assert.match(String(message), /Host/)
  }
  const origins = ['http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:3000', 'http://pool.internal:9229']
  for (const origin of [...origins, 'https://app.example']) assert.equal((await list({ origin })).status, 200, origin)
  const foreignOrigins = ['https://evil.example', 'http://app.example', 'https://app.example:444', 'null', '']
  for (const origin of [
    ...foreignOrigins,
    'http://localhost.evil.example',
    'file://localhost',
    'http://localhost:1/a',
  ]) {
    const { message } = assertRefused(await list({ origin }), 'ForbiddenException')
    assert.match(String(message), /--allow-origin/)
    const open = apiRequest('GlobalSignOut', { AccessToken: 'a.b.c' }, { origin, host: 'evil.example' })
    assert.equal((await ask(open)).status, 200)
  }
})

test('checks come in the order body, authority, constraints, operation', async () => {
  const { ask } = door('dev')
  const signed = { authorization: devSignature }
  assertRefused(await ask(apiRequest('ListUserPools', '{')), 'SerializationException')
  assertRefused(await ask(apiRequest('ListUserPools', { MaxResults: 100 })), 'MissingAuthenticationTokenException')
  assertRefused(await ask(apiRequest('ListUserPools', { MaxResults: 100 }, signed)), 'InvalidParameterException')
  const { message } = assertRefused(
    await ask(apiRequest('ListUserPools', { MaxResults: 1 }, signed)),
    'UnsupportedOperationException',
  )
  assert.equal(message, 'ListUserPools is not available in this version of Poolkeeper.')
})

test('req 89: an unreadable body is a SerializationException with a capital Message', async () => {
  const { ask } = door('serve')
  for (const body of [
    '',
    'null',
    '[]',
    '{"a"',
    'x',
    '{"Username":1}',
    '{"UserAttributes":{}}',
    '{"ClientMetadata":[]}',
  ])
    assert.ok('Message' in assertRefused(await ask(apiRequest('SignUp', body)), 'SerializationException'))
  assertRefused(await ask(apiRequest('SignUp', Buffer.from([0x7b, 0xff, 0x7d]))), 'SerializationException')
})

test('req 91: an unknown operation or target is refused', async () => {
  const { ask } = door('serve')
  for (const name of ['Nothing', '', 'constructor', '__proto__', 'toString', 'signup', 'SignUp ', 'SignUp, SignUp'])
    assertRefused(await ask(apiRequest(name, {})), 'UnknownOperationException')
  const target = { 'x-amz-target': 'AWSCognitoIdentityService.SignUp' }
  assertRefused(await ask(apiRequest('SignUp', {}, target)), 'UnknownOperationException')
})

test('a target that names nothing is cut in the log', async () => {
  const { ask, lines } = door('serve')
  await ask(apiRequest('x', {}, { 'x-amz-target': 'x'.repeat(5000) }))
  assert.equal(String(lines[0]?.fields['operation']).length, 128)
})

test('req 91: a request without a target is answered 404 in JSON', async () => {
  const { ask } = door('serve')
  const answer = await ask({ ...apiRequest('SignUp', {}), header: () => undefined })
  assert.equal(answer.status, 404)
  assert.deepEqual(jsonOf(answer.body), {
    code: 'BadRequest',
    message: 'The server did not understand the operation that was requested.',
    type: 'client',
  })
})

test('req 96: a body over 1 MiB is refused', async () => {
  const { ask } = door('serve')
  assertRefused(await ask(apiRequest('SignUp', Buffer.alloc(1_048_577, 32))), 'RequestEntityTooLargeException')
  assertRefused(await ask(apiRequest('SignUp', `{}${' '.repeat(1_048_574)}`)), 'InvalidParameterException')
})

test('content types other than JSON are refused', async () => {
  const { ask } = door('dev', { GlobalSignOut: async () => ({}) })
  const status = async (type: string) =>
    (await ask(apiRequest('GlobalSignOut', { AccessToken: 'a' }, { 'content-type': type }))).status
  for (const type of [
    'application/x-amz-json-1.1',
    'application/json',
    'application/x-amz-json-1.0',
    'Application/JSON; charset=UTF-8',
  ])
    assert.equal(await status(type), 200, type)
  for (const type of ['text/plain', 'application/xml', 'application/jsonx', ''])
    assert.equal(await status(type), 400, type)
})

test('a pool whose id names another Region than the signature is not found, and the log says why', async () => {
  const { ask, lines } = door('dev', { DescribeUserPool: async () => ({ UserPool: {} }) })
  const describe = (UserPoolId: string) =>
    ask(apiRequest('DescribeUserPool', { UserPoolId }, { authorization: devSignature }))
  assert.equal((await describe('eu-west-3_a')).status, 200)
  for (const id of ['eu-west-1_a', 'eu-west_a', 'eu-west-33_a', 'zz-local-1_Poolkeepr']) {
    const { message } = assertRefused(await describe(id), 'ResourceNotFoundException')
    assert.equal(message, `User pool ${id} does not exist.`)
  }
  // An operation without a signature is of no Region; its pool is found by its id.
  const feedback = {
    UserPoolId: 'eu-west-1_a',
    Username: 'anna',
    EventId: 'e',
    FeedbackToken: 'a',
    FeedbackValue: 'Valid',
  }
  assertRefused(await ask(apiRequest('UpdateAuthEventFeedback', feedback)), 'UnsupportedOperationException')
  const reason = "the request is signed for the Region eu-west-3, the pool's id names zz-local-1"
  assert.ok(lines.some(({ fields }) => fields['reason'] === reason))
})

test('a refusal goes out as it is; its reason goes to the log alone', async () => {
  const refuse = () =>
    new ServiceError('NotAuthorizedException', 'Incorrect username or password.', 'there is no such user')
  const { ask, lines } = door('serve', {
    GlobalSignOut: async () => {
      throw refuse()
    },
  })
  const answer = await ask(apiRequest('GlobalSignOut', { AccessToken: 'a' }))
  assertRefused(answer, 'NotAuthorizedException')
  assert.equal(answer.headers['x-amzn-errormessage'], 'Incorrect username or password.')
  assert.ok(!JSON.stringify(answer).includes('no such user'))
  const [line] = lines
  assert.equal(line?.level, 'info')
  assert.equal(line?.fields['reason'], 'there is no such user')
  assert.equal(line?.fields['error'], 'NotAuthorizedException')
  assert.equal(line?.fields['operation'], 'GlobalSignOut')
  assert.equal(line?.fields['requestId'], answer.headers['x-amzn-requestid'])
})

test('req 99: what is no refusal is logged with its cause and answered blandly', async () => {
  const cause = new TypeError('SELECT secret FROM users at /srv/app.ts')
  const { ask, lines } = door('serve', { GlobalSignOut: () => Promise.reject(cause) })
  const answer = await ask(apiRequest('GlobalSignOut', { AccessToken: 'a' }))
  assertRefused(answer, 'InternalErrorException')
  assert.ok(!/SELECT|srv|TypeError/.test(JSON.stringify(answer)))
  assert.equal(lines[0]?.level, 'error')
  assert.equal(lines[0]?.fields['err'], cause)
})

test('the message header holds printable ASCII, whatever the message', async () => {
  const { ask } = door('serve', {
    GlobalSignOut: async () => {
      throw new ServiceError('InvalidParameterException', `line\r\nbreak: é 😀 ${'😀'.repeat(2000)}`)
    },
  })
  const { headers } = await ask(apiRequest('GlobalSignOut', { AccessToken: 'a' }))
  assert.ok((headers['x-amzn-errormessage'] ?? '').length < 13_000)
  assert.match(headers['x-amzn-errormessage'] ?? '', /^line%0D%0Abreak: %C3%A9 %F0%9F%98%80 [\x20-\x7e]*$/)
})

test('req 89, 99: any body of any operation is answered by a known 4xx', async () => {
  const { ask } = door('serve')
  const body = fc.oneof(fc.json().map(Buffer.from), fc.uint8Array())
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), body, async (name, bytes) => {
      const { status, body: text } = await ask(apiRequest(name, bytes))
      assert.ok(status >= 400 && status < 500)
      assert.ok(Object.hasOwn(statusOf, String(jsonOf(text)['__type'])))
    }),
    { numRuns: 500 },
  )
})
