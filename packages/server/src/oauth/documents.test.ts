import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPool } from '../../testing/pool.ts'

test('discovery names endpoints that answer, and the abilities of no others', async (t) => {
  const { server, UserPoolId } = await startPool(t)
  const { publicUrl } = server.context.settings
  const ask = (url: string): Promise<Response> => server.app.fetch(new Request(url))
  const response = await ask(`${publicUrl}/${UserPoolId}/.well-known/openid-configuration`)
  const document = (await response.json()) as Record<string, unknown>
  const { issuer, ...members } = document
  assert.equal(issuer, `${publicUrl}/${UserPoolId}`)
  const urls = Object.values(members).filter((value) => typeof value === 'string')
  assert.ok(urls.length > 0)
  for (const url of urls) assert.equal((await ask(url)).status, 200, url)
  // OpenID Connect Discovery 1.0, section 4.2: a list without elements is left out.
  assert.deepEqual(Object.keys(document).toSorted(), [
    'claims_supported',
    'id_token_signing_alg_values_supported',
    'issuer',
    'jwks_uri',
    'subject_types_supported',
  ])
})
