// USER_SRP_AUTH and PASSWORD_VERIFIER: a password proved without being sent. The SECRET_BLOCK names a session row that
// keeps the server's half of the exchange, sealed; an answer uses it up. A user who does not exist gets a steady
// made-up challenge that no answer fits (spec: authentication 2.4, 4; requirements 13, 28 to 32).
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RequestContext } from '../../context.ts'
import { invalidParameter, notAuthorized } from '../../errors.ts'
import {
  claimSignature,
  minimalHex,
  readPublicValue,
  readTimestamp,
  scrambler,
  secretBase,
  serverPublicValue,
  sharedKey,
  srpPrimeHex,
} from '../../rules/srp.ts'
import { foldName } from '../../rules/user-names.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { refuseLocked } from '../standing.ts'
import { srpPoolName } from '../passwords.ts'
import { WrongAnswer, type Answers, type Asked, type Attempt, type Challenge, type Passed } from './attempt.ts'
import { incorrect } from './password.ts'
import { newSession, type NewSession } from './session-token.ts'

/** The name of the step. */
export const verifierStep = 'PASSWORD_VERIFIER'

/** The server's half of an exchange. */
export type SrpExchange = {
  readonly clientPublic: string
  readonly serverPublic: string
  readonly exponent: string
}

type Verifier = { readonly salt: string; readonly verifier: string }

const exponentLength = 32

/** A client's A. @throws ServiceError InvalidParameterException for one that must be refused (requirements 28, 29) */
export const clientPublicValue = (given: string): string => {
  const value = readPublicValue(given)
  if (value === undefined) throw invalidParameter('SRP_A is not a valid public value.')
  return value
}

/** Draws the server's half of an exchange against a verifier. */
export const beginExchange = async (
  context: RequestContext,
  clientPublic: string,
  verifier: string,
): Promise<SrpExchange> => {
  const exponent = context.random.bytes(exponentLength)
  const power = await context.keys.modularPower.generatorPower(exponent)
  const serverPublic = serverPublicValue(verifier, power)
  // One chance in 2^3072; drawing again is the rule (4.3).
  if (serverPublic === undefined) return beginExchange(context, clientPublic, verifier)
  return { clientPublic, serverPublic, exponent: exponent.toString('hex') }
}

/** The key that both sides share when the client knows the password; undefined when the exchange is void. */
export const exchangeKey = async (
  { keys }: RequestContext,
  { clientPublic, serverPublic, exponent }: SrpExchange,
  verifier: string,
): Promise<Buffer | undefined> => {
  const u = scrambler(clientPublic, serverPublic)
  if (!u) return undefined
  const raised = await keys.modularPower.power(Buffer.from(verifier.padStart(768, '0'), 'hex'), u)
  const secret = await keys.modularPower.power(secretBase(clientPublic, raised), Buffer.from(exponent, 'hex'))
  return sharedKey(secret, u)
}

/** The SECRET_BLOCK is the Session in Base64, as clients expect it (4.5). */
const secretBlockOf = (session: string): string => Buffer.from(session, 'utf8').toString('base64')

/** The Session that a SECRET_BLOCK holds; both alphabets of Base64 are read (4.5). */
export const sessionOfBlock = (secretBlock: string): string => Buffer.from(secretBlock, 'base64').toString('utf8')

const storedVerifier = ({ keys }: RequestContext, user: User): Verifier | undefined =>
  user.srpSealed === undefined
    ? undefined
    : (JSON.parse(keys.seal.open(user.srpSealed, 'srp-verifier').toString('utf8')) as Verifier)

// Steady for a name and pool, and unlike any other without the server's key (RFC 5054, 2.5.1.3).
const madeUp = ({ keys }: RequestContext, pool: Pool, name: string, what: string): Buffer => {
  const seed = keys.seal.mac(JSON.stringify([pool.id, foldName(pool.settings, name), what]), 'made-up-srp')
  return createHmac('sha256', seed).digest()
}

const madeUpVerifier = (context: RequestContext, pool: Pool, name: string): Verifier => {
  const part = (index: number): string => madeUp(context, pool, name, `verifier ${index}`).toString('hex')
  const digits = Array.from({ length: 12 }, (_, index) => part(index)).join('')
  const salt = minimalHex(madeUp(context, pool, name, 'salt').subarray(0, 16))
  return { salt, verifier: (BigInt(`0x${digits}`) % BigInt(`0x${srpPrimeHex}`)).toString(16) }
}

