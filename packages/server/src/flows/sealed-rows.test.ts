// Sealed values that somebody moves to another row of the database: none opens there, and each opens where it was
// (requirement 103). What was sealed before rows were bound is sealed anew when it is used or its row changes.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { makeTestApp, type TestOptions } from '../../testing/app.ts'
import { answerDeviceSrp, confirmedDevice, proofOf, startWith } from '../../testing/device.ts'
import { hookTriggers, type TestAnswers } from '../../testing/functions.ts'
import { fillOldDatabase, known } from '../../testing/old-database.ts'
import { softPasskey } from '../../testing/passkey.ts'
import { everyFlow } from '../../testing/pool.ts'
import { ask } from '../../testing/rows.ts'
import { addSignInPool, clientOf, password, signInServer, tokensOf, type SignInServer } from '../../testing/sign-in.ts'
import { migrated, onBoth } from '../../testing/stores.ts'
import { srpKeys } from '../../../client/src/srp.ts'
import { makeSigningKeys } from '../keys/signing-keys.ts'
import { unlimited } from '../rules/key-policy.ts'
import { secretHash } from '../rules/secret-hash.ts'
import type { Database } from '../store/index.ts'
import type { sealedPlaces } from '../store/sealed-places.ts'
import type { Inputs } from '../wire/model.gen.ts'
import { createAccessKey, findAccessKey } from './access-keys.ts'
import { rotateKeys } from './callers/signing.ts'

/** Two rows that hold a value of one kind, and what opens the value of the second. */
type Move = {
  readonly table: string
  readonly column: string
  readonly from: string
  readonly to: string
  /** Uses the second row, by the code or secret of the first or of the second. */
  readonly use: (whose: 'first' | 'second') => Promise<unknown>
}

type Two<Item> = Readonly<Record<'first' | 'second', Item>>

const names: Two<string> = { first: 'mallory', second: 'jane' }

const forBoth = async <Item>(make: (name: string) => Promise<Item>): Promise<Two<Item>> => ({
  first: await make(names.first),
  second: await make(names.second),
})

const sealedIn = async (database: Database, { table, column }: Pick<Move, 'table' | 'column'>, where: string) => {
  const [row] = await ask(database, `select ${column} as sealed from ${table} where ${where}`)
  return String(row?.['sealed'] ?? assert.fail(`nothing is sealed in ${table} where ${where}`))
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const moveThereAndBack = async ({ context }: SignInServer, database: Database, move: Move): Promise<void> => {
  const { table, column, from, to, use } = move
  const write = async (sealed: string): Promise<void> => {
    const sql = `update ${table} set ${column} = ${quoted(sealed)} where ${to}`
    await database.migrate([{ sql, parameters: [] }])
    context.store.forget()
  }
  const [foreign, own] = [await sealedIn(database, move, from), await sealedIn(database, move, to)]
  assert.notEqual(foreign, own)
  await write(foreign)
  await assert.rejects(use('first'), (error: Error) => error.name !== 'AssertionError')
  await write(own)
  await use('second')
}

const email = (name: string): string => `${name}@example.com`

const addUser = async ({ call, poolId: UserPoolId }: SignInServer, Username: string): Promise<void> => {
  const UserAttributes = [
    { Name: 'email', Value: email(Username) },
    { Name: 'email_verified', Value: 'true' },
  ]
  await call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS', UserAttributes })
  await call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
}

/** Functions that ask for a word, and take any. */
const anyWord: TestAnswers = {
  DefineAuthChallenge_Authentication: ({ request, response }) => {
    const results = request['session'] as readonly { readonly challengeResult: boolean }[]
    Object.assign(response, results.length > 0 ? { issueTokens: true } : { challengeName: 'CUSTOM_CHALLENGE' })
  },
  CreateAuthChallenge_Authentication: ({ response }) =>
    void Object.assign(response, { privateChallengeParameters: { word: 'five' } }),
  VerifyAuthChallengeResponse_Authentication: ({ response }) => void Object.assign(response, { answerCorrect: true }),
}

const start = async (t: TestContext, database: Database, options: TestOptions = {}): Promise<SignInServer> => {
  const hook = await hookTriggers(t, anyWord)
  const app = await makeTestApp(t, { ...options, database, triggers: hook.triggers })
  const server = await addSignInPool(app, {
    pool: {
      AutoVerifiedAttributes: ['email'],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:zz-local-1:0:identity/a' },
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
      LambdaConfig: hook.lambdaConfig,
    },
    client: { ExplicitAuthFlows: [...everyFlow, 'ALLOW_CUSTOM_AUTH'] },
  })
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId: server.poolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
    EmailMfaConfiguration: {},
  })
  for (const name of Object.values(names)) await addUser(server, name)
  return server
}

