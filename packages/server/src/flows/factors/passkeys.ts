// Registers, lists and removes passkeys of a signed-in user. A registration answers the user's one open challenge, by
// the same client, once and within five minutes (protocol/authentication 7.2).
import type { Context, RequestContext } from '../../context.ts'
import { limits } from '../../config.ts'
import { invalidParameter, resourceNotFound, ServiceError, type ErrorName } from '../../errors.ts'
import { passkeyName } from '../../rules/passkey-names.ts'
import { tooManyPasskeys } from '../../store/passkeys.ts'
import type { Code, Passkey, User, Write } from '../../store/index.ts'
import { openAccessToken, type Caller } from '../callers/access-token.ts'
import { tell } from '../messages/notices.ts'
import { allowsPasskeys, relyingPartyOf, userVerificationOf } from './relying-party.ts'
import { requireStanding } from '../users/standing.ts'
import {
  algorithms,
  CredentialFault,
  readRegistration,
  userHandleOf,
  verifyRegistration,
  type PasskeyFault,
  type NewPasskey,
  type Registration,
} from './web-authn.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** The options with which a browser makes a passkey: PublicKeyCredentialCreationOptionsJSON. */
export type CreationOptions = {
  readonly authenticatorSelection: {
    readonly requireResidentKey: true
    readonly residentKey: 'required'
    readonly userVerification: 'required' | 'preferred'
  }
  readonly challenge: string
  readonly excludeCredentials: readonly { readonly id: string; readonly type: 'public-key' }[]
  readonly pubKeyCredParams: readonly { readonly alg: number; readonly type: 'public-key' }[]
  readonly rp: { readonly id: string; readonly name: string }
  readonly timeout: number
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
}

/**
 * Begins a registration. It replaces an open one.
 *
 * @throws ServiceError WebAuthnNotEnabledException, WebAuthnConfigurationMissingException, LimitExceededException, or
 * the refusal of the access token
 */
export const beginRegistration = async (context: RequestContext, accessToken: string): Promise<CreationOptions> => {
  const caller = await openRegistering(context, accessToken)
  const { pool, user, relyingParty } = caller
  const passkeys = await context.store.passkeys.list(pool.id, user.id)
  requireRoom(passkeys)
  const challenge = context.random.bytes(32).toString('base64url')
  await context.store.commit([putChallenge(context, caller, challenge)])
  const here = passkeys.filter((passkey) => passkey.relyingParty === relyingParty)
  return {
    authenticatorSelection: {
      requireResidentKey: true,
      residentKey: 'required',
      userVerification: userVerificationOf(pool),
    },
    challenge,
    excludeCredentials: here.map(({ id }) => ({ id, type: 'public-key' })),
    pubKeyCredParams: algorithms.map((alg) => ({ alg, type: 'public-key' })),
    rp: { id: relyingParty, name: relyingParty },
    timeout: 60_000,
    user: {
      id: userHandleOf(user.id),
      name: user.attributes['email'] ?? user.username,
      displayName: displayNameOf(user),
    },
  }
}

type Registering = Caller & { readonly relyingParty: string }

// An access token stays valid when a password reset becomes due, but it may not add a credential then.
const openRegistering = async (context: RequestContext, accessToken: string): Promise<Registering> => {
  const caller = await openAccessToken(context, accessToken)
  const { pool, user } = caller
  requireStanding(user, context.clock.now())
  if (!allowsPasskeys(pool)) {
    throw new ServiceError('WebAuthnNotEnabledException', 'Passkeys are not enabled for this user pool.')
  }
  const relyingParty = relyingPartyOf(context, pool)
  if (relyingParty !== undefined) return { ...caller, relyingParty }
  throw new ServiceError(
    'WebAuthnConfigurationMissingException',
    'The user pool has no relying party id and no domain for passkeys.',
  )
}

const requireRoom = (passkeys: readonly Passkey[]): void => {
  if (passkeys.length >= limits.passkeysPerUser) throw tooManyPasskeys()
}

const purpose = 'passkey'

const macInput = (user: User, challenge: string): string => JSON.stringify([user.poolId, user.id, purpose, challenge])

/** The client to which the challenge of a registration is bound, in addition to the user. */
type Pending = { readonly clientId: string }

const putChallenge = (context: Context, { user, client }: Caller, challenge: string): Write => {
  const { store, keys, clock } = context
  const pending: Pending = { clientId: client.id }
  return store.codes.put({
    poolId: user.poolId,
    userId: user.id,
    purpose,
    mac: keys.seal.mac(macInput(user, challenge), 'code'),
    attribute: '',
    pending: keys.seal.sealRow(JSON.stringify(pending), sealedPlaces.passkeyRegistration(user)),
    expiresAt: clock.now() + limits.passkeyRegistrationSeconds * 1000,
  })
}

const displayNameOf = ({ attributes, username }: User): string =>
  attributes['name'] ?? attributes['email'] ?? attributes['preferred_username'] ?? username

