// A run of everything that handles secrets, with refusals on the way, and then a search of its log for each secret and
// address that went in or came out (requirement 112; protocol/requirements, section c).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensureReadyPool } from '../packages/server/src/dev/ready-pool.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { jsonLog } from '../packages/server/src/telemetry/log.ts'
import { makeTestApp, Refused, type TestApp } from '../packages/server/testing/app.ts'

/** Fields that hold no secret. */
const open = new Set([
  'AuthFlow',
  'ChallengeName',
  'ClientId',
  'DeliveryMedium',
  'Destination',
  'MFAS_CAN_SETUP',
  'Name',
  'Status',
  'TokenType',
  'UserPoolId',
  'UserStatus',
  'UserSub',
])

/** The `sub` of a user, by which the log says whose a request is. */
const isSub = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

const secretsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return value.length >= 6 && !isSub(value) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (open.has(name) ? [] : secretsIn(inner)))
}

/** Notes what goes in and comes out of each call. */
const noting = (app: TestApp, secrets: Set<string>): TestApp['call'] => {
  const note = (value: unknown): void => secretsIn(value).forEach((secret) => secrets.add(secret))
  return async (name, input) => {
    note(input)
    const output = await app.call(name, input)
    note(output)
    return output
  }
}

const address = 'jane.doe@example.com'
const password = 'Correct-horse-7'

const runOfEverything = async (app: TestApp, call: TestApp['call']): Promise<void> => {
  const { poolId: UserPoolId, clientId: ClientId } = await ensureReadyPool(app.context)
  const refused = async (asked: Promise<unknown>): Promise<void> => assert.rejects(asked, Refused)
  await refused(call('SignUp', { ClientId, Username: address, Password: 'weak-password' }))
  await call('SignUp', { ClientId, Username: address, Password: password })
  await refused(call('SignUp', { ClientId, Username: address, Password: password }))
  await refused(call('ConfirmSignUp', { ClientId, Username: address, ConfirmationCode: '000000' }))
  // What is malformed is a secret all the same: a code with a blank, a verifier that is too long, a page token.
  await refused(call('ConfirmSignUp', { ClientId, Username: address, ConfirmationCode: '123 456' }))
  const PasswordVerifier = 'verifier '.repeat(20_000)
  const malformed = {
    AccessToken: 'a.b.c',
    DeviceKey: 'zz-local-1_0a1b2c3d',
    DeviceSecretVerifierConfig: { PasswordVerifier },
  }
  await refused(call('ConfirmDevice', malformed))
  await refused(call('ListUsers', { UserPoolId, Filter: `email = "${address}" or ${'x'.repeat(300)}` }))
  await refused(call('ListDevices', { AccessToken: 'a.b.c', PaginationToken: 'page token' }))
  const ConfirmationCode = await app.code(address)
  await call('ConfirmSignUp', { ClientId, Username: address, ConfirmationCode })
  await refused(call('ConfirmSignUp', { ClientId, Username: address, ConfirmationCode }))
  await refused(call('AdminCreateUser', { UserPoolId, Username: address, MessageAction: 'RESEND' }))
  const signIn = (PASSWORD: string) =>
    call('AdminInitiateAuth', {
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: address, PASSWORD },
    })
  await refused(signIn('Wrong-horse-7'))
  const { Session = '' } = await signIn(password)
  await refused(call('AssociateSoftwareToken', { Session: `x${Session}` }))
  const associated = await call('AssociateSoftwareToken', { Session })
  const seed = decodeBase32(associated.SecretCode ?? '')
  const codeNow = (): string => totpCode(seed, totpStep(app.context.clock.now()))
  const verified = await call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode: codeNow() })
  const challenge = { UserPoolId, ClientId, ChallengeName: 'MFA_SETUP' } as const
  const answer = { ...challenge, Session: verified.Session ?? '', ChallengeResponses: { USERNAME: address } }
  const { AuthenticationResult } = await call('AdminRespondToAuthChallenge', answer)
  await refused(call('AdminRespondToAuthChallenge', answer))
  const { AccessToken = '', RefreshToken = '' } = AuthenticationResult ?? {}
  await call('GetUser', { AccessToken })
  await refused(call('GetUser', { AccessToken: `x${AccessToken}` }))
  const refresh = { ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: RefreshToken } } as const
  await call('InitiateAuth', refresh)
  await call('RevokeToken', { ClientId, Token: RefreshToken })
  await refused(call('InitiateAuth', refresh))
  app.advance(1)
  await call('ForgotPassword', { ClientId, Username: address })
  const recovery = { ClientId, Username: address, Password: 'Another-horse-8' }
  await refused(call('ConfirmForgotPassword', { ...recovery, ConfirmationCode: '000000' }))
  await call('ConfirmForgotPassword', { ...recovery, ConfirmationCode: await app.code(address) })
}

test('req 112: no password, code, token, secret or address that was used is in the log', async (t) => {
  const app = await makeTestApp(t)
  const secrets = new Set<string>()
  await runOfEverything(app, noting(app, secrets))
  let text = ''
  const log = jsonLog({ write: (line) => void (text += line) })
  for (const { fields, message } of app.log) log.info(fields, message)
  assert.ok(app.log.length >= 9, `${app.log.length} lines`)
  assert.ok(secrets.size >= 20, `${secrets.size} secrets`)
  for (const secret of secrets) assert.ok(!text.includes(secret), `the log holds ${secret}`)
})
