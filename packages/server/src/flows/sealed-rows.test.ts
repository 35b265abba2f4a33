// Sealed values that somebody moves to another row of the database: none opens there, and each opens where it was
// (requirement 103). What was sealed before rows were bound is sealed anew when it is used or its row changes.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { beginByPassword, clientOf, respond, signIn, tokensOf } from '../../testing/sign-in.ts'
import { addPool, everyFlow, goodPassword, poolOn, type PoolUnderTest } from '../../testing/pool.ts'
import { appOf, enrol } from '../../testing/authenticator-app.ts'
import { closing } from '../../testing/closing.ts'
import { makeTestApp, type TestOptions } from '../../testing/app.ts'
import { answerDeviceSrp, confirmedDevice, proofOf, startWith } from '../../testing/device.ts'
import { hookTriggers, type TestAnswers } from '../../testing/functions.ts'
import { fillOldDatabase, known } from '../../testing/old-database.ts'
import { softPasskey } from '../../testing/passkey.ts'
import { ask } from '../../testing/rows.ts'
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

const moveThereAndBack = async (
  { server: { context } }: PoolUnderTest,
  database: Database,
  move: Move,
): Promise<void> => {
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

const addUser = async ({ server: { call }, UserPoolId }: PoolUnderTest, Username: string): Promise<void> => {
  const UserAttributes = [
    { Name: 'email', Value: email(Username) },
    { Name: 'email_verified', Value: 'true' },
  ]
  await call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS', UserAttributes })
  await call('AdminSetUserPassword', { UserPoolId, Username, Password: goodPassword, Permanent: true })
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

const start = async (t: TestContext, database: Database, options: TestOptions = {}): Promise<PoolUnderTest> => {
  const hook = await hookTriggers(t, anyWord)
  const app = await makeTestApp(t, { ...options, database, triggers: hook.triggers })
  const at = await addPool(app, {
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
  await at.server.call('SetUserPoolMfaConfig', {
    UserPoolId: at.UserPoolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
    EmailMfaConfiguration: {},
  })
  for (const name of Object.values(names)) await addUser(at, name)
  return at
}

const rowsOfUsers = async (at: PoolUnderTest): Promise<{ readonly from: string; readonly to: string }> => {
  const { first, second } = await forBoth(async (Username) => {
    const { UserAttributes } = await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username })
    return `user_id = '${UserAttributes?.find(({ Name }) => Name === 'sub')?.Value}'`
  })
  return { from: first, to: second }
}

const preferEmail = ({ server: { call }, UserPoolId }: PoolUnderTest): Promise<unknown> =>
  forBoth((Username) =>
    call('AdminSetUserMFAPreference', {
      UserPoolId,
      Username,
      EmailMfaSettings: { Enabled: true, PreferredMfa: true },
    }),
  )

/** How a value of each kind comes about in two rows. */
const moves: Readonly<Record<keyof typeof sealedPlaces, (at: PoolUnderTest) => Promise<Move>>> = {
  srpVerifier: async (at) => ({
    table: 'users',
    column: 'srp_sealed',
    ...(await rowsOfUsers(at)),
    use: () => clientOf(at).signIn({ username: 'jane', password: goodPassword }),
  }),
  pendingAddress: async (at) => {
    const { second: AccessToken } = await forBoth(async (name) => {
      const { AccessToken: token } = await signIn(at, name)
      const UserAttributes = [{ Name: 'email', Value: email(`${name}.new`) }]
      await at.server.call('UpdateUserAttributes', { AccessToken: token, UserAttributes })
      return token
    })
    const Code = await at.server.code(email('jane.new'))
    return {
      table: 'codes',
      column: 'pending',
      ...(await rowsOfUsers(at)),
      use: () => at.server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code }),
    }
  },
  passkeyRegistration: async (at) => {
    const { second } = await forBoth(async (name) => {
      const { AccessToken } = await signIn(at, name)
      const { CredentialCreationOptions } = await at.server.call('StartWebAuthnRegistration', { AccessToken })
      const Credential = softPasskey().create(CredentialCreationOptions)
      return { AccessToken, Credential } satisfies Inputs['CompleteWebAuthnRegistration']
    })
    return {
      table: 'codes',
      column: 'pending',
      ...(await rowsOfUsers(at)),
      use: () => at.server.call('CompleteWebAuthnRegistration', second),
    }
  },
  message: async (at) => {
    await forBoth((Username) => at.server.call('ForgotPassword', { ClientId: at.ClientId, Username }))
    return {
      table: 'outbox',
      column: 'content_sealed',
      ...(await rowsOfUsers(at)),
      use: () => at.server.mail(email('jane')),
    }
  },
  customChallenge: async (at) => {
    const begin = async (USERNAME: string): Promise<string> => {
      const request = { ClientId: at.ClientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters: { USERNAME } } as const
      return (await at.server.call('InitiateAuth', request)).Session ?? ''
    }
    const begun = await forBoth(begin)
    return {
      table: 'sessions',
      column: 'state',
      ...(await rowsOfUsers(at)),
      use: async (whose) => {
        // A session takes one answer.
        const session = whose === 'first' ? begun.second : await begin('jane')
        tokensOf(await respond(at, 'CUSTOM_CHALLENGE', session, { USERNAME: 'jane', ANSWER: 'five' }))
      },
    }
  },
  signInCode: async (at) => {
    await preferEmail(at)
    const { second: Session } = await forBoth(async (name) => (await beginByPassword(at, name)).Session ?? '')
    const codes = await forBoth((name) => at.server.code(email(name)))
    return {
      table: 'sessions',
      column: 'state',
      ...(await rowsOfUsers(at)),
      use: async (whose) =>
        tokensOf(await respond(at, 'EMAIL_OTP', Session, { USERNAME: 'jane', EMAIL_OTP_CODE: codes[whose] })),
    }
  },
  deviceVerifier: async (at) => {
    const { second } = await forBoth((name) => confirmedDevice(at, name))
    await preferEmail(at)
    return {
      table: 'devices',
      column: 'verifier_sealed',
      ...(await rowsOfUsers(at)),
      use: async () => {
        const asked = await startWith(at, 'jane', second.device.key)
        assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
        await answerDeviceSrp(at, asked, second.device, srpKeys())
      },
    }
  },
  softwareToken: async (at) => {
    const apps = await forBoth(async (name) => enrol(at, (await signIn(at, name)).AccessToken))
    await forBoth((Username) =>
      at.server.call('AdminSetUserMFAPreference', {
        UserPoolId: at.UserPoolId,
        Username,
        SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
      }),
    )
    at.server.advance(30)
    return {
      table: 'software_tokens',
      column: 'secret_sealed',
      ...(await rowsOfUsers(at)),
      use: async (whose) => {
        const { Session = '' } = await beginByPassword(at, 'jane')
        const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: apps[whose].code() }
        tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, answers))
      },
    }
  },
  clientSecret: async (at) => {
    const clients = await forBoth(async (ClientName) => {
      const client = { UserPoolId: at.UserPoolId, ClientName, GenerateSecret: true, ExplicitAuthFlows: [...everyFlow] }
      const { UserPoolClient } = await at.server.call('CreateUserPoolClient', client)
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
        const AuthParameters = { USERNAME: 'jane', PASSWORD: goodPassword, SECRET_HASH }
        tokensOf(await at.server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
      },
    }
  },
  signingKey: async (at) => {
    const { first, second } = await forBoth(() => addPool(at.server))
    await addUser(second, 'jane')
    const keyOf = async ({ UserPoolId: poolId }: PoolUnderTest): Promise<string> => {
      const keys = await at.server.context.store.signingKeys.list(poolId)
      return `pool_id = '${poolId}' and kid = '${keys.find(({ use }) => use === 'access')?.kid}'`
    }
    return {
      table: 'signing_keys',
      column: 'private_sealed',
      from: await keyOf(first),
      to: await keyOf(second),
      use: () => signIn(second, 'jane'),
    }
  },
  accessKey: async ({ server: { context } }) => {
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
    const at = await start(t, database, options)
    await moveThereAndBack(at, database, await prepare(at))
  })
}

