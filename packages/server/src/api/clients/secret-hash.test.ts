// The secret of a confidential client, asked for by every operation that a client makes (protocol/authentication 2.5;
// requirement 52).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretHash } from '../../rules/secret-hash.ts'
import {
  addClient,
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  hashOf,
  otherPassword,
  type PoolUnderTest,
  refused,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'

/** Makes one request with a hash, over the name that the operation sends. */
type Operation = {
  /** The name that the hash is over. */
  readonly name: string
  readonly call: (hash: string | undefined) => Promise<unknown>
  /** How the operation refuses a hash that is wrong; the usual way when absent. */
  readonly wrong?: (clientId: string) => string
}

const member = (SecretHash: string | undefined): { SecretHash?: string } =>
  SecretHash === undefined ? {} : { SecretHash }
const parameter = (SECRET_HASH: string | undefined): { SECRET_HASH?: string } =>
  SECRET_HASH === undefined ? {} : { SECRET_HASH }

const Temporary = 'Temporary-pass-1'

const inRefresh = (id: string): string => `NotAuthorizedException: SecretHash does not match for the client: ${id}`

const operations: Readonly<Record<string, (at: PoolUnderTest) => Promise<Operation>>> = {
  SignUp: async ({ server, ClientId }) => ({
    name: 'new',
    call: (hash) => server.call('SignUp', { ClientId, Username: 'new', Password: goodPassword, ...member(hash) }),
  }),
  ConfirmSignUp: async (at) => {
    const { server, ClientId } = at
    const [Username, email] = ['jane', 'jane@example.com']
    await server.call('SignUp', {
      ClientId,
      Username,
      Password: goodPassword,
      UserAttributes: [{ Name: 'email', Value: email }],
      ...hashOf(at, Username),
    })
    const ConfirmationCode = await server.code(email)
    return {
      name: Username,
      call: (hash) => server.call('ConfirmSignUp', { ClientId, Username, ConfirmationCode, ...member(hash) }),
    }
  },
  ResendConfirmationCode: async (at) => {
    const { server, ClientId } = at
    await server.call('SignUp', {
      ClientId,
      Username: 'jane',
      Password: goodPassword,
      UserAttributes: [{ Name: 'email', Value: 'jane@example.com' }],
      ...hashOf(at, 'jane'),
    })
    return {
      name: 'jane',
      call: (hash) => server.call('ResendConfirmationCode', { ClientId, Username: 'jane', ...member(hash) }),
    }
  },
  ForgotPassword: async (at) => {
    await addVerifiedUser(at, 'jane')
    const { server, ClientId } = at
    return {
      name: 'jane',
      call: (hash) => server.call('ForgotPassword', { ClientId, Username: 'jane', ...member(hash) }),
    }
  },
  ConfirmForgotPassword: async (at) => {
    await addVerifiedUser(at, 'jane')
    const { server, ClientId } = at
    await server.call('ForgotPassword', { ClientId, Username: 'jane', ...hashOf(at, 'jane') })
    const ConfirmationCode = await server.code('jane@example.com')
    const input = { ClientId, Username: 'jane', ConfirmationCode, Password: otherPassword }
    return { name: 'jane', call: (hash) => server.call('ConfirmForgotPassword', { ...input, ...member(hash) }) }
  },
  InitiateAuth: async (at) => {
    await addUser(at, 'jane')
    const { server, ClientId } = at
    return {
      name: 'jane',
      call: (hash) =>
        server.call('InitiateAuth', {
          ClientId,
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword, ...parameter(hash) },
        }),
    }
  },
  'InitiateAuth by SRP': async (at) => {
    await addUser(at, 'jane')
    const { server, ClientId } = at
    return {
      name: 'jane',
      call: (hash) =>
        server.call('InitiateAuth', {
          ClientId,
          AuthFlow: 'USER_SRP_AUTH',
          AuthParameters: { USERNAME: 'jane', SRP_A: 'abcdef', ...parameter(hash) },
        }),
    }
  },
  AdminInitiateAuth: async (at) => {
    await addUser(at, 'jane')
    const { server, ClientId, UserPoolId } = at
    return {
      name: 'jane',
      call: (hash) =>
        server.call('AdminInitiateAuth', {
          UserPoolId,
          ClientId,
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword, ...parameter(hash) },
        }),
    }
  },
  RespondToAuthChallenge: async (at) => {
    const session = await invited(at)
    const { server, ClientId } = at
    return {
      name: 'jane',
      call: (hash) =>
        server.call('RespondToAuthChallenge', {
          ClientId,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session: session,
          ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: goodPassword, ...parameter(hash) },
        }),
    }
  },
  AdminRespondToAuthChallenge: async (at) => {
    const session = await invited(at)
    const { server, ClientId, UserPoolId } = at
    return {
      name: 'jane',
      call: (hash) =>
        server.call('AdminRespondToAuthChallenge', {
          UserPoolId,
          ClientId,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session: session,
          ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: goodPassword, ...parameter(hash) },
        }),
    }
  },
  'InitiateAuth with a refresh token': async (at) => {
    await addUser(at, 'jane')
    const { server, ClientId } = at
    const { RefreshToken } = await signIn(at, 'jane')
    return {
      name: 'jane',
      wrong: inRefresh,
      call: (hash) =>
        server.call('InitiateAuth', {
          ClientId,
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          AuthParameters: { REFRESH_TOKEN: RefreshToken, ...parameter(hash) },
        }),
    }
  },
}

