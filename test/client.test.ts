import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPool, type State, type States } from '@poolkeeper/client'
import { closing } from '../packages/server/testing/closing.ts'
import { advance, appCode, codeFor, ready, serverClock } from './authenticator.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { verifyTokens } from './tokens.ts'

const at = <Step extends State['step']>(state: State, step: Step): States[Step] => {
  assert.equal(state.step, step, JSON.stringify(state))
  return JSON.parse(JSON.stringify(state)) as States[Step]
}

test('the flow with the client package, as a server by password and as a browser by SRP, through reloads and refusals', async (t) => {
  const folder = folderOf(t)
  const server = await startProcess(['dev', '--data', folder])
  closing(t, server.kill)
  const offset = async (): Promise<number> => (await serverClock(server.url)) - Date.now()
  let ahead = 0
  const options = {
    userPoolId: ready.poolId,
    clientId: ready.clientId,
    endpoint: server.url,
    now: () => Date.now() + ahead,
  }
  const backend = openPool({ ...options, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } })
  const username = 'jane@example.com'
  const password = 'Correct-horse-7'
  const confirm = at(await backend.signUp({ username, password }), 'confirm-sign-up')
  assert.equal(confirm.sentTo?.destination, 'j***@e***')
  const wrong = at(await backend.answer(confirm, { code: '000000x' }), 'confirm-sign-up')
  assert.equal(wrong.refused?.why, 'code-wrong')
  const setUp = at(await backend.answer(wrong, { code: await codeFor(server.url, username), password }), 'set-up-totp')
  assert.match(setUp.uri, /^otpauth:\/\/totp\//)
  const refused = at(await backend.answer(setUp, { code: '000000' }), 'set-up-totp')
  assert.equal(refused.refused?.why, 'code-wrong')
  // The first sign-in ends with the authenticator's first code, the second with its next.
  const first = at(await backend.answer(refused, { code: await appCode(server.url, setUp.secret) }), 'signed-in')
  const verify = ({ tokens }: States['signed-in']) =>
    verifyTokens({ url: server.url, ...ready }, { AccessToken: tokens.accessToken, IdToken: tokens.idToken })
  assert.equal((await verify(first)).id['email'], username)

  const browser = openPool(options)
  const enter = at(await browser.signIn({ username, password }), 'enter-totp')
  const used = at(await browser.answer(enter, { code: await appCode(server.url, setUp.secret) }), 'enter-totp')
  assert.equal(used.refused?.why, 'code-used')
  await advance(server.url, 30)
  ahead = await offset()
  const signedIn = at(await browser.answer(used, { code: await appCode(server.url, setUp.secret) }), 'signed-in')
  await verify(signedIn)
  assert.equal((await browser.getUser(signedIn)).attributes['email'], username)
  const fresh = at(await browser.refresh(signedIn), 'signed-in')
  await verify(fresh)
  assert.notEqual(fresh.tokens.accessToken, signedIn.tokens.accessToken)

  const late = at(await browser.signIn({ username, password }), 'enter-totp')
  await advance(server.url, 200)
  ahead = await offset()
  const expired = at(await browser.answer(late, { code: await appCode(server.url, setUp.secret) }), 'password')
  assert.equal(expired.refused?.why, 'session-expired')

  at(await browser.signOut(fresh), 'password')
  assert.equal(at(await browser.refresh(fresh), 'password').refused?.why, 'session-expired')
})
