// Creates users for an administrator, and invites them with a temporary password, which can be sent again
// (protocol/administration 4.2).
import type { RequestContext } from '../context.ts'
import { invalidParameter, ServiceError } from '../errors.ts'
import type { NameKind } from '../rules/directory-names.ts'
import { makePassword } from '../rules/password-policy.ts'
import type { Pool, User, UserChange, Write } from '../store/index.ts'
import { releaseAliases, verifiedAddresses } from './users/aliases.ts'
import { changeUser } from './users/change-user.ts'
import type { AddressAttribute } from './messages/delivery-details.ts'
import { claimNames } from './users/directory.ts'
import { codeAttributesOf } from './factors/first-factors.ts'
import { findUser, getUser } from './users/find-user.ts'
import { sendInvitation } from './messages/messages.ts'
import { newUser } from './users/new-user.ts'
import { newCredentials, temporaryUntil } from './users/passwords.ts'

/** The user that an administrator creates, and the options of the invitation. */
export type Invitation = {
  readonly pool: Pool
  readonly username: string
  readonly attributes: Readonly<Record<string, string>>
  readonly temporaryPassword: string | undefined
  /** 'SUPPRESS' sends no message; 'RESEND' sends a new password to an existing user. */
  readonly messageAction: 'RESEND' | 'SUPPRESS' | undefined
  /**
   * The attributes whose addresses get the invitation. If absent: the phone number when the user has one, otherwise
   * none for a new user.
   */
  readonly addresses: readonly AddressAttribute[] | undefined
  readonly forceAlias: boolean
  readonly validationData: Readonly<Record<string, string>>
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Creates a user with a temporary password, or without one when the user can sign in by a code.
 *
 * @returns the user as it was stored
 * @throws ServiceError by protocol/administration 4.2
 */
export const invite = async (context: RequestContext, invitation: Invitation): Promise<User> => {
  if (invitation.messageAction === 'RESEND') return inviteAgain(context, invitation)
  const { store, triggers } = context
  const { pool } = invitation
  const draft = newUser(context, pool, { ...invitation, status: 'FORCE_CHANGE_PASSWORD', requireAll: false })
  const signInAddress = draft.username === draft.id
  if (await findUser(context, pool, invitation.username)) {
    throw nameTaken(signInAddress ? (invitation.username.includes('@') ? 'email' : 'phone_number') : 'username')
  }
  const given = needsNoPassword(invitation, draft) ? undefined : await temporaryCredentials(context, invitation, draft)
  await triggers.call('PreSignUp', {
    pool,
    clientId: undefined,
    username: draft.username,
    source: 'AdminCreateUser',
    request: {
      userAttributes: draft.attributes,
      validationData: invitation.validationData,
      clientMetadata: invitation.clientMetadata,
    },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  })
  const user: User = given ? { ...draft, ...given.change } : { ...draft, status: 'CONFIRMED' }
  await store.commit([
    ...(invitation.forceAlias ? await releaseAliases(context, pool, user, verifiedAddresses(user.attributes)) : []),
    ...claimNames(context, pool, user, (kind) => aliasTaken(kind, pool)),
    ...store.users.add(user),
    ...(await invitations(context, invitation, user, given?.password)),
  ])
  return user
}

const nameTaken = (kind: NameKind): ServiceError => {
  if (kind === 'username' || kind === 'sub') {
    return new ServiceError('UsernameExistsException', 'User account already exists')
  }
  return new ServiceError('UsernameExistsException', `An account with the given ${kind} already exists.`)
}

// A user may be created with only a name, but an address that the caller asks for must exist (protocol/administration
// 4.2).
const addressesOf = ({ addresses, messageAction }: Invitation, user: User): readonly AddressAttribute[] => {
  if (messageAction === 'SUPPRESS') return []
  if (addresses) return addresses
  if (user.attributes['phone_number']) return ['phone_number']
  if (messageAction !== 'RESEND') return []
  return [user.attributes['email'] ? 'email' : 'phone_number']
}

const invitations = async (
  context: RequestContext,
  invitation: Invitation,
  user: User,
  password: string | undefined,
): Promise<Write[]> => {
  const sent = addressesOf(invitation, user).map(async (attribute) => {
    const address = user.attributes[attribute]
    if (!address) throw invalidParameter(`User does not have ${attribute} set to send the invitation to.`)
    return sendInvitation(context, { ...invitation, user, destination: { attribute, address }, password })
  })
  return Promise.all(sent)
}

const aliasTaken = (kind: NameKind, pool: Pool): ServiceError => {
  const isAlias = (pool.settings.aliasAttributes as readonly string[] | undefined)?.includes(kind)
  if (!isAlias) return nameTaken(kind)
  return new ServiceError('AliasExistsException', `An account with the ${kind} already exists.`)
}

// A user who can sign in by a code needs no password, and is confirmed at once (protocol/authentication 3.5).
const needsNoPassword = ({ pool, temporaryPassword }: Invitation, user: User): boolean =>
  temporaryPassword === undefined && codeAttributesOf(pool).some((attribute) => user.attributes[attribute])

// The fields that a temporary password sets on a user.
const temporaryCredentials = async (
  context: RequestContext,
  { pool, temporaryPassword }: Invitation,
  user: User,
): Promise<{ readonly password: string; readonly change: UserChange }> => {
  const password = temporaryPassword ?? makePassword(pool.settings.policies.passwordPolicy, context.random)
  const credentials = await newCredentials(context, pool, user, password, 'password policy')
  return { password, change: { ...credentials, temporaryUntil: temporaryUntil(context, pool) } }
}

const inviteAgain = async (context: RequestContext, invitation: Invitation): Promise<User> => {
  const { pool } = invitation
  const user = await getUser(context, pool, invitation.username)
  if (user.status !== 'FORCE_CHANGE_PASSWORD') {
    throw new ServiceError(
      'UnsupportedUserStateException',
      `Resend not possible. ${invitation.username} status is not FORCE_CHANGE_PASSWORD`,
    )
  }
  const { password, change } = await temporaryCredentials(context, invitation, user)
  const changed = changeUser(context, pool, user, change)
  await context.store.commit([...changed.writes, ...(await invitations(context, invitation, changed.user, password))])
  return changed.user
}