const refusals: Readonly<Record<Exclude<PasskeyFault, 'malformed'>, readonly [name: ErrorName, message: string]>> = {
  origin: [
    'WebAuthnOriginNotAllowedException',
    'The origin of the passkey is not allowed for the relying party of this user pool.',
  ],
  'relying-party': [
    'WebAuthnRelyingPartyMismatchException',
    'The passkey was made for another relying party than that of this user pool.',
  ],
  challenge: ['WebAuthnChallengeNotFoundException', 'The passkey registration challenge was not found or has expired.'],
  unacceptable: ['WebAuthnCredentialNotSupportedException', 'The passkey is not supported.'],
}

/**
 * Completes a registration with the browser's answer.
 *
 * @param credential - RegistrationResponseJSON, unverified
 * @throws ServiceError one of the WebAuthn exceptions, LimitExceededException, InvalidParameterException, or the
 * refusal of the access token
 */
export const completeRegistration = async (
  context: RequestContext,
  accessToken: string,
  credential: unknown,
): Promise<void> => {
  const caller = await openRegistering(context, accessToken)
  const { code, registration, made } = await verified(context, caller, credential)
  const { pool, user, relyingParty } = caller
  const { store, clock } = context
  const passkeys = await store.passkeys.list(pool.id, user.id)
  requireRoom(passkeys)
  if (passkeys.some(({ id }) => id === made.id)) {
    throw new ServiceError(...refusals.unacceptable, 'the user has this passkey already')
  }
  const { attachment, transports } = registration
  const { aaguid, ...key } = made
  // The challenge is spent first, so that a user's registrations count the existing passkeys one at a time.
  await store.commit([
    store.codes.spend(code, limits.codeAttempts, clock.now(), () =>
      challengeGone('another request used the challenge'),
    ),
    store.passkeys.add(
      {
        ...key,
        poolId: pool.id,
        userId: user.id,
        name: passkeyName(aaguid, attachment),
        relyingParty,
        attachment,
        transports,
        createdAt: clock.now(),
      },
      limits.passkeysPerUser,
    ),
    ...tell(context, pool, user, 'passkey-added'),
  ])
}

const challengeGone = (reason: string): ServiceError =>
  new ServiceError(
    'WebAuthnChallengeNotFoundException',
    'The passkey registration challenge was not found or has expired.',
    reason,
  )

const openChallenge = async (context: Context, { user, client }: Caller, challenge: string): Promise<Code> => {
  const { store, keys, clock } = context
  const code = await store.codes.find(user.poolId, user.id, purpose)
  if (!code?.pending) throw challengeGone('no registration waits for this user')
  if (code.expiresAt <= clock.now()) throw challengeGone('the registration took too long')
  if (!keys.seal.macMatches(macInput(user, challenge), 'code', code.mac)) {
    throw challengeGone('the credential answers another challenge')
  }
  const pending = keys.seal.openRow(code.pending, sealedPlaces.passkeyRegistration(user))
  const { clientId } = JSON.parse(pending.toString('utf8')) as Pending
  if (clientId === client.id) return code
  throw new ServiceError(
    'WebAuthnClientMismatchException',
    'The passkey registration was started by another app client.',
  )
}

const told = (error: unknown): unknown => {
  if (!(error instanceof CredentialFault)) return error
  if (error.fault === 'malformed')
    return invalidParameter('Credential is not a valid registration response.', error.message)
  return new ServiceError(...refusals[error.fault], error.message)
}

const verified = async (
  context: Context,
  caller: Registering,
  credential: unknown,
): Promise<{ code: Code; registration: Registration; made: NewPasskey }> => {
  try {
    const registration = readRegistration(credential)
    const { challenge } = registration.clientData
    const code = await openChallenge(context, caller, challenge)
    const made = await verifyRegistration(registration, {
      challenge,
      relyingParty: caller.relyingParty,
      requireUserVerification: userVerificationOf(caller.pool) === 'required',
    })
    return { code, registration, made }
  } catch (error) {
    throw told(error)
  }
}

/** The user of an access token and all passkeys of that user, the oldest first. */
export const listPasskeys = async (
  context: RequestContext,
  accessToken: string,
): Promise<{ user: User; passkeys: readonly Passkey[] }> => {
  const { pool, user } = await openAccessToken(context, accessToken)
  return { user, passkeys: await context.store.passkeys.list(pool.id, user.id) }
}

/**
 * Removes a passkey of the user of an access token.
 *
 * @throws ServiceError ResourceNotFoundException when the user has no passkey of that id
 */
export const removePasskey = async (context: RequestContext, accessToken: string, id: string): Promise<void> => {
  const { pool, user } = await openAccessToken(context, accessToken)
  const gone = (): ServiceError => resourceNotFound('The passkey does not exist.')
  await context.store.commit([
    context.store.passkeys.remove({ poolId: pool.id, userId: user.id, id }, gone),
    ...tell(context, pool, user, 'passkey-removed'),
  ])
}
