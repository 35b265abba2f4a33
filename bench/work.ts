// The workloads: each scenario as one turn on one connection.
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { srpTimestamp } from '../packages/client/src/srp.ts'
import { makeModularPower, type ModularPower } from '../packages/server/src/keys/srp/modular-power.ts'
import { decodeBase32 } from '../packages/server/src/rules/base32.ts'
import { padHex, srpPrime as N, srpPrimeHex } from '../packages/server/src/rules/srp.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { softPasskey, type SoftPasskey } from '../packages/server/testing/passkey.ts'
import type { Workload } from './compare.ts'
import { shot, type Wire } from './load.ts'
import { emailOf, password, totpSecret } from './seed.ts'

/** Sends a request. @throws Error when it is refused */
export const answered = async (wire: Wire, request: Buffer): Promise<Record<string, unknown>> => {
  const { status, body } = await wire.send(request)
  const answer = JSON.parse(body) as Record<string, unknown>
  if (status !== 200) throw new Error(`${String(answer['__type'])}: ${String(answer['message'])}`)
  return answer
}

/** A sign-in by password. */
export const passwordRequest = (ClientId: string, USERNAME: string): Buffer =>
  shot('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: password },
  })

const strings = (answer: Record<string, unknown>, member: string): Record<string, string> =>
  (answer[member] ?? {}) as Record<string, string>

/** The tokens of a sign-in by password. */
export const tokensOf = async (wire: Wire, clientId: string, name: string): Promise<Record<string, string>> =>
  strings(await answered(wire, passwordRequest(clientId, name)), 'AuthenticationResult')

/** Returns the users in a cycle. */
export const userTurns = (users: number): (() => string) => {
  let turn = 0
  return () => emailOf((turn += 1) % users)
}

/**
 * A sign-in by password and code. A code works once: after a turn of every user the clock must move.
 *
 * @param moved - moves the server's clock by a step and returns how far it is ahead, in milliseconds
 */
export const totpWork = (clientId: string, users: number, moved: () => Promise<number>): Workload => {
  let moving = Promise.resolve(0)
  let turns = 0
  return async (wire) => {
    const turn = (turns += 1)
    if (turn % users === 0) moving = moved()
    const ahead = await moving
    const name = emailOf(turn % users)
    const challenge = await answered(wire, passwordRequest(clientId, name))
    await answered(
      wire,
      shot('RespondToAuthChallenge', {
        ClientId: clientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: challenge['Session'],
        ChallengeResponses: {
          USERNAME: name,
          SOFTWARE_TOKEN_MFA_CODE: totpCode(totpSecret, totpStep(Date.now() + ahead)),
        },
      }),
    )
  }
}

const sha256 = (...parts: (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const k = BigInt(`0x${sha256(padHex(srpPrimeHex), padHex('02')).toString('hex')}`)
const bytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(768, '0'), 'hex')
const evenHex = (value: bigint): string => {
  const hex = value.toString(16)
  return hex.length % 2 === 0 ? hex : `0${hex}`
}

const verifiers = new Map<string, bigint>()

/** g^x, which a client that signs in repeatedly can keep. */
const verifierOf = async (powers: ModularPower, x: bigint): Promise<bigint> => {
  const hex = evenHex(x)
  const known = verifiers.get(hex)
  if (known !== undefined) return known
  const verifier = BigInt(`0x${(await powers.generatorPower(Buffer.from(hex, 'hex'))).toString('hex')}`)
  verifiers.set(hex, verifier)
  return verifier
}

// A client with a = 1 and A = g. Only its proof takes time; it is computed natively, in another thread.
const proofOf = async (
  powers: ModularPower,
  { poolName, asked, timestamp }: { poolName: string; asked: Record<string, string>; timestamp: string },
): Promise<string> => {
  const name = asked['USER_ID_FOR_SRP'] ?? ''
  const B = asked['SRP_B'] ?? ''
  const u = BigInt(`0x${sha256(padHex('02'), padHex(B)).toString('hex')}`)
  const identity = sha256(`${poolName}${name}:${password}`)
  const x = BigInt(`0x${sha256(padHex(asked['SALT'] ?? ''), identity).toString('hex')}`)
  const base = (((BigInt(`0x${B}`) - k * (await verifierOf(powers, x))) % N) + N) % N
  const S = await powers.power(bytes(base), Buffer.from(evenHex(1n + u * x), 'hex'))
  const key = hkdfSync(
    'sha256',
    padHex(S.toString('hex').replace(/^0+/, '')),
    padHex(u.toString(16)),
    'Caldera Derived Key',
    16,
  )
  const claim = createHmac('sha256', Buffer.from(key)).update(poolName + name)
  return claim
    .update(Buffer.from(asked['SECRET_BLOCK'] ?? '', 'base64'))
    .update(timestamp)
    .digest('base64')
}

/** USER_SRP_AUTH. @returns the workload, and a function that ends its thread */
export const srpWork = (
  clientId: string,
  poolId: string,
  name: () => string,
): { work: Workload; close: () => void } => {
  const powers = makeModularPower({ threads: 1, queueLimit: 100 })
  const poolName = poolId.slice(poolId.indexOf('_') + 1)
  const work: Workload = async (wire) => {
    const USERNAME = name()
    const started = await answered(
      wire,
      shot('InitiateAuth', {
        ClientId: clientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME, SRP_A: '2' },
      }),
    )
    const asked = strings(started, 'ChallengeParameters')
    const timestamp = srpTimestamp(Date.now())
    await answered(
      wire,
      shot('RespondToAuthChallenge', {
        ClientId: clientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: {
          USERNAME: asked['USER_ID_FOR_SRP'],
          PASSWORD_CLAIM_SECRET_BLOCK: asked['SECRET_BLOCK'],
          PASSWORD_CLAIM_SIGNATURE: await proofOf(powers, { poolName, asked, timestamp }),
          TIMESTAMP: timestamp,
        },
      }),
    )
  }
  return { work, close: powers.close }
}

