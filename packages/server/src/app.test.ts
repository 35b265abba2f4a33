import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeApp } from './app.ts'
import type { App, Route } from './app.ts'
import { ServiceError } from './errors.ts'
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

const mailbox: Route = {
  method: 'DELETE',
  path: '/_poolkeeper/*',
  answer: async () => {
    throw new Error('broken at /srv')
  },
}

const appIn = (mode: 'dev' | 'serve', ready: () => Promise<void> = async () => {}): App =>
  makeApp(testContext(mode).context, { findKey: async () => undefined, ready, routes: [keySet], dev: [mailbox] })

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

test('a refusal of a route is answered by its name', async () => {
  const answer = await ask(appIn('serve'), 'GET', '/other/.well-known/jwks.json')
  assert.equal(answer.status, 400)
  assert.equal(((await answer.json()) as { __type: string }).__type, 'ResourceNotFoundException')
})

test('the routes of the development server exist in it alone, and faults are bland', async () => {
  assert.equal((await ask(appIn('serve'), 'DELETE', '/_poolkeeper/mailbox/a')).status, 404)
  const answer = await ask(appIn('dev'), 'DELETE', '/_poolkeeper/mailbox/a')
  assert.equal(answer.status, 500)
  assert.ok(!(await answer.text()).includes('srv'))
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
  const broken = appIn('serve', () => Promise.reject(new Error('no database')))
  assert.equal((await ask(broken, 'GET', '/healthz')).status, 200)
  const answer = await ask(broken, 'GET', '/readyz')
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