const rowsOfUsers = async (server: SignInServer): Promise<{ readonly from: string; readonly to: string }> => {
  const { first, second } = await forBoth(async (Username) => {
    const { UserAttributes } = await server.call('AdminGetUser', { UserPoolId: server.poolId, Username })
    return `user_id = '${UserAttributes?.find(({ Name }) => Name === 'sub')?.Value}'`
  })
  return { from: first, to: second }
}

const preferEmail = ({ call, poolId: UserPoolId }: SignInServer): Promise<unknown> =>
  forBoth((Username) =>
    call('AdminSetUserMFAPreference', {
      UserPoolId,
      Username,
      EmailMfaSettings: { Enabled: true, PreferredMfa: true },
    }),
  )

/** How a value of each kind comes about in two rows. */
const moves: Readonly<Record<keyof typeof sealedPlaces, (server: SignInServer) => Promise<Move>>> = {
  srpVerifier: async (server) => ({
    table: 'users',
    column: 'srp_sealed',
    ...(await rowsOfUsers(server)),
    use: () => clientOf(server).signIn({ username: 'jane', password }),
  }),
  pendingAddress: async (server) => {
    const { second: AccessToken } = await forBoth(async (name) => {
      const { AccessToken: token } = await server.signIn(name)
      const UserAttributes = [{ Name: 'email', Value: email(`${name}.new`) }]
      await server.call('UpdateUserAttributes', { AccessToken: token, UserAttributes })
      return token
    })
    const Code = await server.code(email('jane.new'))
    return {
      table: 'codes',
      column: 'pending',
      ...(await rowsOfUsers(server)),
      use: () => server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code }),
    }
  },
  passkeyRegistration: async (server) => {
    const { second } = await forBoth(async (name) => {
      const { AccessToken } = await server.signIn(name)
      const { CredentialCreationOptions } = await server.call('StartWebAuthnRegistration', { AccessToken })
      const Credential = softPasskey().create(CredentialCreationOptions)
      return { AccessToken, Credential } satisfies Inputs['CompleteWebAuthnRegistration']
    })
    return {
      table: 'codes',
      column: 'pending',
      ...(await rowsOfUsers(server)),
      use: () => server.call('CompleteWebAuthnRegistration', second),
    }
  },
  message: async (server) => {
    await forBoth((Username) => server.call('ForgotPassword', { ClientId: server.clientId, Username }))
    return {
      table: 'outbox',
      column: 'content_sealed',
      ...(await rowsOfUsers(server)),
      use: () => server.mail(email('jane')),
    }
  },
  customChallenge: async (server) => {
    const begin = async (USERNAME: string): Promise<string> => {
      const request = { ClientId: server.clientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters: { USERNAME } } as const
      return (await server.call('InitiateAuth', request)).Session ?? ''
    }
    const begun = await forBoth(begin)
    return {
      table: 'sessions',
      column: 'state',
      ...(await rowsOfUsers(server)),
      use: async (whose) => {
        // A session takes one answer.
        const session = whose === 'first' ? begun.second : await begin('jane')
        tokensOf(await server.answer('CUSTOM_CHALLENGE', session, { USERNAME: 'jane', ANSWER: 'five' }))
      },
    }
  },
  signInCode: async (server) => {
    await preferEmail(server)
    const { second: Session } = await forBoth(async (name) => (await server.start(name)).Session ?? '')
    const codes = await forBoth((name) => server.code(email(name)))
    return {
      table: 'sessions',
      column: 'state',
      ...(await rowsOfUsers(server)),
      use: async (whose) =>
        tokensOf(await server.answer('EMAIL_OTP', Session, { USERNAME: 'jane', EMAIL_OTP_CODE: codes[whose] })),
    }
  },
  deviceVerifier: async (server) => {
    const { second } = await forBoth((name) => confirmedDevice(server, name))
    await preferEmail(server)
    return {
      table: 'devices',
      column: 'verifier_sealed',
      ...(await rowsOfUsers(server)),
      use: async () => {
        const asked = await startWith(server, 'jane', second.device.key)
        assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
        await answerDeviceSrp(server, asked, second.device, srpKeys())
      },
    }
  },
  softwareToken: async (server) => {
    const apps = await forBoth(async (name) => server.enrol((await server.signIn(name)).AccessToken))
    await forBoth((Username) =>
      server.call('AdminSetUserMFAPreference', {
        UserPoolId: server.poolId,
        Username,
        SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
      }),
    )
    server.advance(30)
    return {
      table: 'software_tokens',
      column: 'secret_sealed',
      ...(await rowsOfUsers(server)),
      use: async (whose) => {
        const { Session = '' } = await server.start('jane')
        const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: apps[whose].code() }
        tokensOf(await server.answer('SOFTWARE_TOKEN_MFA', Session, answers))
      },
    }
  },
  clientSecret: async (server) => {
    const clients = await forBoth(async (ClientName) => {
      const client = { UserPoolId: server.poolId, ClientName, GenerateSecret: true, ExplicitAuthFlows: [...everyFlow] }
      const { UserPoolClient } = await server.call('CreateUserPoolClient', client)
      return { id: UserPoolClient?.ClientId ?? '', secret: UserPoolClient?.ClientSecret ?? '' }
    })
    const ClientId = clients.second.id
    return {
      table: 'clients',
      column: 'secrets',
      from: `client_id = '${clients.first.id}'`,
      to: `client_id = '${ClientId}'`,
      use: async (whose) => {
        const SECRET_HASH = secretHash('jane', ClientId, clients[whose].secret)
        const AuthParameters = { USERNAME: 'jane', PASSWORD: password, SECRET_HASH }
        tokensOf(await server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
      },
    }
  },
  signingKey: async (server) => {
    const { first, second } = await forBoth(() => addSignInPool(server))
    await second.addUser('jane')
    const keyOf = async ({ poolId }: SignInServer): Promise<string> => {
      const keys = await server.context.store.signingKeys.list(poolId)
      return `pool_id = '${poolId}' and kid = '${keys.find(({ use }) => use === 'access')?.kid}'`
    }
    return {
      table: 'signing_keys',
      column: 'private_sealed',
      from: await keyOf(first),
      to: await keyOf(second),
      use: () => second.signIn('jane'),
    }
  },
  accessKey: async ({ context }) => {
    const { first, second } = await forBoth((note) => createAccessKey(context, note, unlimited))
    return {
      table: 'access_keys',
      column: 'secret_sealed',
      from: `access_key_id = '${first.accessKeyId}'`,
      to: `access_key_id = '${second.accessKeyId}'`,
      use: () => findAccessKey(context)(second.accessKeyId),
    }
  },
}