const startOld = async (t: TestContext, database: Database): Promise<PoolUnderTest> => {
  await fillOldDatabase(database)
  const app = await makeTestApp(t, { database, sealKeys: known.sealKeys, startAt: known.madeAt })
  return poolOn(app, known.poolId, known.clientId)
}

/** The values of a column that are bound to no row. */
const formerIn = async (database: Database, table: string, column: string, where: string): Promise<number> =>
  (await ask(database, `select ${column} as sealed from ${table} where ${where}`)).filter(({ sealed }) => {
    const text = String(sealed)
    return text.includes('kold.') && !text.includes('kold.row.')
  }).length

onBoth('what was sealed before rows were bound is sealed anew when it is used', async (open, t) => {
  const database = open()
  const at = await startOld(t, database)
  const {
    server: { call },
    UserPoolId,
  } = at
  const { UserAttributes } = await call('AdminGetUser', { UserPoolId, Username: 'jane' })
  const ofJane = `user_id = '${UserAttributes?.find(({ Name }) => Name === 'sub')?.Value}'`
  const former = async (table: string, column: string): Promise<number> => formerIn(database, table, column, ofJane)
  const verifier = () => former('users', 'srp_sealed')
  const secret = () => former('software_tokens', 'secret_sealed')
  const device = () => former('devices', 'verifier_sealed')
  assert.deepEqual([await verifier(), await secret(), await device()], [1, 1, 1])

  const enterByApp = async (): Promise<void> => {
    at.server.advance(30)
    const state = await clientOf(at).signIn({ username: 'jane', password: goodPassword })
    assert.equal(state.step, 'enter-totp')
    const { Session = '' } = await beginByPassword(at, 'jane')
    const SOFTWARE_TOKEN_MFA_CODE = appOf(at, known.jane.totpSecret).code()
    tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE }))
  }
  await enterByApp()
  assert.deepEqual([await verifier(), await secret(), await device()], [0, 0, 1])
  const keys = srpKeys()
  const asked = await answerDeviceSrp(at, await startWith(at, 'jane', known.jane.device.key), known.jane.device, keys)
  const proof = await proofOf(at, asked, known.jane.device, keys)
  tokensOf(await call('RespondToAuthChallenge', { ...proof, Session: asked.Session }))
  assert.equal(await device(), 0)
  await enterByApp()
})

