// Text that a database cannot keep is refused where it enters, by the same words on both databases.
import assert from 'node:assert/strict'
import { onBothDatabases } from '../packages/server/testing/databases.ts'
import { addPool, addUser, goodPassword, type PoolUnderTest } from '../packages/server/testing/pool.ts'
import type { TestApp } from '../packages/server/testing/app.ts'

const refusedText = {
  name: 'InvalidParameterException',
  message: /Member must (not contain the character U\+0000|satisfy regular)/,
}
const name = 'jane\0'

/** Requests with U+0000 in a text that the model leaves open. */
const requests = ({ server, UserPoolId, ClientId }: PoolUnderTest, AccessToken: string) => ({
  'a parameter of a sign-in': () =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: goodPassword },
    }),
  'the name of a parameter': () =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword, [name]: '' },
    }),
  'the answer to a challenge': () =>
    server.call('RespondToAuthChallenge', {
      ClientId,
      ChallengeName: 'SMS_MFA',
      Session: 'a'.repeat(20),
      ChallengeResponses: { USERNAME: name, SMS_MFA_CODE: '123456' },
    }),
  'a user name': () => server.call('SignUp', { ClientId, Username: name, Password: goodPassword }),
  'a user name of an administrator': () => server.call('AdminGetUser', { UserPoolId, Username: name }),
  'the value of an attribute': () =>
    server.call('UpdateUserAttributes', { AccessToken, UserAttributes: [{ Name: 'given_name', Value: name }] }),
  'the name of a pool': () => server.call('CreateUserPool', { PoolName: name }),
  'a filter': () => server.call('ListUsers', { UserPoolId, Filter: `username = "${name}"` }),
  'a passkey': () => server.call('CompleteWebAuthnRegistration', { AccessToken, Credential: { id: name } }),
})

const statusOf = async (server: TestApp, path: string): Promise<number> =>
  (await server.app.fetch(new Request(`http://127.0.0.1:9229${path}`))).status

onBothDatabases('U+0000 is refused in every text of a request, in paths and in tokens', async (start) => {
  const [server] = await start(1)
  const at = await addPool(server)
  await addUser(at, 'jane')
  const { AuthenticationResult } = await server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  })
  const AccessToken = AuthenticationResult?.AccessToken ?? assert.fail()
  for (const [place, request] of Object.entries(requests(at, AccessToken)))
    await assert.rejects(request(), refusedText, place)

  for (const document of ['jwks.json', 'openid-configuration'])
    for (const pool of ['%00', `${at.UserPoolId}%00`, '%ED%A0%80'])
      assert.equal(await statusOf(server, `/${pool}/.well-known/${document}`), 404, pool)

  // Nothing vouches for what an unsigned token says.
  const claims = (iss: string): string => Buffer.from(JSON.stringify({ iss })).toString('base64url')
  for (const iss of ['https://a/\0', 'https://a/\ud800'])
    await assert.rejects(server.call('GetUser', { AccessToken: `a.${claims(iss)}.b` }), {
      name: 'NotAuthorizedException',
      message: 'Could not verify signature for Access Token',
    })
  await server.call('GetUser', { AccessToken })
})

onBothDatabases('text that is cut to its stored length is cut between characters', async (start) => {
  const [server] = await start(1)
  const at = await addPool(server)
  // The emoji stands across the 256th unit of a search row, and across the 56th of a device key.
  const Value = `${'x'.repeat(255)}😀${'x'.repeat(20)}`
  await addUser(at, 'jane', { given_name: Value })
  const { UserPoolId, ClientId } = at
  const list = (Filter: string) => server.call('ListUsers', { UserPoolId, Filter })
  assert.equal((await list(`given_name ^= "${'x'.repeat(200)}"`)).Users?.length, 1)
  const key = `${'x'.repeat(55)}😀`
  const AuthParameters = { USERNAME: 'jane', PASSWORD: goodPassword, DEVICE_KEY: key }
  await server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
  const user = { UserPoolId, Username: 'jane' }
  await server.call('AdminUpdateUserAttributes', { ...user, UserAttributes: [{ Name: 'given_name', Value: 'jane' }] })
  assert.equal((await list(`given_name ^= "x"`)).Users?.length, 0)
})