for (const [kind, prepare] of Object.entries(moves)) {
  onBoth(`req 103: a sealed value of another row does not open (${kind})`, async (open, t) => {
    const database = await migrated(open)
    // Keys that are read once are remembered by their id, for all servers of a run.
    const signing = makeSigningKeys(0)
    closing(t, () => signing.close())
    const options: TestOptions = kind === 'signingKey' ? { keys: (keys) => ({ ...keys, signing }) } : {}
    const server = await start(t, database, options)
    await moveThereAndBack(server, database, await prepare(server))
  })
}

const startOld = async (t: TestContext, database: Database): Promise<SignInServer> => {
  await fillOldDatabase(database)
  const app = await makeTestApp(t, { database, sealKeys: known.sealKeys, startAt: known.madeAt })
  return signInServer(app, known.poolId, known.clientId)
}

/** The values of a column that are bound to no row. */
const formerIn = async (database: Database, table: string, column: string, where: string): Promise<number> =>
  (await ask(database, `select ${column} as sealed from ${table} where ${where}`)).filter(({ sealed }) => {
    const text = String(sealed)
    return text.includes('kold.') && !text.includes('kold.row.')
  }).length

onBoth('what was sealed before rows were bound is sealed anew when it is used', async (open, t) => {
  const database = open()
  const server = await startOld(t, database)
  const { call, poolId: UserPoolId } = server
  const { UserAttributes } = await call('AdminGetUser', { UserPoolId, Username: 'jane' })
  const ofJane = `user_id = '${UserAttributes?.find(({ Name }) => Name === 'sub')?.Value}'`
  const former = async (table: string, column: string): Promise<number> => formerIn(database, table, column, ofJane)
  const verifier = () => former('users', 'srp_sealed')
  const secret = () => former('software_tokens', 'secret_sealed')
  const device = () => former('devices', 'verifier_sealed')
  assert.deepEqual([await verifier(), await secret(), await device()], [1, 1, 1])

  const signIn = async (): Promise<void> => {
    server.advance(30)
    const state = await clientOf(server).signIn({ username: 'jane', password })
    assert.equal(state.step, 'enter-totp')
    const { Session = '' } = await server.start('jane')
    const SOFTWARE_TOKEN_MFA_CODE = server.appOf(known.jane.totpSecret).code()
    tokensOf(await server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE }))
  }
  await signIn()
  assert.deepEqual([await verifier(), await secret(), await device()], [0, 0, 1])
  const keys = srpKeys()
  const asked = await answerDeviceSrp(
    server,
    await startWith(server, 'jane', known.jane.device.key),
    known.jane.device,
    keys,
  )
  const proof = await proofOf(server, asked, known.jane.device, keys)
  tokensOf(await call('RespondToAuthChallenge', { ...proof, Session: asked.Session }))
  assert.equal(await device(), 0)
  await signIn()
})

