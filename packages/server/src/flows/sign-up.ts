// Signs users up and confirms them (protocol/authentication 2.2, 2.3; requirements 58 to 60, 64).
import type { RequestContext } from '../context.ts'
import { limits } from '../config.ts'
import { invalidParameter, notAuthorized, ServiceError } from '../errors.ts'
import { checkWritable } from '../rules/attributes.ts'
import type { NameKind } from '../rules/directory-names.ts'
import type { Client, Pool, User, Write } from '../store/index.ts'
import { releaseAliases, verifiedAddresses } from './users/aliases.ts'
import { changeUser } from './users/change-user.ts'
import { checkCode, codeMismatch, newCode } from './messages/codes.ts'
import {
  deliveryDetails,
  signUpDestination,
  type AddressAttribute,
  type DeliveryDetails,
  type Destination,
} from './messages/delivery-details.ts'
import { claimNames } from './users/directory.ts'
import { codeAttributesFor } from './factors/first-factors.ts'
import { findUser, hidesUsers, userNotFound } from './users/find-user.ts'
import { sendCode } from './messages/messages.ts'
import { newUser } from './users/new-user.ts'
import { unknownNameRow, simulatedDetails } from './users/unknown-name.ts'
import { newCredentials } from './users/passwords.ts'
import { sessionOfConfirmation, sessionOfSignUp } from './sign-in/after-sign-up.ts'
import { afterConfirmation, signUpAllowed, type SignUpDecision } from './triggers/sign-up.ts'

