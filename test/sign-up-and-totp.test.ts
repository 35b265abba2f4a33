// docs/protocol/sign-up-and-totp.md, call by call: every answer has the members that the page shows, and every mistake
// of its tables is refused by the exception and the words that stand there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeTestApp, Refused, type TestApp } from '../packages/server/testing/app.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import type { InitiateAuthResponse } from '../packages/server/src/wire/model.gen.ts'

const page = readFileSync(new URL('../docs/protocol/sign-up-and-totp.md', import.meta.url), 'utf8')

const parts = page.split(/^## /m)

/** The part of the page under a heading. */
const partOf = (heading: string): string => {
  const part = parts.find((text) => text.startsWith(heading))
  assert.ok(part, `the page has no heading ${heading}`)
  return part
}

/** The JSON blocks under a heading. */
const blocksOf = (heading: string): Record<string, unknown>[] =>
  [...partOf(heading).matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => JSON.parse(text))

/** The mistakes under a heading. */
const mistakesOf = (heading: string): { mistake: string; exception: string; message: string }[] =>
  [...partOf(heading).matchAll(/^\| (.+?) +\| `(\w+)` +\| (.+?) +\|$/gm)].map(
    ([, mistake = '', exception = '', message = '']) => ({ mistake, exception, message }),
  )

/** The names of all members of a value, those inside others too. */
const membersOf = (value: unknown): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? []
    : Object.entries(value)
        .flatMap(([name, member]) => [name, ...membersOf(member).map((inner) => `${name}.${inner}`)])
        .toSorted()

const sameMembers = (answer: unknown, shown: unknown): void => assert.deepEqual(membersOf(answer), membersOf(shown))

const password = 'Correct-horse-7'
const Username = 'jane@example.com'

type Place = { readonly server: TestApp; readonly UserPoolId: string; readonly ClientId: string }

const signIn = (
  { server, UserPoolId, ClientId }: Place,
  name = Username,
  PASSWORD = password,
): Promise<InitiateAuthResponse> =>
  server.call('AdminInitiateAuth', {
    UserPoolId,
    ClientId,
    AuthFlow: 'ADMIN_NO_SRP_AUTH',
    AuthParameters: { USERNAME: name, PASSWORD },
  })

const respond = (
  { server, UserPoolId, ClientId }: Place,
  ChallengeName: 'MFA_SETUP' | 'SOFTWARE_TOKEN_MFA',
  Session: string,
  answers: Record<string, string> = {},
): Promise<InitiateAuthResponse> =>
  server.call('AdminRespondToAuthChallenge', {
    UserPoolId,
    ClientId,
    ChallengeName,
    Session,
    ChallengeResponses: { USERNAME: Username, ...answers },
  })

const sessionIn = ({ Session = '' }: { readonly Session?: string | undefined }): string => Session

/** A pool as the page makes it, with its requests. */
const makePlace = async (server: TestApp): Promise<Place> => {
  const [pool, mfa, client] = blocksOf('The pool and the app client')
  const { UserPool } = await server.call('CreateUserPool', pool as { PoolName: string })
  const UserPoolId = UserPool?.Id ?? ''
  await server.call('SetUserPoolMfaConfig', { ...mfa, UserPoolId })
  const { UserPoolClient } = await server.call('CreateUserPoolClient', {
    ...(client as { ClientName: string }),
    UserPoolId,
  })
  return { server, UserPoolId, ClientId: UserPoolClient?.ClientId ?? '' }
}

/** Makes the mistakes of a part, in its order, and compares each refusal with its row. */
const makeMistakes = async (
  heading: string,
  mistakes: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<void> => {
  const rows = mistakesOf(heading)
  assert.deepEqual(
    rows.map(({ mistake }) => mistake),
    Object.keys(mistakes),
  )
  for (const { mistake, exception, message } of rows) {
    const refusal: unknown = await mistakes[mistake]?.().then(
      () => assert.fail(`not refused: ${mistake}`),
      (error: unknown) => error,
    )
    assert.ok(refusal instanceof Refused, mistake)
    assert.deepEqual({ exception: refusal.name, message: refusal.message }, { exception, message }, mistake)
  }
}

const fiveWrong = async (guess: () => Promise<unknown>): Promise<unknown> => {
  for (let turn = 0; turn < 5; turn += 1) await assert.rejects(guess())
  return guess()
}

test('docs/protocol/sign-up-and-totp.md: every call and every mistake of the page', async (t) => {
  const server = await makeTestApp(t)
  const place = await makePlace(server)
  const { UserPoolId, ClientId } = place
  const codeAt = (secret: string, steps = 0): string =>
    totpCode(decodeBase32(secret), totpStep(server.context.clock.now()) + steps)
  const associate = (Session: string) => server.call('AssociateSoftwareToken', { Session })
  const verify = (Session: string, UserCode: string) =>
    server.call('VerifySoftwareToken', { Session, UserCode, FriendlyDeviceName: 'phone' })
  const signUp = (name: string) => server.call('SignUp', { ClientId, Username: name, Password: password })
  const confirm = (name: string, ConfirmationCode: string) =>
    server.call('ConfirmSignUp', { ClientId, Username: name, ConfirmationCode })

  // 1 and 2: sign up, confirm.
  sameMembers(await signUp(Username), blocksOf('1. Sign up')[1])
  const code = await server.code(Username)
  await makeMistakes('2. Confirm', {
    'a wrong code': () => confirm(Username, code === '000000' ? '000001' : '000000'),
    'a code that is older than 24 hours': async () => {
      await signUp('late@example.com')
      const late = await server.code('late@example.com')
      server.advance(24 * 3600 + 1)
      return confirm('late@example.com', late)
    },
    'a sign-in before the confirmation, with the right password': () => signIn(place),
    'a name that was signed up already': async () => {
      await signUp('mary@example.com')
      await confirm('mary@example.com', await server.code('mary@example.com'))
      return signUp('mary@example.com')
    },
  })
  await server.call('ResendConfirmationCode', { ClientId, Username })
  sameMembers(await confirm(Username, await server.code(Username)), blocksOf('2. Confirm')[1])

  // 3: the password.
  await makeMistakes('3. Sign in: the password', {
    'a wrong password': () => signIn(place, Username, 'Wrong-horse-7'),
    'the sixth guess after five wrong passwords': () => fiveWrong(() => signIn(place, 'mary@example.com', 'Wrong-1x!')),
    'a client that does not permit the flow': async () => {
      const { UserPoolClient } = await server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'other' })
      return signIn({ ...place, ClientId: UserPoolClient?.ClientId ?? '' })
    },
  })
  const asked = await signIn(place)
  sameMembers(asked, blocksOf('3. Sign in: the password')[1])

  // 4: the secret.
  const associated = await associate(sessionIn(asked))
  sameMembers(associated, blocksOf('4. Ask for the secret')[1])
  const { SecretCode: secret = '' } = associated
  const second = sessionIn(associated)

  // 5: the first code. The mistakes come before the right answer, as they leave the Session usable.
  await makeMistakes('5. Verify the first code', {
    'a wrong code': () => verify(second, codeAt(secret, 7)),
    'Session 1 in place of Session 2': async () => verify(sessionIn(await signIn(place)), codeAt(secret)),
  })
  const verified = await verify(second, codeAt(secret))
  sameMembers(verified, blocksOf('5. Verify the first code')[1])
  const third = sessionIn(verified)

  // 6: the end of the first sign-in.
  const given = await respond(place, 'MFA_SETUP', third)
  sameMembers(given, blocksOf('6. Finish the first sign-in')[1])
  await makeMistakes('6. Finish the first sign-in', {
    'Session 1 or 2 in place of Session 3': async () => {
      await signUp('rose@example.com')
      await confirm('rose@example.com', await server.code('rose@example.com'))
      const one = sessionIn(await signIn(place, 'rose@example.com'))
      await assert.rejects(respond(place, 'MFA_SETUP', one, { USERNAME: 'rose@example.com' }))
      return respond(place, 'MFA_SETUP', sessionIn(await associate(one)), { USERNAME: 'rose@example.com' })
    },
    'Session 3 a second time': () => respond(place, 'MFA_SETUP', third),
  })

  // 7: every later sign-in.
  const later = await signIn(place)
  sameMembers(later, blocksOf('7. Every later sign-in')[0])
  const fourth = sessionIn(later)
  const answer = (Session: string, SOFTWARE_TOKEN_MFA_CODE: string) =>
    respond(place, 'SOFTWARE_TOKEN_MFA', Session, { SOFTWARE_TOKEN_MFA_CODE })
  await makeMistakes('7. Every later sign-in', {
    'a wrong code': () => answer(fourth, codeAt(secret, 7)),
    'a code that was used before, in step 5 or in an earlier sign-in': () => answer(fourth, codeAt(secret)),
    'the sixth guess after five wrong codes': async () => {
      server.advance(3600)
      const session = sessionIn(await signIn(place))
      return fiveWrong(() => answer(session, codeAt(secret, 7)))
    },
    'Session 4 after it gave tokens': async () => {
      server.advance(3600)
      const used = sessionIn(await signIn(place))
      sameMembers(await answer(used, codeAt(secret)), blocksOf('6. Finish the first sign-in')[1])
      return answer(used, codeAt(secret, 1))
    },
    'the Session of another user': async () => {
      const session = sessionIn(await signIn(place))
      return respond(place, 'SOFTWARE_TOKEN_MFA', session, {
        USERNAME: 'rose@example.com',
        SOFTWARE_TOKEN_MFA_CODE: codeAt(secret, 1),
      })
    },
    'no code at all': async () => respond(place, 'SOFTWARE_TOKEN_MFA', sessionIn(await signIn(place))),
  })

  // The mistakes of step 4 that need what came later.
  await makeMistakes('4. Ask for the secret', {
    'Session 1 a second time': async () => {
      const session = sessionIn(await signIn(place, 'rose@example.com'))
      await associate(session)
      return associate(session)
    },
    'a Session that is too old': async () => {
      const old = sessionIn(await signIn(place, 'rose@example.com'))
      server.advance(181)
      return associate(old)
    },
    'the Session of a SOFTWARE_TOKEN_MFA challenge, to replace the app of a user who has one': async () =>
      associate(sessionIn(await signIn(place))),
  })
})