onBoth('what was sealed before rows were bound is sealed anew when its row changes', async (open, t) => {
  const database = open()
  const server = await startOld(t, database)
  const { call, context, poolId: UserPoolId } = server
  await call('AdminUpdateUserAttributes', {
    UserPoolId,
    Username: 'john',
    UserAttributes: [{ Name: 'given_name', Value: 'John' }],
  })
  assert.equal(await formerIn(database, 'users', 'srp_sealed', `username = 'john'`), 0)
  tokensOf(await server.start('john'))

  const { accessToken: AccessToken, totpSecret } = known.kate
  await call('VerifySoftwareToken', { AccessToken, UserCode: server.appOf(totpSecret).code() })
  assert.equal(await formerIn(database, 'software_tokens', 'secret_sealed', 'pending_sealed is null'), 1, 'jane’s')

  const { confidentialClientId: ClientId, clientSecret } = known
  const secrets = () => formerIn(database, 'clients', 'secrets', `client_id = '${ClientId}'`)
  assert.equal(await secrets(), 1)
  await call('UpdateUserPoolClient', { UserPoolId, ClientId, ClientName: 'renamed', ExplicitAuthFlows: [...everyFlow] })
  assert.equal(await secrets(), 0)
  const SECRET_HASH = secretHash('john', ClientId, clientSecret)
  const AuthParameters = { USERNAME: 'john', PASSWORD: password, SECRET_HASH }
  tokensOf(await call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))

  const privateKeys = () => formerIn(database, 'signing_keys', 'private_sealed', `pool_id = '${UserPoolId}'`)
  assert.equal(await privateKeys(), 2)
  await rotateKeys(context, UserPoolId)
  assert.equal(await privateKeys(), 0)
  tokensOf(await server.start('john'))
})
