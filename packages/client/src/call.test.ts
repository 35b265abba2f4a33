import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { call, type Caller, type PoolError } from './call.ts'

type Answering = (request: IncomingMessage, response: ServerResponse) => void

/** What a call comes to when the service answers so. */
const calling = async <Output>(t: TestContext, answering: Answering): Promise<Output> => {
  const server = createServer(answering).listen(0, '127.0.0.1')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const caller: Caller = { endpoint, region: 'eu-west-1', credentials: undefined, fetch, now: () => 0 }
  return call<Output>(caller, 'GetUser', { AccessToken: 'token', Absent: undefined })
}

const refusing =
  (status: number, headers: Record<string, string>, body: string): Answering =>
  (_, response) =>
    response.writeHead(status, headers).end(body)

test('a call is what the service wants of it, and unsigned without credentials', async (t) => {
  const seen = await calling<Record<string, unknown>>(t, (request, response) => {
    const { method, url, headers } = request
    void text(request).then((body) => response.end(JSON.stringify({ method, url, headers, body })))
  })
  const headers = seen['headers'] as Record<string, string>
  assert.equal(seen['method'], 'POST')
  assert.equal(seen['url'], '/')
  assert.equal(seen['body'], '{"AccessToken":"token"}')
  assert.equal(headers['content-type'], 'application/x-amz-json-1.1')
  assert.equal(headers['x-amz-target'], 'AWSCognitoIdentityProviderService.GetUser')
  assert.equal(headers['authorization'], undefined)
})

test('an empty answer is an empty object', async (t) => {
  assert.deepEqual(await calling(t, refusing(200, {}, '')), {})
})

const refusals: readonly (readonly [string, Answering, Partial<PoolError>])[] = [
  [
    'the header',
    refusing(400, { 'x-amzn-errortype': 'CodeMismatchException:', 'x-amzn-requestid': 'r1' }, '{"message":"Wrong."}'),
    { name: 'CodeMismatchException', message: 'Wrong.', status: 400, requestId: 'r1' },
  ],
  [
    'the body',
    refusing(400, {}, '{"__type":"com.amazonaws#NotAuthorizedException","message":"No."}'),
    { name: 'NotAuthorizedException', message: 'No.', status: 400 },
  ],
  [
    'a body with a capital',
    refusing(400, {}, '{"__type":"SerializationException","Message":"Expected map or null"}'),
    { name: 'SerializationException', message: 'Expected map or null', status: 400 },
  ],
  ['the status', refusing(502, {}, '<html>'), { name: 'HTTP 502', message: 'HTTP 502', status: 502 }],
  ['nothing but the JSON that lacks', refusing(200, {}, '<html>'), { name: 'SerializationException', status: 200 }],
]

for (const [what, answering, expected] of refusals) {
  test(`an error is read from ${what}`, async (t) => {
    await assert.rejects(calling(t, answering), expected)
  })
}