/** A sign-up request. */
export type SignUp = {
  readonly pool: Pool
  readonly client: Client
  readonly username: string
  readonly password: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly validationData: Readonly<Record<string, string>>
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** The result of a sign-up. */
export type SignedUp = {
  readonly user: User
  readonly delivery: DeliveryDetails | undefined
  /** The Session with which the user may continue to sign in after confirmation. */
  readonly session: string | undefined
}

/**
 * Creates a user who signs up, and sends the code.
 *
 * @throws ServiceError by protocol/authentication 2.2
 */
export const signUp = async (context: RequestContext, request: SignUp): Promise<SignedUp> => {
  const { pool, client } = request
  if (pool.settings.adminCreateUserConfig.allowAdminCreateUserOnly) {
    throw notAuthorized('SignUp is not permitted for this user pool', 'only an administrator may create users')
  }
  if (request.attributes['preferred_username'] && pool.settings.aliasAttributes?.includes('preferred_username')) {
    throw invalidParameter('preferred_username cannot be given at sign-up where it is an alias.')
  }
  checkWritable(pool.settings.schemaAttributes, client.settings.writeAttributes, Object.keys(request.attributes))
  const draft = newUser(context, pool, { ...request, status: 'UNCONFIRMED', requireAll: true })
  requirePassword(request, draft)
  await refuseTaken(context, pool, request.username)
  const credentials = request.password ? await newCredentials(context, pool, draft, request.password) : {}
  const decision = await signUpAllowed(context, { ...request, user: draft })
  const user = { ...applyDecision(draft, decision), ...credentials }
  const destination = decision.confirm ? undefined : signUpDestination(pool, user)
  const code = destination && (await sendSignUpCode(context, { ...request, user, destination, occasion: 'SignUp' }))
  const session = sessionOfSignUp(context, { pool, client, user }, destination?.attribute)
  // An address that PreSignUp verifies becomes this user's alias, and leaves any other user who had it
  // (protocol/administration 14.4).
  const released = await releaseAliases(context, pool, user, verifiedAddresses(user.attributes))
  await context.store.commit([
    ...released,
    ...claimNames(context, pool, user, nameTaken),
    ...context.store.users.add(user),
    ...(code ?? []),
    ...(session ? [session.add] : []),
  ])
  if (decision.confirm) await afterConfirmation(context, { ...request, user })
  return { user, delivery: destination && deliveryDetails(destination), session: session?.token }
}

// The refusal of a taken name; its message is different for a sign-in address (protocol/authentication 2.2.5, 2.2.6).
const nameTaken = (kind: NameKind): ServiceError =>
  kind === 'email' || kind === 'phone_number'
    ? new ServiceError('UsernameExistsException', `An account with the given ${kind} already exists.`)
    : new ServiceError('UsernameExistsException', 'User already exists')

const refuseTaken = async (context: RequestContext, pool: Pool, username: string): Promise<void> => {
  if (!(await findUser(context, pool, username))) return
  const byAddress = (pool.settings.usernameAttributes ?? []).length > 0
  throw nameTaken(byAddress ? (username.includes('@') ? 'email' : 'phone_number') : 'username')
}

const sendSignUpCode = async (
  context: RequestContext,
  message: {
    readonly pool: Pool
    readonly client: Client
    readonly user: User
    readonly destination: Destination
    readonly occasion: 'SignUp' | 'ResendCode'
    readonly clientMetadata: Readonly<Record<string, string>>
  },
): Promise<Write[]> => {
  const lifetimeSeconds = limits.signUpCodeSeconds
  const attribute = message.destination.attribute
  const { code, put } = newCode(context, message.user, { purpose: 'sign-up', attribute, lifetimeSeconds })
  return [put, await sendCode(context, { ...message, code, lifetimeSeconds })]
}

const applyDecision = (user: User, decision: SignUpDecision): User => ({
  ...user,
  status: decision.confirm ? 'CONFIRMED' : 'UNCONFIRMED',
  attributes: {
    ...user.attributes,
    ...(decision.verifyEmail ? { email_verified: 'true' } : {}),
    ...(decision.verifyPhoneNumber ? { phone_number_verified: 'true' } : {}),
  },
})

// The password is optional when the user can sign in by a code to an address that the pool verifies automatically
// (protocol/authentication 2.2.10).
const requirePassword = ({ pool, client, password }: SignUp, user: User): void => {
  const verified = pool.settings.autoVerifiedAttributes ?? []
  const byCode = codeAttributesFor(pool, client).filter((attribute) => verified.includes(attribute))
  if (password || byCode.some((attribute) => user.attributes[attribute])) return
  throw invalidParameter('Missing required parameter Password')
}

/** A request to confirm a sign-up. */
export type SignUpConfirmation = {
  readonly pool: Pool
  readonly client: Client
  readonly username: string
  readonly code: string
  /** Whether the verified alias leaves another user who has it (protocol/authentication 2.1.11). */
  readonly forceAlias: boolean
  /** The Session of SignUp. */
  readonly session: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** The refusal when a user needs no confirmation, for callers who may learn that (protocol/authentication 2.3.6). */
export const cannotConfirm = (user: User): ServiceError =>
  notAuthorized(`User cannot be confirmed. Current status is ${user.status}`)

/**
 * Confirms a sign-up with its code.
 *
 * @returns the Session with which the user signs in at once, when the code's medium is also a first factor
 * @throws ServiceError by protocol/authentication 2.3
 */
export const confirmSignUp = async (
  context: RequestContext,
  confirmation: SignUpConfirmation,
): Promise<{ readonly session: string | undefined }> => {
  const { store, clock } = context
  const { pool, client } = confirmation
  const hidden = hidesUsers(client)
  const user = await findUser(context, pool, confirmation.username)
  if (!user && !hidden) throw userNotFound()
  const subject = user ?? unknownNameRow(context, pool, confirmation.username)
  const count = store.attempts.count(subject, 'confirm-sign-up', limits.confirmSignUpPerHour, clock.now())
  if (user && user.status !== 'UNCONFIRMED' && !hidden) {
    await store.commit([count])
    throw cannotConfirm(user)
  }
  const { stored, spend } = await checkCode(context, {
    subject,
    purpose: 'sign-up',
    given: confirmation.code,
    count,
    hidden,
  })
  if (user?.status !== 'UNCONFIRMED') throw codeMismatch('there is no such user, or the user is past confirmation')
  const released = confirmation.forceAlias ? await releaseAliases(context, pool, user, addressOf(stored.attribute)) : []
  const change = { status: 'CONFIRMED', attributes: verifiedBy(user, stored.attribute) } as const
  const confirmed = changeUser(context, pool, user, change, aliasTaken)
  const proved = { pool, client, user: confirmed.user, attribute: stored.attribute }
  const following = await sessionOfConfirmation(context, proved, confirmation.session)
  await store.commit([spend, ...released, ...confirmed.writes, ...following.writes])
  await afterConfirmation(context, { ...confirmation, user: confirmed.user })
  return { session: following.token }
}

const aliasTaken = (kind: NameKind): ServiceError =>
  new ServiceError('AliasExistsException', `An account with the ${kind} already exists.`)

const verifiedBy = (user: User, attribute: string): Readonly<Record<string, string>> =>
  attribute === '' ? user.attributes : { ...user.attributes, [`${attribute}_verified`]: 'true' }

// A code without an address moves no alias.
const addressOf = (attribute: string): AddressAttribute[] =>
  attribute === 'email' || attribute === 'phone_number' ? [attribute] : []

/**
 * Confirms a sign-up without a code; no address is verified (protocol/authentication 2.3.11).
 *
 * @throws ServiceError NotAuthorizedException unless the user is UNCONFIRMED
 */
export const confirmByAdmin = async (
  context: RequestContext,
  confirmation: { readonly pool: Pool; readonly user: User; readonly clientMetadata: Readonly<Record<string, string>> },
): Promise<void> => {
  if (confirmation.user.status !== 'UNCONFIRMED') throw cannotConfirm(confirmation.user)
  const { store } = context
  const confirmed = changeUser(context, confirmation.pool, confirmation.user, { status: 'CONFIRMED' })
  await store.commit([store.codes.remove(confirmation.pool.id, confirmation.user.id, 'sign-up'), ...confirmed.writes])
  await afterConfirmation(context, { ...confirmation, client: undefined, user: confirmed.user })
}

/** A request for another sign-up code. */
export type Resend = Pick<SignUp, 'pool' | 'client' | 'username' | 'clientMetadata'>

/**
 * Sends another sign-up code, which replaces the earlier one.
 *
 * @throws ServiceError by protocol/authentication 2.3.7 to 2.3.10
 */
export const resendSignUpCode = async (context: RequestContext, resend: Resend): Promise<DeliveryDetails> => {
  const { store, clock } = context
  const { pool, client } = resend
  if ((pool.settings.autoVerifiedAttributes ?? []).length === 0) {
    throw invalidParameter('Cannot resend codes. Auto verification not turned on.')
  }
  const user = await findUser(context, pool, resend.username)
  const hidden = hidesUsers(client)
  if (!user && !hidden) throw userNotFound('Username/client id combination not found.')
  const subject = user ?? unknownNameRow(context, pool, resend.username)
  const count = store.attempts.count(subject, 'resend', limits.resendPerHour, clock.now())
  const destination = user && signUpDestination(pool, user)
  const isDue = user?.status === 'UNCONFIRMED' && user.enabled && destination !== undefined
  if (!user || (hidden && !isDue)) {
    await store.commit([count])
    return simulatedDetails(context, pool, pool.settings.autoVerifiedAttributes ?? [], resend.username)
  }
  if (user.status !== 'UNCONFIRMED') throw invalidParameter('User is already confirmed.')
  if (!destination) throw invalidParameter('Cannot resend codes. Auto verification not turned on.', 'no address')
  const code = await sendSignUpCode(context, { ...resend, user, destination, occasion: 'ResendCode' })
  await store.commit([count, ...code])
  return deliveryDetails(destination)
}