/** Refreshes with rotation: each connection has its own sign-in, and uses its newest token. */
export const rotationWork = (clientId: string, name: () => string): Workload => {
  const newest = new Map<Wire, string>()
  return async (wire) => {
    const RefreshToken = newest.get(wire) ?? (await tokensOf(wire, clientId, name()))['RefreshToken']
    const answer = await answered(wire, shot('GetTokensFromRefreshToken', { ClientId: clientId, RefreshToken }))
    newest.set(wire, strings(answer, 'AuthenticationResult')['RefreshToken'] ?? '')
  }
}

/** Registers a passkey for each user. */
export const registerPasskeys = async (
  wire: Wire,
  clientId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, SoftPasskey>> => {
  const passkeys = new Map<string, SoftPasskey>()
  for (const name of names) {
    const { AccessToken } = await tokensOf(wire, clientId, name)
    const { CredentialCreationOptions } = await answered(wire, shot('StartWebAuthnRegistration', { AccessToken }))
    const passkey = softPasskey()
    const Credential = passkey.create(CredentialCreationOptions)
    await answered(wire, shot('CompleteWebAuthnRegistration', { AccessToken, Credential }))
    passkeys.set(name, passkey)
  }
  return passkeys
}

/** USER_AUTH by passkey. */
export const passkeyWork = (clientId: string, passkeys: ReadonlyMap<string, SoftPasskey>): Workload => {
  const all = [...passkeys]
  let turn = 0
  return async (wire) => {
    const [USERNAME = '', passkey] = all[(turn += 1) % all.length] ?? []
    const AuthParameters = { USERNAME, PREFERRED_CHALLENGE: 'WEB_AUTHN' }
    const asked = await answered(
      wire,
      shot('InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters }),
    )
    const options: unknown = JSON.parse(strings(asked, 'ChallengeParameters')['CREDENTIAL_REQUEST_OPTIONS'] ?? '{}')
    await answered(
      wire,
      shot('RespondToAuthChallenge', {
        ClientId: clientId,
        ChallengeName: 'WEB_AUTHN',
        Session: asked['Session'],
        ChallengeResponses: { USERNAME, CREDENTIAL: JSON.stringify(passkey?.get(options)) },
      }),
    )
  }
}

let newcomers = 0

const mailboxOf = (address: string): Buffer =>
  Buffer.from(`GET /_poolkeeper/mailbox?to=${address} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n\r\n`)

/** The whole flow of a new user, from sign-up to tokens. */
export const flowWork =
  (mfa: { poolId: string; clientId: string }, now: () => number): Workload =>
  async (wire) => {
    const Username = `newcomer${(newcomers += 1)}@example.com`
    const ClientId = mfa.clientId
    await answered(wire, shot('SignUp', { ClientId, Username, Password: password }))
    const { body: mail } = await wire.send(mailboxOf(Username))
    const ConfirmationCode = /code is (\d{6})/.exec(mail)?.[1] ?? ''
    await answered(wire, shot('ConfirmSignUp', { ClientId, Username, ConfirmationCode }))
    const start = await answered(
      wire,
      shot('AdminInitiateAuth', {
        UserPoolId: mfa.poolId,
        ClientId,
        AuthFlow: 'ADMIN_NO_SRP_AUTH',
        AuthParameters: { USERNAME: Username, PASSWORD: password },
      }),
    )
    const associated = await answered(wire, shot('AssociateSoftwareToken', { Session: start['Session'] }))
    const secret = decodeBase32(String(associated['SecretCode']))
    const UserCode = totpCode(secret, totpStep(now()))
    const verified = await answered(wire, shot('VerifySoftwareToken', { Session: associated['Session'], UserCode }))
    await answered(
      wire,
      shot('AdminRespondToAuthChallenge', {
        UserPoolId: mfa.poolId,
        ClientId,
        ChallengeName: 'MFA_SETUP',
        Session: verified['Session'],
        ChallengeResponses: { USERNAME: Username },
      }),
    )
  }
