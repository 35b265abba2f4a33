// The catalogue of errors in model/vectors/error-messages.json: each text that this version can say is brought about and
// compared, word for word.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import {
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  listed,
  otherPassword,
  type PoolChoice,
  type PoolUnderTest,
  said,
  signUpUser,
  startPool,
  wrongCode,
} from '../../testing/pool.ts'
import { challengeOf, signIn } from '../../testing/sign-in.ts'

type Vector = { type: string; message: string | null; when: string }

const { errors } = JSON.parse(
  readFileSync(new URL('../../../../model/vectors/error-messages.json', import.meta.url), 'utf8'),
) as { errors: Vector[] }

type Scene = { readonly choice?: PoolChoice; readonly play: (at: PoolUnderTest) => Promise<unknown> }

const hiding = { client: { PreventUserExistenceErrors: 'ENABLED' } } as const
const temporary = { MessageAction: 'SUPPRESS', TemporaryPassword: goodPassword } as const

const signUp = (at: PoolUnderTest, name: string, attributes: Record<string, string> = {}): Promise<unknown> =>
  signUpUser(at, name, attributes)
const confirm = ({ server, ClientId }: PoolUnderTest, Username: string, ConfirmationCode: string): Promise<unknown> =>
  server.call('ConfirmSignUp', { ClientId, Username, ConfirmationCode })
const forgot = ({ server, ClientId }: PoolUnderTest, Username: string): Promise<unknown> =>
  server.call('ForgotPassword', { ClientId, Username })
const resend = ({ server, ClientId }: PoolUnderTest, Username: string): Promise<unknown> =>
  server.call('ResendConfirmationCode', { ClientId, Username })
const create = ({ server, UserPoolId }: PoolUnderTest, Username: string, Password: string): Promise<unknown> =>
  server.call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS', TemporaryPassword: Password })

/** How each text comes about; by type and text, with what is filled in left as it stands in the catalogue. */
const scenes: Readonly<Record<string, Scene>> = {
  'UsernameExistsException: User already exists': {
    play: async (at) => {
      await signUp(at, 'jane')
      return signUp(at, 'jane')
    },
  },
  'UsernameExistsException: An account with the given email already exists.': {
    choice: { pool: { UsernameAttributes: ['email'] } },
    play: async (at) => {
      await signUp(at, 'jane@example.com')
      return create(at, 'jane@example.com', goodPassword)
    },
  },
  'AliasExistsException: An account with the email already exists.': {
    choice: { pool: { AliasAttributes: ['email'] } },
    play: async (at) => {
      await addVerifiedUser(at, 'jane')
      await signUp(at, 'john', { email: 'jane@example.com' })
      return confirm(at, 'john', await at.server.code('jane@example.com'))
    },
  },
  'AliasExistsException: An account with the given email already exists.': {
    choice: { pool: { UsernameAttributes: ['email'] } },
    play: async (at) => {
      await addUser(at, 'jane@example.com')
      await addUser(at, 'john@example.com')
      const { AccessToken } = await signIn(at, 'jane@example.com')
      const UserAttributes = listed({ email: 'john@example.com' })
      return at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes })
    },
  },
  'UserNotFoundException: User does not exist.': { play: (at) => signIn(at, 'nobody') },
  'UserNotFoundException: Username/client id combination not found.': { play: (at) => forgot(at, 'nobody') },
  'CodeMismatchException: Invalid verification code provided, please try again.': {
    play: async (at) => {
      await signUp(at, 'jane', { email: 'jane@example.com' })
      return confirm(at, 'jane', wrongCode(await at.server.code('jane@example.com')))
    },
  },
  'ExpiredCodeException: Invalid code provided, please request a code again.': {
    play: async (at) => {
      await signUp(at, 'jane', { email: 'jane@example.com' })
      at.server.advance(86_400)
      return confirm(at, 'jane', await at.server.code('jane@example.com'))
    },
  },
  'NotAuthorizedException: Incorrect username or password.': { choice: hiding, play: (at) => signIn(at, 'nobody') },
  'NotAuthorizedException: User is disabled.': {
    play: async (at) => {
      await addUser(at, 'jane')
      await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
      return signIn(at, 'jane')
    },
  },
  'NotAuthorizedException: Password attempts exceeded': {
    play: async (at) => {
      await addUser(at, 'jane')
      for (let tries = 0; tries < 5; tries += 1) await signIn(at, 'jane', 'wrong').catch(said)
      return signIn(at, 'jane')
    },
  },
  'LimitExceededException: Attempt limit exceeded, please try after some time.': {
    play: async (at) => {
      await signUp(at, 'jane', { email: 'jane@example.com' })
      for (let tries = 0; tries < 5; tries += 1) await resend(at, 'jane')
      return resend(at, 'jane')
    },
  },
  'UserNotConfirmedException: User is not confirmed.': {
    play: async (at) => {
      await signUp(at, 'jane')
      return signIn(at, 'jane')
    },
  },
  'PasswordResetRequiredException: Password reset required for the user': {
    play: async (at) => {
      await addVerifiedUser(at, 'jane')
      await at.server.call('AdminResetUserPassword', { UserPoolId: at.UserPoolId, Username: 'jane' })
      return signIn(at, 'jane')
    },
  },
  'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.': {
    play: async (at) => {
      await create(at, 'jane', goodPassword)
      at.server.advance(7 * 86_400)
      return signIn(at, 'jane')
    },
  },
  'NotAuthorizedException: SignUp is not permitted for this user pool': {
    choice: { pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } },
    play: (at) => signUp(at, 'jane'),
  },
  'NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED': {
    play: async (at) => {
      await addUser(at, 'jane')
      return confirm(at, 'jane', '000000')
    },
  },
  'InvalidParameterException: User is already confirmed.': {
    play: async (at) => {
      await addUser(at, 'jane')
      return resend(at, 'jane')
    },
  },
  '(type not evidenced): Cannot resend codes. Auto verification not turned on.': {
    choice: { pool: { AutoVerifiedAttributes: [] } },
    play: (at) => resend(at, 'jane'),
  },
  'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number':
    {
      play: async (at) => {
        await signUp(at, 'jane', { email: 'jane@example.com' })
        return forgot(at, 'jane')
      },
    },
  'NotAuthorizedException: User password cannot be reset in the current state.': {
    play: async (at) => {
      await create(at, 'jane', goodPassword)
      return forgot(at, 'jane')
    },
  },
  'InvalidPasswordException: Password did not conform with policy: {rule}': {
    play: ({ server, ClientId }) => server.call('SignUp', { ClientId, Username: 'jane', Password: 'Ab1-' }),
  },
  'InvalidPasswordException: Password did not conform with password policy: {rule}': {
    play: (at) => create(at, 'jane', 'Ab1-'),
  },
  'PasswordHistoryPolicyViolationException: Password has previously been used': {
    choice: { pool: { Policies: { PasswordPolicy: { PasswordHistorySize: 1 } } } },
    play: async (at) => {
      await addUser(at, 'jane')
      const input = { UserPoolId: at.UserPoolId, Username: 'jane', Password: goodPassword }
      return at.server.call('AdminSetUserPassword', input)
    },
  },
  'InvalidParameterException: Attributes did not conform to the schema: {attr}: The attribute is required\n': {
    choice: { pool: { Schema: [{ Name: 'email', Required: true }] } },
    play: (at) => signUp(at, 'jane'),
  },
  'NotAuthorizedException: A client attempted to write unauthorized attribute': {
    play: (at) => signUp(at, 'jane', { email: 'jane@example.com', email_verified: 'true' }),
  },
  'InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.': {
    choice: { pool: { AliasAttributes: ['email'] } },
    play: (at) => create(at, 'jane@example.com', goodPassword),
  },
  'InvalidParameterException: Username should be either an email or a phone number.': {
    choice: { pool: { UsernameAttributes: ['email', 'phone_number'] } },
    play: (at) => signUp(at, 'jane'),
  },
  'InvalidParameterException: Username should be an email.': {
    choice: { pool: { UsernameAttributes: ['email'] } },
    play: (at) => signUp(at, 'jane'),
  },
  'ResourceNotFoundException: User pool client {ClientId} does not exist.': {
    play: (at) => signUp({ ...at, ClientId: 'nothing' }, 'jane'),
  },
  'ResourceNotFoundException: User pool {UserPoolId} does not exist.': {
    play: (at) => create({ ...at, UserPoolId: 'zz-local-1_Nothing01' }, 'jane', goodPassword),
  },
  'NotAuthorizedException: Client {ClientId} is configured with secret but SECRET_HASH was not received': {
    choice: { client: { GenerateSecret: true } },
    play: (at) => forgot(at, 'jane'),
  },
  'NotAuthorizedException: Unable to verify secret hash for client {ClientId}': {
    play: ({ server, ClientId }) =>
      server.call('ForgotPassword', { ClientId, Username: 'jane', SecretHash: 'nonsense' }),
  },
  'InvalidParameterException: Invalid attributes given, {attr} is missing': {
    choice: { pool: { Schema: [{ Name: 'email', Required: true }] } },
    play: async (at) => answerNewPassword(at, {}),
  },
  'NotAuthorizedException: Cannot modify an already provided email': {
    play: async (at) => answerNewPassword(at, { email: 'jane@example.com' }),
  },
}

