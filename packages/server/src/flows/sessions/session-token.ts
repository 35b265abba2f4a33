// The room of challenge sessions. Each waits for the answer to one challenge of one sign-in and takes it once. This file
// makes and opens the Session on the wire: the key of a session row, sealed, so that a caller can neither read nor make
// one (protocol/authentication 3.6; requirements 33 to 36).
//
//   session-token.ts    a Session made, opened, ended
//   progress.ts         what a session remembers: what the sign-in carries, and what its challenge needs for the answer
//   guesses.ts          the one door to everything that can be guessed: counted first, looked at then, under the lock
//   guess-turns.ts      guesses about one user, one after the other within a process
//   wrong-answer.ts     a wrong guess, thrown by the check
//   sign-in-details.ts  what is kept of a sign-in after its last session
import type { Context, RequestContext } from '../../context.ts'
import { limits } from '../../config.ts'
import { notAuthorized, type ServiceError } from '../../errors.ts'
import type { Client, Session, User, Write } from '../../store/index.ts'
import type { Carried, Progress } from './progress.ts'

/** A Session that cannot be read, or is another user's, client's or step's (protocol/authentication 3.6.8). */
export const invalidSession = (reason: string): ServiceError => notAuthorized('Invalid session for the user.', reason)

const expired = (reason: string): ServiceError =>
  notAuthorized('Invalid session for the user, session is expired.', reason)

/** The answer to a Session that was answered before (protocol/authentication 3.6.3). */
export const sessionUsed = (): ServiceError =>
  notAuthorized('Invalid session for the user, session can only be used once.', 'the session was answered before')

/** How long a challenge of this client lives (protocol/authentication 3.6.2). */
export const sessionSeconds = (client: Client): number => (client.settings.authSessionValidity ?? 3) * 60

/** A session to be stored, and the Session that names it on the wire. */
export type NewSession = { readonly token: string; readonly add: Write }

/** A session that was opened, with its Session and what that held beside the key of the row. */
export type OpenedSession = Session & { readonly token: string; readonly secret: Buffer | undefined }

/**
 * Makes the session of a step.
 *
 * @param started.progress - what is remembered until the answer
 * @param started.secret - what the Session carries for the answer, sealed with the rest of it; the row does not have it
 * @param started.lifetimeSeconds - the client's, if not given
 */
export const newSession = (
  { store, clock, random, keys }: Context,
  started: {
    readonly client: Client
    readonly user: User
    readonly step: string
    readonly progress: Progress
    readonly secret?: Buffer | undefined
    readonly lifetimeSeconds?: number
  },
): NewSession => {
  const { client, user, step, progress, secret, lifetimeSeconds = sessionSeconds(client) } = started
  const id = random.uuid()
  const expiresAt = clock.now() + lifetimeSeconds * 1000
  const add = store.sessions.add({
    poolId: user.poolId,
    userId: user.id,
    id,
    clientId: client.id,
    step,
    state: JSON.stringify(progress),
    credentialsAt: user.credentialsAt,
    expiresAt,
  })
  const named: Named = [user.poolId, user.id, id, expiresAt, secret?.toString('base64') ?? null]
  return { token: keys.seal.seal(JSON.stringify(named), 'session'), add }
}

/** What a Session seals: pool, user, session, its end, and a secret in Base64. */
type Named = [poolId: string, userId: string, id: string, expiresAt: number, secret: string | null]

const unseal = ({ keys }: Context, token: string): Named => {
  try {
    return JSON.parse(keys.seal.open(token, 'session').toString('utf8')) as Named
  } catch {
    throw invalidSession('the session was not made by this service, or was changed')
  }
}

/**
 * Opens a Session: a living one, of this client, waiting for one of these steps.
 *
 * @throws ServiceError NotAuthorizedException saying expired, used once, or invalid
 */
export const openSession = async (
  context: RequestContext,
  token: string,
  wanted: { readonly client: Client | undefined; readonly steps: readonly string[] },
): Promise<OpenedSession> => {
  const [poolId, userId, id, expiresAt, secret] = unseal(context, token)
  const { subject } = context
  subject.pool ??= poolId
  // The session of an unknown name holds the id of a decoy, which is no user's.
  subject.user ??= userId
  const now = context.clock.now()
  if (expiresAt <= now) throw expired(`the session expired ${Math.round((now - expiresAt) / 1000)} s ago`)
  const session = await context.store.sessions.find(poolId, userId, id)
  if (!session) throw invalidSession('the user or the session is gone')
  if (wanted.client && session.clientId !== wanted.client.id) throw invalidSession('the session is another client’s')
  if (session.endedAt !== undefined) throw sessionUsed()
  if (session.attempts >= limits.sessionAttempts) throw invalidSession('too many wrong answers in this session')
  if (!wanted.steps.includes(session.step)) {
    throw invalidSession(`the session waits for ${session.step}, not for ${wanted.steps.join(' or ')}`)
  }
  return { ...session, token, secret: secret ? Buffer.from(secret, 'base64') : undefined }
}

/** What the sign-in of a session carries, without what its challenge alone needs. */
export const carriedBy = (session: Session): Carried => {
  const { state: _, nobody, ...carried } = JSON.parse(session.state) as Progress & EarlierProgress
  return nobody === undefined ? carried : { ...carried, unknownName: nobody }
}

/** Sessions that earlier versions began name the unknown name so. */
type EarlierProgress = { readonly nobody?: string }

/** What the challenge of a session remembers for its answer, in the form that this challenge gave it. */
export const stateOf = (session: Session): unknown => (JSON.parse(session.state) as Progress).state

/** Ends a session with its answer; the write is refused when another answer came first. */
export const endSession = ({ store, clock }: Context, session: Session): Write =>
  store.sessions.end(session, clock.now(), sessionUsed)
