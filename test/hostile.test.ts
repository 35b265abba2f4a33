// A production server as a process, met by callers who are wrong or mean harm: every answer of the whole run is kept,
// and at the end none of them may be a fault, a page, or tell anything of the inside (requirements 81 to 99).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { closing } from '../packages/server/testing/closing.ts'
import { extensions } from '../packages/server/src/api/extensions.ts'
import { operations } from '../packages/server/src/api/index.ts'
import { statusOf } from '../packages/server/src/errors.ts'
import { operationShapes, shapes, type OperationName } from '../packages/server/src/wire/model.gen.ts'
import { runCommand, startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import { plainHeaders, signedHeaders, type AccessKey, type Signing } from './signer.ts'

type Body = Record<string, unknown>
type Answer = { readonly status: number; readonly type: string; readonly text: string; readonly body: Body }

const names = Object.keys(operationShapes) as OperationName[]
const Password = 'Correct-horse-7'

const hostile = fc.constantFrom(
  '',
  ' ',
  "' or 1=1 --",
  '"; drop table users; --',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '%00',
  '\0',
  'a'.repeat(300),
  'ü😀',
  '<script>alert(1)</script>',
  '{{7*7}}',
  'zz-local-1_AAAAAAAAA',
)
const plausible = fc.constantFrom(
  'anna',
  'name@example.com',
  '+15555550100',
  '123456',
  'Correct-horse-7',
  'custom:none',
  '1',
)
const text = fc.oneof({ weight: 4, arbitrary: plausible }, hostile, fc.string())
const mapKey = fc.oneof(fc.constantFrom('USERNAME', 'PASSWORD', 'REFRESH_TOKEN', 'SECRET_HASH', 'custom:role'), hostile)

/** Values of the kind a shape takes: what is known, what is plausible, and what is hostile. */
const valueOf = (shapeName: string, known: Readonly<Record<string, string>>, depth = 0): fc.Arbitrary<unknown> => {
  const shape = shapes[shapeName]
  if (!shape || shape.t === 'document') return fc.jsonValue()
  switch (shape.t) {
    case 'structure': {
      const memberOf = (member: string, of: string): fc.Arbitrary<unknown> => {
        const any = depth > 4 ? fc.constant(undefined) : valueOf(of, known, depth + 1)
        const given = known[member]
        if (given !== undefined) return fc.oneof({ weight: 15, arbitrary: fc.constant(given) }, any)
        return shape.req?.includes(member) ? any : fc.option(any, { freq: 1, nil: undefined })
      }
      return fc.record(
        Object.fromEntries(Object.entries(shape.m).map(([member, of]) => [member, memberOf(member, of)])),
      )
    }
    case 'list':
      return fc.array(valueOf(shape.of, known, depth + 1), { maxLength: 2 })
    case 'map':
      return fc.dictionary(mapKey, text, { maxKeys: 3 })
    case 'string':
      return shape.enum ? fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...shape.enum) }, hostile) : text
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'long':
    case 'number':
    case 'timestamp': {
      const sound = fc.integer({ min: shape.min ?? 0, max: Math.min(shape.max ?? 100, 2 ** 31 - 1) })
      return fc.oneof({ weight: 9, arbitrary: sound }, fc.double(), fc.integer())
    }
    default:
      return fc.base64String()
  }
}

