import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doorsOf, makeApp } from './app.ts'
import type { App } from './app.ts'
import { ServiceError } from './errors.ts'
import type { Door, Route } from './http/routes.ts'
import { testContext } from '../testing/wire.ts'

const keySet: Route = {
  method: 'GET',
  path: '/{pool}/.well-known/jwks.json',
  cors: true,
  answer: async (_context, { params }) => {
    if (params['pool'] !== 'local-1_a') throw new ServiceError('ResourceNotFoundException', 'No such pool.')
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"keys":[]}' }
  },
}

const broken: Route = {
  method: 'DELETE',
  path: '/broken/*',
  answer: async () => {
    throw new Error('broken at /srv')
  },
}

const signIn: Route = {
  method: 'GET',
  path: '/sign-in',
  answer: async () => ({ status: 200, headers: {}, cookies: ['a=1; Path=/', 'b=2; Path=/'], body: '' }),
}

const refused: Route = {
  method: 'GET',
  path: '/refused',
  answer: async () => {
    throw new ServiceError('NotAuthorizedException', 'No.', 'a reason')
  },
}

/** A door that words its refusals by itself, and names its requests in the log. */
const ownDoor: Door = {
  routes: [keySet, broken, signIn, refused],
  refuse: ({ status, name }) => ({ status, headers: { 'content-type': 'text/plain' }, body: `refused: ${name}` }),
  named: ({ path }) => ({ page: path }),
}

const dev = { clock: { now: () => 0, advance: () => {}, aheadSeconds: () => 0 }, reset: async () => {} }

const appIn = (
  mode: 'dev' | 'serve',
  ready: () => Promise<void> = async () => {},
  { context } = testContext(mode),
): App => makeApp(context, [ownDoor, ...doorsOf({ mode }, { findKey: async () => undefined, health: { ready }, dev })])

const ask = (app: App, method: string, path: string, body: string | null = null): Promise<Response> =>
  app.fetch(new Request(`http://localhost${path}`, { method, body }))

test('a route is answered with the parts of its path', async () => {
  const app = appIn('serve')
  const answer = await ask(app, 'GET', '/local-1_a/.well-known/jwks.json?x=1')
  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { keys: [] })
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
})

test('req 91: unknown paths are 404, other methods 405, in JSON', async () => {
  const app = appIn('serve')
  for (const path of [
    '/nothing',
    '/a/b/.well-known/jwks.json',
    '/%ff/.well-known/jwks.json',
    '/local-1_a/.well-known/',
    '//',
    '/.env',
  ])
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const answer = await ask(app, method, path)
      assert.equal(answer.status, 404, `${method} ${path}`)
      assert.equal(((await answer.json()) as { code: string }).code, 'NotFound')
    }
  for (const [method, path, allow] of [
    ['GET', '/', 'POST, OPTIONS'],
    ['PUT', '/', 'POST, OPTIONS'],
    ['POST', '/local-1_a/.well-known/jwks.json', 'GET'],
    ['DELETE', '/healthz', 'GET'],
  ] as const) {
    const answer = await ask(app, method, path)
    assert.equal(answer.status, 405, `${method} ${path}`)
    assert.equal(answer.headers.get('allow'), allow)
    assert.equal(((await answer.json()) as { code: string }).code, 'MethodNotAllowed')
  }
})

test('a door words its refusals, and the log names the request as the door does', async () => {
  const under = testContext('serve')
  const app = appIn('serve', undefined, under)
  const answer = await ask(app, 'GET', '/refused')
  assert.equal(answer.status, 400)
  assert.equal(await answer.text(), 'refused: NotAuthorizedException')
  const fields = { page: '/refused', error: 'NotAuthorizedException', message: 'No.', reason: 'a reason' }
  const [line] = under.lines
  assert.deepEqual({ ...line?.fields, requestId: undefined }, { ...fields, requestId: undefined })
  const api = await ask(app, 'POST', '/')
  assert.equal(((await api.json()) as { code: string }).code, 'BadRequest')
})

test('a fault is logged with its cause and refused blandly, by the door it happened behind', async () => {
  const under = testContext('serve')
  const answer = await ask(appIn('serve', undefined, under), 'DELETE', '/broken/a/b')
  assert.equal(answer.status, 500)
  assert.equal(await answer.text(), 'refused: InternalErrorException')
  assert.equal(under.lines[0]?.level, 'error')
  assert.match(String(under.lines[0]?.fields['err']), /broken at/)
})

test('an answer may set several cookies', async () => {
  const answer = await ask(appIn('serve'), 'GET', '/sign-in')
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1; Path=/', 'b=2; Path=/'])
})

test('the door of the development server exists in it alone', async () => {
  assert.equal((await ask(appIn('serve'), 'GET', '/_poolkeeper/clock')).status, 404)
  assert.equal((await ask(appIn('dev'), 'GET', '/_poolkeeper/clock')).status, 200)
})

test('a page of another origin may ask first', async () => {
  const app = appIn('serve')
  const api = await ask(app, 'OPTIONS', '/')
  assert.equal(api.status, 204)
  assert.equal(api.headers.get('access-control-allow-origin'), '*')
  const allowed = api.headers.get('access-control-allow-headers')?.split(',') ?? []
  for (const name of [
    'x-amz-target',
    'x-amz-user-agent',
    'content-type',
    'cache-control',
    'authorization',
    'x-amz-date',
    'x-amz-security-token',
    'amz-sdk-request',
    'amz-sdk-invocation-id',
  ])
    assert.ok(allowed.includes(name), name)
  assert.equal((await ask(app, 'OPTIONS', '/local-1_a/.well-known/jwks.json')).status, 204)
  assert.equal((await ask(app, 'OPTIONS', '/healthz')).status, 405)
})

test('the server tells whether it lives and whether it is ready', async () => {
  const failing = appIn('serve', () => Promise.reject(new Error('no database')))
  assert.equal((await ask(failing, 'GET', '/healthz')).status, 200)
  const answer = await ask(failing, 'GET', '/readyz')
  assert.equal(answer.status, 503)
  assert.deepEqual(await answer.json(), { status: 'not ready' })
  const ready = await ask(appIn('dev'), 'GET', '/readyz')
  assert.equal(ready.status, 200)
  assert.deepEqual(await ready.json(), { status: 'ready', durable: true, weaknesses: [] })
})

test('the API is called at the root', async () => {
  const request = new Request('http://localhost/', {
    method: 'POST',
    headers: {
      'x-amz-target': 'AWSCognitoIdentityProviderService.SignUp',
      'content-type': 'application/x-amz-json-1.1',
    },
    body: '{}',
  })
  const answer = await appIn('serve').fetch(request, { remoteAddress: '192.0.2.1' })
  assert.equal(answer.status, 400)
  assert.equal(((await answer.json()) as { __type: string }).__type, 'InvalidParameterException')
})