const uuidOf = (bytes: Buffer): string => {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

// The user who would answer to this name: same form of id, and nothing that an answer could fit.
const madeUpUser = (context: RequestContext, pool: Pool, name: string): User => {
  const id = uuidOf(madeUp(context, pool, name, 'id'))
  const byAddress = (pool.settings.usernameAttributes ?? []).length > 0
  return {
    poolId: pool.id,
    id,
    username: byAddress ? id : name,
    status: 'CONFIRMED',
    enabled: true,
    attributes: {},
    passwordHash: undefined,
    srpSealed: undefined,
    passwordHistory: [],
    credentialsAt: 0,
    temporaryUntil: undefined,
    mfa: { enabled: [] },
    failures: 0,
    lastFailureAt: 0,
    lockedUntil: 0,
    version: 0,
    createdAt: 0,
    updatedAt: 0,
  }
}

/** A challenge PASSWORD_VERIFIER and the session that keeps it. */
export type SrpChallenge = { readonly parameters: Readonly<Record<string, string>>; readonly session: NewSession }

/** What a session of PASSWORD_VERIFIER remembers beside the progress: the exchange, sealed. */
type SrpState = { readonly exchange: string }

/**
 * Makes the challenge of a user, or the made-up one of a name that leads to nobody.
 *
 * @param of.progress - what the sign-in has proved and remembers so far
 */
export const srpChallenge = async (
  context: RequestContext,
  of: {
    readonly pool: Pool
    readonly client: Client
    readonly user: User | undefined
    readonly name: string
    readonly publicValue: string
    readonly progress: { readonly proved: readonly unknown[]; readonly state?: unknown }
  },
): Promise<SrpChallenge> => {
  const { pool, client, name } = of
  const clientPublic = clientPublicValue(of.publicValue)
  const user = of.user ?? madeUpUser(context, pool, name)
  const verifier = (of.user && storedVerifier(context, of.user)) ?? madeUpVerifier(context, pool, name)
  const exchange = await beginExchange(context, clientPublic, verifier.verifier)
  const srp: SrpState = { exchange: context.keys.seal.seal(JSON.stringify(exchange), 'srp-exchange') }
  const session = newSession(context, { client, user, step: verifierStep, state: { ...of.progress, srp } })
  const parameters = {
    SALT: verifier.salt,
    SECRET_BLOCK: secretBlockOf(session.token),
    SRP_B: exchange.serverPublic,
    USERNAME: user.username,
    USER_ID_FOR_SRP: user.username,
  }
  return { parameters, session }
}

const checkTimestamp = ({ clock, settings }: RequestContext, timestamp: string): void => {
  const at = readTimestamp(timestamp)
  if (at === undefined) throw invalidParameter('TIMESTAMP has another form than Thu Mar 5 07:08:09 UTC 2026.')
  if (Math.abs(clock.now() - at) > settings.claimSkewSeconds * 1000) throw incorrect('the time of the claim is far off')
}

/** The three parts of a claim. @throws ServiceError InvalidParameterException when one is missing */
export const claimOf = (answers: Answers): { signature: Buffer; secretBlock: Buffer; timestamp: string } => {
  const part = (name: string): string => {
    const value = answers[name]
    if (!value) throw invalidParameter(`Missing required parameter ${name}`)
    return value
  }
  return {
    signature: Buffer.from(part('PASSWORD_CLAIM_SIGNATURE'), 'base64'),
    secretBlock: Buffer.from(part('PASSWORD_CLAIM_SECRET_BLOCK'), 'base64'),
    timestamp: part('TIMESTAMP'),
  }
}

const checkClaim = async ({ context, user, session }: Attempt, answers: Answers): Promise<Passed> => {
  const { signature, secretBlock, timestamp } = claimOf(answers)
  refuseLocked(user, context.clock.now())
  checkTimestamp(context, timestamp)
  const verifier = storedVerifier(context, user)
  const { srp } = JSON.parse(session?.state ?? '{}') as { srp?: SrpState }
  if (!verifier || !srp) throw new WrongAnswer(incorrect('the user has no SRP verifier'))
  const exchange = JSON.parse(context.keys.seal.open(srp.exchange, 'srp-exchange').toString('utf8')) as SrpExchange
  const key = await exchangeKey(context, exchange, verifier.verifier)
  const claim = { poolName: srpPoolName(user.poolId), username: user.username, secretBlock, timestamp }
  const expected = key && claimSignature(key, claim)
  const proved = expected && expected.length === signature.length && timingSafeEqual(expected, signature)
  if (!proved) throw new WrongAnswer(incorrect('the proof does not hold'))
  return { proof: 'password', writes: [] }
}

/** The challenge PASSWORD_VERIFIER. It is begun by `srpChallenge`, never by `ask`. */
export const passwordVerifier: Challenge = {
  ask: async (): Promise<Asked> => {
    throw notAuthorized('Incorrect username or password.', 'SRP_A is needed to ask for a proof')
  },
  answer: checkClaim,
}