test('a production server among hostile callers', async (t) => {
  const folder = folderOf(t)
  const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
  const made = (await runCommand(['keys', 'create', '--data', folder], env)).stdout
  const [, accessKeyId = '', secretAccessKey = ''] = /ID=(\S+)\n.*KEY=(\S+)\n/.exec(made) ?? []
  const key: AccessKey = { accessKeyId, secretAccessKey }
  const words = ['serve', '--data', folder, '--metrics-port', String(await freePort())]
  const server = await startProcess(words, { env })
  closing(t, server.kill)
  const { url } = server
  const port = Number(new URL(url).port)

  const answers: Answer[] = []
  const note = (status: number, type: string, given: string): Answer => {
    const body = ((): Body => {
      try {
        return JSON.parse(given) as Body
      } catch {
        return {}
      }
    })()
    const answer = { status, type, text: given, body }
    answers.push(answer)
    return answer
  }
  const send = async (
    headers: Record<string, string>,
    body: string | Uint8Array<ArrayBuffer>,
    to = url,
  ): Promise<Answer> => {
    const response = await fetch(to, { method: 'POST', headers, body })
    return note(response.status, response.headers.get('content-type') ?? '', await response.text())
  }
  /** Raw bytes; what comes back until the other side has answered or hung up. */
  const raw = async (...parts: (string | Uint8Array)[]): Promise<Answer> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    let received = ''
    const whole = (): boolean => {
      const [head = '', body] = received.split('\r\n\r\n')
      return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
    }
    const end = new Promise<void>((resolve) => {
      socket.on('close', () => resolve())
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1')
        if (whole()) resolve()
      })
    })
    for (const part of parts) socket.write(part)
    await end
    socket.destroy()
    const [head = '', body = ''] = received.split('\r\n\r\n')
    return note(Number(head.slice(9, 12)), /content-type: (.*)/i.exec(head)?.[1] ?? '', body)
  }
  const open = (operation: string, input: unknown): Promise<Answer> =>
    send(plainHeaders(operation), typeof input === 'string' ? input : JSON.stringify(input))
  const signed = (operation: string, input: unknown, more: Partial<Signing> = {}): Promise<Answer> => {
    const body = typeof input === 'string' ? input : JSON.stringify(input)
    return send(signedHeaders(url, { key, operation, body, ...more }), body)
  }
  const good = async (operation: string, input: unknown): Promise<Body> => {
    const answer = await signed(operation, input)
    assert.equal(answer.status, 200, `${operation}: ${answer.text}`)
    return answer.body
  }
  const refused = (answer: Answer, name: keyof typeof statusOf, message?: RegExp): void => {
    assert.equal(answer.body['__type'], name, answer.text)
    assert.equal(answer.status, statusOf[name])
    if (message) assert.match(String(answer.body['message'] ?? answer.body['Message']), message)
  }

  const makePool = async (): Promise<string> => {
    const { UserPool } = await good('CreateUserPool', {
      PoolName: 'people',
      Schema: [{ Name: 'constructor', AttributeDataType: 'String', Mutable: true }],
    })
    return String((UserPool as Body)['Id'])
  }
  const UserPoolId = await makePool()
  const otherPool = await makePool()
  const flows = ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH']
  const client = await good('CreateUserPoolClient', { UserPoolId, ClientName: 'web', ExplicitAuthFlows: flows })
  const ClientId = String((client['UserPoolClient'] as Body)['ClientId'])
  for (const Username of ['anna', 'berta']) {
    await good('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
    await good('AdminSetUserPassword', { UserPoolId, Username, Password, Permanent: true })
  }
  await good('AdminCreateUser', { UserPoolId: otherPool, Username: 'carla', MessageAction: 'SUPPRESS' })
  const signIn = async (USERNAME: string): Promise<Body> => {
    const AuthParameters = { USERNAME, PASSWORD: Password }
    const answer = await open('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
    return answer.body['AuthenticationResult'] as Body
  }
  const annas = await signIn('anna')
  const AccessToken = String(annas['AccessToken'])

  await t.test('req 81: every operation that is not open refuses a request without a signature', async () => {
    for (const operation of names.filter((name) => operationShapes[name].auth === 'sigv4'))
      refused(await open(operation, { UserPoolId }), 'MissingAuthenticationTokenException')
  })

  await t.test('req 82: a signature with one thing wrong is refused, whatever it is', async () => {
    const list = 'ListUserPools'
    const body = '{"MaxResults":1}'
    const headers = (more: Partial<Signing> = {}) => signedHeaders(url, { key, operation: list, body, ...more })
    assert.equal((await send(headers(), body)).status, 200)
    const invalid = 'InvalidSignatureException'
    const wrongSecret = { ...key, secretAccessKey: `${secretAccessKey.slice(1)}A` }
    refused(await send(headers({ key: wrongSecret }), body), invalid, /does not match/)
    const unknownKey = { ...key, accessKeyId: 'PKIAAAAAAAAAAAAAAAAA' }
    refused(await send(headers({ key: unknownKey }), body), 'UnrecognizedClientException', /security token/)
    for (const minutes of [-6, 6])
      refused(
        await send(headers({ signedAt: new Date(Date.now() + minutes * 60_000) }), body),
        invalid,
        /^Signature (expired|not yet current)/,
      )
    refused(await send(headers({ service: 'iam' }), body), invalid, /correct service/)
    refused(await send(headers({ region: 'us-east-1' }), body), invalid, /valid region/)
    refused(await send(headers(), '{"MaxResults":2}'), invalid, /does not match/)
    refused(await send({ ...headers(), ...plainHeaders('CreateUserPool') }, body), invalid, /does not match/)
    const unsignedTarget = headers({ signedHeaders: ['content-type', 'host', 'x-amz-date'] })
    refused(await send(unsignedTarget, body), invalid, /'x-amz-target' must be a 'SignedHeader'/)
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      refused(
        await send(headers({ signedHeaders: ['host', 'x-amz-date', 'x-amz-target', name] }), body),
        invalid,
        /does not match/,
      )
    refused(await send(headers({ sessionToken: 'a session' }), body), 'UnrecognizedClientException')
    refused(
      await send({ ...plainHeaders(list), authorization: 'Bearer a.b.c' }, body),
      'MissingAuthenticationTokenException',
    )
    refused(
      await send({ ...plainHeaders(list), authorization: 'AWS4-HMAC-SHA256 Credential=a' }, body),
      'IncompleteSignatureException',
    )
    const presigned = `${url}/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${accessKeyId}&X-Amz-Signature=00`
    refused(await send(plainHeaders(list), body, presigned), 'MissingAuthenticationTokenException')
  })

  await t.test('req 84, 87: who a user is says the access token alone, not the body and no signature', async () => {
    const forged = { Username: 'berta', UserPoolId, sub: 'berta', UserSub: 'berta', ClientId: 'x' }
    for (const call of [open, signed]) {
      assert.equal((await call('GetUser', { AccessToken, ...forged })).body['Username'], 'anna')
      const UserAttributes = [{ Name: 'nickname', Value: 'Ann' }]
      assert.equal((await call('UpdateUserAttributes', { AccessToken, UserAttributes, ...forged })).status, 200)
    }
    const berta = await good('AdminGetUser', { UserPoolId, Username: 'berta' })
    assert.doesNotMatch(JSON.stringify(berta), /nickname/)
    for (const wrong of [undefined, '', 'a.b.c', String(annas['IdToken']), String(annas['RefreshToken'])])
      assert.equal((await signed('GetUser', { AccessToken: wrong, ...forged })).status, 400)
    assert.equal((await signed('DeleteUser', { AccessToken: 'a.b.c', ...forged })).status, 400)
    await good('AdminGetUser', { UserPoolId, Username: 'berta' })
  })

  await t.test(
    'req 85: unknown pools and users, and users of another pool, are told by the documented names',
    async () => {
      const ofUser: readonly (readonly [OperationName, Body])[] = [
        ['AdminGetUser', {}],
        ['AdminConfirmSignUp', {}],
        ['AdminDeleteUser', {}],
        ['AdminDisableUser', {}],
        ['AdminEnableUser', {}],
        ['AdminResetUserPassword', {}],
        ['AdminSetUserPassword', { Password, Permanent: true }],
        ['AdminUpdateUserAttributes', { UserAttributes: [] }],
        ['AdminDeleteUserAttributes', { UserAttributeNames: ['nickname'] }],
        ['AdminUserGlobalSignOut', {}],
        ['AdminSetUserMFAPreference', { SoftwareTokenMfaSettings: { Enabled: false } }],
      ]
      for (const [operation, input] of ofUser) {
        for (const Username of ['nobody', 'carla', '__proto__', 'anna.'])
          refused(
            await signed(operation, { UserPoolId, Username, ...input }),
            'UserNotFoundException',
            /^User does not exist\.$/,
          )
        for (const pool of ['zz-local-1_AAAAAAAAA', 'us-east-1_AAAAAAAAA'])
          refused(
            await signed(operation, { UserPoolId: pool, Username: 'anna', ...input }),
            'ResourceNotFoundException',
          )
      }
      await good('AdminGetUser', { UserPoolId: otherPool, Username: 'carla' })
      refused(await signed('DescribeUserPoolClient', { UserPoolId: otherPool, ClientId }), 'ResourceNotFoundException')
      const AuthParameters = { USERNAME: 'carla', PASSWORD: Password }
      refused(
        await open('InitiateAuth', { ClientId: 'unknown', AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }),
        'ResourceNotFoundException',
      )
    },
  )

  await t.test(
    'req 89: malformed, non-object, wrongly typed and incomplete bodies are refused by a known name',
    async () => {
      const malformed = ['', '{', '{"a"', '{"a":}', "{'a':1}", '{"a":1,}', 'nul', '{"a":01}']
      const noObjects = ['null', '[]', '1', '"text"', 'true', '[{"Username":"a"}]']
      for (const body of [...malformed, ...noObjects])
        for (const call of [open, signed]) refused(await call('SignUp', body), 'SerializationException')
      const wrong = [1, true, [], {}, [[]], { a: {} }]
      for (const member of ['ClientId', 'Username', 'Password', 'SecretHash'])
        for (const value of wrong) refused(await open('SignUp', { [member]: value }), 'SerializationException')
      for (const value of ['a', 1, {}, ['a'], [1], [{ Name: 1 }]])
        refused(await open('SignUp', { UserAttributes: value }), 'SerializationException')
      for (const input of [{}, { ClientId }, { ClientId, Username: 'x' }, { ClientId: null, Username: null }])
        assert.equal((await open('SignUp', input)).body['__type'], 'InvalidParameterException')
      refused(
        await open('InitiateAuth', { ClientId, AuthFlow: 'MADE_UP' }),
        'InvalidParameterException',
        /enum value set/,
      )
    },
  )

  await t.test(
    'req 90: unknown members are passed by, doubled ones count once, names of the runtime are plain names',
    async () => {
      const own =
        '"__proto__":{"Username":"berta"},"constructor":{"prototype":{"a":1}},"toString":1,"hasOwnProperty":null'
      const AdminGetUser = `{"UserPoolId":"${UserPoolId}","Username":"anna","Unknown":[1],${own}}`
      assert.equal((await good('AdminGetUser', AdminGetUser))['Username'], 'anna')
      const doubled = `{"UserPoolId":"${UserPoolId}","Username":"berta","Username":"anna"}`
      assert.equal((await good('AdminGetUser', doubled))['Username'], 'anna')
      const hidden = `{"UserPoolId":"${UserPoolId}","__proto__":{"Username":"anna"}}`
      refused(await signed('AdminGetUser', hidden), 'InvalidParameterException', /'username' failed to satisfy/)
      const parameters = '{"USERNAME":"anna","__proto__":"x","constructor":"y"}'
      const start = `{"ClientId":"${ClientId}","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":${parameters}}`
      refused(await open('InitiateAuth', start), 'InvalidParameterException')
      const attribute = { Name: 'custom:constructor', Value: '__proto__' }
      await good('AdminUpdateUserAttributes', { UserPoolId, Username: 'anna', UserAttributes: [attribute] })
      const { UserAttributes } = await good('AdminGetUser', { UserPoolId, Username: 'anna' })
      assert.ok(
        (UserAttributes as Body[]).some((one) => one['Name'] === attribute.Name && one['Value'] === attribute.Value),
      )
      for (const Name of ['__proto__', 'constructor', 'custom:__proto__', 'custom:toString', 'hasOwnProperty'])
        refused(
          await signed('AdminUpdateUserAttributes', {
            UserPoolId,
            Username: 'anna',
            UserAttributes: [{ Name, Value: 'x' }],
          }),
          'InvalidParameterException',
        )
      await good('AdminCreateUser', { UserPoolId, Username: '__proto__', MessageAction: 'SUPPRESS' })
      refused(await signed('AdminGetUser', { UserPoolId, Username: 'constructor' }), 'UserNotFoundException')
    },
  )

  await t.test('req 91: unknown operations, targets, methods and paths are refused in JSON', async () => {
    for (const operation of ['MakeCoffee', 'signUp', '__proto__', 'toString', ''])
      refused(await open(operation, {}), 'UnknownOperationException')
    refused(
      await send({ ...plainHeaders('SignUp'), 'x-amz-target': 'DynamoDB_20120810.ListTables' }, '{}'),
      'UnknownOperationException',
    )
    assert.equal((await send({ 'content-type': 'application/x-amz-json-1.1' }, '{}')).status, 404)
    for (const [method, path, status] of [
      ['GET', '/', 405],
      ['PUT', '/', 405],
      ['DELETE', '/healthz', 405],
      ['GET', '/zz-local-1_AAAAAAAAA/.well-known/jwks.json', 404],
      ['GET', '/zz-local-1_AAAAAAAAA/.well-known/openid-configuration', 404],
      ['GET', `/${otherPool}x/.well-known/jwks.json`, 404],
      ['GET', '/_poolkeeper/mailbox', 404],
      ['POST', '/_poolkeeper/reset', 404],
    ] as const) {
      const response = await fetch(url + path, { method })
      const { type } = note(response.status, response.headers.get('content-type') ?? '', await response.text())
      assert.equal(response.status, status, path)
      assert.match(type, /json/)
    }
  })

  await t.test('req 92: invalid UTF-8 and lone surrogates are refused, valid UTF-8 is kept byte for byte', async () => {
    const before = Buffer.from(
      `{"UserPoolId":"${UserPoolId}","Username":"anna","UserAttributes":[{"Name":"name","Value":"`,
    )
    const update = async (value: Uint8Array): Promise<Answer> => {
      const body = new Uint8Array(Buffer.concat([before, value, Buffer.from('"}]}')]))
      return send(signedHeaders(url, { key, operation: 'AdminUpdateUserAttributes', body }), body)
    }
    for (const bytes of [[0xff], [0xc3], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]])
      refused(await update(Uint8Array.from(bytes)), 'SerializationException', /UTF-8/)
    for (const escape of ['\\ud800', '\\udc00', '\\ud800x', '\\udc00\\ud800'])
      refused(await update(Buffer.from(escape)), 'SerializationException', /surrogate/)
    for (const name of ['Zoë', 'cafe\u0301', '王小明', '😀👩‍👩‍👧', '\u202eeman', 'a\u00a0b']) {
      assert.equal((await update(Buffer.from(name))).status, 200)
      const { UserAttributes } = await good('AdminGetUser', { UserPoolId, Username: 'anna' })
      const kept = (UserAttributes as Body[]).find((one) => one['Name'] === 'name')?.['Value']
      assert.deepEqual(Buffer.from(String(kept)), Buffer.from(name))
    }
  })

  await t.test('req 93: limits are held, and a page token serves its own list, unchanged, alone', async () => {
    for (const Limit of [-1, 61, 1e9, 1.5, '10', 'NaN'])
      assert.equal((await signed('ListUsers', { UserPoolId, Limit })).status, 400, String(Limit))
    for (const MaxResults of [0, 61])
      refused(await signed('ListUserPools', { MaxResults }), 'InvalidParameterException')
    const first = await good('ListUsers', { UserPoolId, Limit: 1 })
    const PaginationToken = String(first['PaginationToken'])
    assert.ok(Array.isArray((await good('ListUsers', { UserPoolId, Limit: 1, PaginationToken }))['Users']))
    const changed = [
      `${PaginationToken.slice(0, -1)}${PaginationToken.endsWith('A') ? 'B' : 'A'}`,
      PaginationToken.slice(1),
      'eyJpZCI6MX0=',
      'a',
    ]
    for (const token of changed)
      refused(
        await signed('ListUsers', { UserPoolId, PaginationToken: token }),
        'InvalidParameterException',
        /Paging marker/,
      )
    for (const other of [{ UserPoolId: otherPool }, { UserPoolId, Filter: 'name ^= "a"' }])
      refused(await signed('ListUsers', { ...other, PaginationToken }), 'InvalidParameterException', /Paging marker/)
    refused(await signed('ListUserPools', { MaxResults: 1, NextToken: PaginationToken }), 'InvalidParameterException')
  })

  await t.test(
    'req 94: a filter is one attribute, one operator and one quoted value, and its value is only a value',
    async () => {
      const list = (Filter: string) => signed('ListUsers', { UserPoolId, Filter })
      const bad = [
        'username',
        'username =',
        'username = anna',
        "username = 'anna'",
        'username = "anna',
        'username "anna"',
        'username == "anna"',
        'username != "anna"',
        'username > "a"',
        'username like "a%"',
        '= "anna"',
        'username = "anna" and name = "x"',
        'username = "anna" or "1" = "1"',
        'password = "x"',
        'username = "a" "b"',
      ]
      for (const filter of bad) refused(await list(filter), 'InvalidParameterException')
      const injections = [
        `' or '1'='1`,
        `anna' --`,
        `%`,
        `_nna`,
        `a*`,
        `x' union select * from users --`,
        `\\"anna\\" or \\"a\\"=\\"a`,
        `anna; delete from users`,
        `$1`,
      ]
      for (const value of injections)
        for (const operator of ['=', '^=']) {
          const answer = await list(`username ${operator} "${value}"`)
          assert.equal(answer.status, 200, answer.text)
          assert.deepEqual(answer.body['Users'], [], value)
        }
      refused(await list('username = "anna\u0000"'), 'InvalidParameterException')
      assert.equal(((await list('username = "anna"')).body['Users'] as Body[]).length, 1)
    },
  )

  await t.test('req 95: an id is a key and no path', async () => {
    for (const id of ['../x', '/etc/passwd', '..%2f..', 'a/../b', '.', '%00', `${UserPoolId}/../${otherPool}`]) {
      const pool = await signed('DescribeUserPool', { UserPoolId: id })
      assert.match(String(pool.body['__type']), /^(InvalidParameterException|ResourceNotFoundException)$/)
      const response = await fetch(`${url}/${encodeURIComponent(id)}/.well-known/jwks.json`)
      assert.equal(note(response.status, response.headers.get('content-type') ?? '', await response.text()).status, 404)
    }
  })

  await t.test('req 96: what is too deep, too long or too large is refused, and costs little memory', async (step) => {
    const memory = (): number | undefined => {
      if (process.platform !== 'linux') return undefined
      const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8')) ?? []
      return Number(kib) * 1024
    }
    const large = Buffer.alloc(20_000_000, 97)
    const target = 'x-amz-target: AWSCognitoIdentityProviderService.SignUp'
    const head = `POST / HTTP/1.1\r\nhost: localhost\r\n${target}\r\n`
    const sendLarge = async (): Promise<void> => {
      assert.equal((await raw(`${head}content-length: ${large.length}\r\n\r\n`, large)).status, 413)
      const chunk = `${head}transfer-encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n`
      assert.equal((await raw(chunk, large)).status, 413)
    }
    // The buffers of the first ones stay until garbage is collected; what comes after finds room in the same place.
    await sendLarge()
    const before = memory()
    refused(
      await open('SignUp', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      'SerializationException',
      /deep/,
    )
    refused(await open('SignUp', '{"a":'.repeat(100_000)), 'SerializationException')
    for (let round = 0; round < 5; round += 1) await sendLarge()
    assert.equal((await raw(`${head}x-long: ${'a'.repeat(100_000)}\r\n\r\n`)).status, 431)
    const after = memory()
    if (before === undefined || after === undefined) return step.diagnostic('no measure of memory here')
    assert.ok(after - before < 50_000_000, `${after - before} bytes more`)
  })

  await t.test('req 97: five hundred senders of half a request stop nobody', async () => {
    const slow = Array.from({ length: 500 }, () => connect(port, '127.0.0.1'))
    try {
      for (const socket of slow) socket.on('error', () => socket.destroy())
      await Promise.all(slow.map((socket) => once(socket, 'connect')))
      for (const [index, socket] of slow.entries())
        socket.write(
          index % 2 === 0
            ? 'POST / HTTP/1.1\r\nhost: lo'
            : 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"a',
        )
      assert.equal((await open('GetUser', { AccessToken })).body['Username'], 'anna')
      await good('ListUserPools', { MaxResults: 1 })
    } finally {
      for (const socket of slow) socket.destroy()
    }
  })

  await t.test('req 98: conflicting lengths are refused', async () => {
    const head = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n'
    assert.equal((await raw(`${head}content-length: 3\r\n\r\n{}`)).status, 400)
    assert.equal((await raw(`${head}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`)).status, 400)
    assert.equal((await raw(`${head.replace('length: 2', 'length: 2, 3')}\r\n{}`)).status, 400)
    assert.equal((await raw(`${head.replace('length: 2', 'length: -2')}\r\n{}`)).status, 400)
  })

  await t.test(
    'req 89, 99: any input of any operation, signed and not, is answered or refused by a known name',
    async () => {
      const known = { UserPoolId, ClientId, Username: 'berta', AccessToken, Password, Name: 'name' }
      // What would end what the others are about comes without the ids that are known.
      const blind: readonly string[] = ['DeleteUserPool', 'DeleteUserPoolClient', 'AdminDeleteUser', 'DeleteUser']
      const table = { ...operations, ...extensions }
      const written = names.filter((name) => table[name] !== 'later')
      const asked = fc.constantFrom(...written, ...written, ...names).chain((operation) => {
        const input = valueOf(operationShapes[operation].in, blind.includes(operation) ? {} : known)
        return fc.tuple(fc.constant(operation), input, fc.constantFrom(true, true, true, true, false))
      })
      await fc.assert(
        fc.asyncProperty(asked, async ([operation, input, withSignature]) => {
          const answer = await (withSignature ? signed(operation, input) : open(operation, input))
          if (answer.status !== 200) assert.ok(Object.hasOwn(statusOf, String(answer.body['__type'])), answer.text)
          assert.ok(answer.status < 500, `${operation} ${JSON.stringify(input)} ${answer.text}`)
        }),
        { numRuns: 1500 },
      )
    },
  )

  await t.test('req 99: of all these answers none is a fault or a page, or tells of the inside', () => {
    assert.ok(answers.length > 1000)
    const inside = [
      /<html|<!doctype/i,
      /\n {4}at /,
      /\.ts:\d|node:|node_modules|file:\/\//,
      /\bSQLITE|syntax error|\binsert into\b|\bno such (table|column)\b/i,
    ]
    const secrets = [folder, secretAccessKey, env.POOLKEEPER_SEAL_KEYS.split(':')[1] ?? assert.fail()]
    for (const { status, type, text: told } of answers) {
      assert.ok(status >= 200 && status < 500, `${status} ${told}`)
      assert.match(type, /^application\/(x-amz-json-1\.1|json)/, told)
      for (const pattern of inside) assert.doesNotMatch(told, pattern)
      for (const secret of secrets) assert.ok(!told.includes(secret), told)
    }
    const faults = server
      .output()
      .split('\n')
      .filter((line) => /"level":(50|60|"error"|"fatal")/.test(line))
    assert.deepEqual(faults, [])
  })
  assert.equal(await server.stop(), 0)
})