const invited = async (at: PoolUnderTest): Promise<string> => {
  const { server, UserPoolId, ClientId } = at
  await server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'jane',
    TemporaryPassword: Temporary,
    MessageAction: 'SUPPRESS',
  })
  const { Session } = await server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: {
      USERNAME: 'jane',
      PASSWORD: Temporary,
      ...parameter(hashOf(at, 'jane').SecretHash),
    },
  })
  return Session ?? ''
}

const unverified = (id: string): string => `NotAuthorizedException: Unable to verify secret hash for client ${id}`

for (const [title, make] of Object.entries(operations)) {
  test(`req 52: ${title} wants the hash of the client’s secret, and no other`, async (t) => {
    const at = await startPool(t, { client: { GenerateSecret: true } })
    const { ClientId, secret = '' } = at
    const { name, call, wrong = unverified } = await make(at)
    const sibling = await addClient(at, { GenerateSecret: true })
    const foreign = await addPool(at.server, { client: { GenerateSecret: true } })
    await refused(
      call(undefined),
      `NotAuthorizedException: Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
    )
    const others = [
      secretHash('somebody', ClientId, secret),
      secretHash(name.toUpperCase(), ClientId, secret),
      secretHash(name, sibling.ClientId, secret),
      secretHash(name, ClientId, sibling.secret ?? ''),
      secretHash(name, sibling.ClientId, sibling.secret ?? ''),
      secretHash(name, foreign.ClientId, foreign.secret ?? ''),
      secret.replaceAll(/[^\w+]/g, ''),
    ]
    for (const hash of others) await refused(call(hash), wrong(ClientId))
    await call(secretHash(name, ClientId, secret))
  })

  test(`protocol/authentication 2.5.6: ${title} refuses a hash that is sent for a public client`, async (t) => {
    const at = await startPool(t)
    const { name, call, wrong = unverified } = await make(at)
    for (const hash of [secretHash(name, at.ClientId, ''), secretHash(name, at.ClientId, 'x'.repeat(24))]) {
      await refused(call(hash), wrong(at.ClientId))
    }
    await call(undefined)
  })
}

test('protocol/authentication 3.2: the secret is asked for before the user is looked for', async (t) => {
  const at = await startPool(t, { client: { GenerateSecret: true } })
  const { server, ClientId } = at
  const missing = `NotAuthorizedException: Client ${ClientId} is configured with secret but SECRET_HASH was not received`
  await refused(server.call('ForgotPassword', { ClientId, Username: 'nobody' }), missing)
  await refused(server.call('ResendConfirmationCode', { ClientId, Username: 'nobody' }), missing)
  await refused(server.call('SignUp', { ClientId, Username: 'jane', Password: 'weak' }), missing)
  await refused(
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'nobody', PASSWORD: 'x' },
    }),
    missing,
  )
})

test('protocol/authentication 3.1.4: a flow that is not enabled is refused before the secret is asked for', async (t) => {
  const at = await startPool(t, { client: { GenerateSecret: true, ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] } })
  await refused(
    at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'nobody', PASSWORD: 'x' },
    }),
    'InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client',
  )
})

test('protocol/authentication 2.5.2: the hash is over the name as it was typed, an alias too', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email'] }, client: { GenerateSecret: true } })
  const sub = await addVerifiedUser(at, 'jane')
  for (const name of ['jane', 'jane@example.com', sub]) await signIn(at, name)
  const { server, ClientId, secret = '' } = at
  await refused(
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: {
        USERNAME: 'jane@example.com',
        PASSWORD: goodPassword,
        SECRET_HASH: secretHash('jane', ClientId, secret),
      },
    }),
    unverified(ClientId),
  )
})

test('protocol/authentication 2.5.4: in a refresh the hash is over the stored name, which is the sub where addresses are names', async (t) => {
  const at = await startPool(t, { pool: { UsernameAttributes: ['email'] }, client: { GenerateSecret: true } })
  const { server, ClientId, secret = '' } = at
  const sub = await addUser(at, 'jane@example.com')
  const { RefreshToken } = await signIn(at, 'jane@example.com')
  const refresh = (name: string): Promise<unknown> =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: RefreshToken, SECRET_HASH: secretHash(name, ClientId, secret) },
    })
  await refused(refresh('jane@example.com'), inRefresh(ClientId))
  await refresh(sub)
})

test('a refused hash does nothing', async (t) => {
  const at = await startPool(t, { client: { GenerateSecret: true } })
  await addVerifiedUser(at, 'jane')
  const { server, ClientId } = at
  for (let tries = 0; tries < 25; tries += 1) {
    await assert.rejects(server.call('ForgotPassword', { ClientId, Username: 'jane', SecretHash: 'nonsense' }), {
      name: 'NotAuthorizedException',
    })
  }
  await assert.rejects(server.mail('jane@example.com'), /nothing was sent/)
  await server.call('ForgotPassword', { ClientId, Username: 'jane', ...hashOf(at, 'jane') })
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
})