onBoth('what was sealed before rows were bound is sealed anew when its row changes', async (open, t) => {
  const database = open()
  const at = await startOld(t, database)
  const {
    server: { call, context },
    UserPoolId,
  } = at
  await call('AdminUpdateUserAttributes', {
    UserPoolId,
    Username: 'john',
    UserAttributes: [{ Name: 'given_name', Value: 'John' }],
  })
  assert.equal(await formerIn(database, 'users', 'srp_sealed', `username = 'john'`), 0)
  tokensOf(await beginByPassword(at, 'john'))

  const { accessToken: AccessToken, totpSecret } = known.kate
  await call('VerifySoftwareToken', { AccessToken, UserCode: appOf(at, totpSecret).code() })
  assert.equal(await formerIn(database, 'software_tokens', 'secret_sealed', 'pending_sealed is null'), 1, 'jane’s')

  const { confidentialClientId: ClientId, clientSecret } = known
  const secrets = () => formerIn(database, 'clients', 'secrets', `client_id = '${ClientId}'`)
  assert.equal(await secrets(), 1)
  await call('UpdateUserPoolClient', { UserPoolId, ClientId, ClientName: 'renamed', ExplicitAuthFlows: [...everyFlow] })
  assert.equal(await secrets(), 0)
  const SECRET_HASH = secretHash('john', ClientId, clientSecret)
  const AuthParameters = { USERNAME: 'john', PASSWORD: goodPassword, SECRET_HASH }
  tokensOf(await call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))

  const privateKeys = () => formerIn(database, 'signing_keys', 'private_sealed', `pool_id = '${UserPoolId}'`)
  assert.equal(await privateKeys(), 2)
  await rotateKeys(context, UserPoolId)
  assert.equal(await privateKeys(), 0)
  tokensOf(await beginByPassword(at, 'john'))
})