const answerNewPassword = async (at: PoolUnderTest, attributes: Record<string, string>): Promise<unknown> => {
  const { server, UserPoolId, ClientId } = at
  const UserAttributes = listed(attributes)
  await server.call('AdminCreateUser', { UserPoolId, Username: 'jane', UserAttributes, ...temporary })
  const { session } = await challengeOf(at, 'jane', goodPassword)
  const given = Object.entries(attributes).map(([name, value]) => [`userAttributes.${name}`, value])
  return server.call('RespondToAuthChallenge', {
    ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: session,
    ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: otherPassword, ...Object.fromEntries(given) },
  })
}

/** A text of the catalogue as a pattern: what stands in braces is filled in. */
const patternOf = (vector: Vector): RegExp => {
  const literal = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  const type = vector.type.startsWith('(') ? 'InvalidParameterException' : vector.type
  const [first = '', ...rest] = (vector.message ?? '').split(/\{\w+\}/)
  return new RegExp(`^${type}: ${[first, ...rest].map(literal).join('.+')}$`)
}

const sceneOf = async (t: TestContext, { choice = {}, play }: Scene): Promise<string> => {
  const at = await startPool(t, choice)
  // Another pool with the same user, which must make no difference.
  await addUser(await addPool(at.server), 'jane')
  return play(at).then(() => 'no refusal', said)
}

for (const vector of errors) {
  const title = `${vector.type}: ${vector.message}`
  const scene = scenes[title]
  if (scene) {
    test(`catalogue: ${title.trim()}`, async (t) => assert.match(await sceneOf(t, scene), patternOf(vector)))
  }
}

test('every scene plays a text of the catalogue', () => {
  const titles = new Set(errors.map(({ type, message }) => `${type}: ${message}`))
  assert.deepEqual(
    Object.keys(scenes).filter((title) => !titles.has(title)),
    [],
  )
})
