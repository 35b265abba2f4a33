// The triggers around sign-up: PreSignUp may refuse, confirm or verify; PostConfirmation is notified
// (protocol/administration 14.3, 14.4).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { eventAttributes } from './event-attributes.ts'

/** The decision of PreSignUp. */
export type SignUpDecision = {
  readonly confirm: boolean
  readonly verifyEmail: boolean
  readonly verifyPhoneNumber: boolean
}

type Metadata = Readonly<Record<string, string>>

const undecided: SignUpDecision = { confirm: false, verifyEmail: false, verifyPhoneNumber: false }

/**
 * Calls PreSignUp for a user who signs up.
 *
 * @throws ServiceError UserLambdaValidationException when the function refuses; InvalidParameterException when it
 * verifies an address that the user does not have
 */
export const signUpAllowed = async (
  { triggers }: RequestContext,
  call: {
    readonly pool: Pool
    readonly client: Client
    readonly user: User
    readonly validationData: Metadata
    readonly clientMetadata: Metadata
  },
): Promise<SignUpDecision> => {
  const { pool, client, user, validationData, clientMetadata } = call
  const answer = await triggers.call('PreSignUp', {
    pool,
    clientId: client.id,
    username: user.username,
    source: 'SignUp',
    request: { userAttributes: user.attributes, validationData, clientMetadata },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  })
  if (!answer) return undecided
  const decision = {
    confirm: answer['autoConfirmUser'] === true,
    verifyEmail: answer['autoVerifyEmail'] === true,
    verifyPhoneNumber: answer['autoVerifyPhone'] === true,
  }
  if (decision.verifyEmail && !user.attributes['email']) {
    throw invalidParameter('Email is required to verify/un-verify an email')
  }
  if (decision.verifyPhoneNumber && !user.attributes['phone_number']) {
    throw invalidParameter('Phone Number is required to verify/un-verify a phone number')
  }
  return decision
}

type Confirmed = {
  readonly pool: Pool
  readonly client: Client | undefined
  readonly user: User
  readonly clientMetadata: Metadata
}

/** Notifies PostConfirmation of a confirmed user. */
export const afterConfirmation = (context: RequestContext, confirmed: Confirmed): Promise<void> =>
  tellConfirmation(context, confirmed, 'ConfirmSignUp')

const tellConfirmation = async (
  { triggers }: RequestContext,
  { pool, client, user, clientMetadata }: Confirmed,
  source: 'ConfirmSignUp' | 'ConfirmForgotPassword',
): Promise<void> => {
  await triggers.call('PostConfirmation', {
    pool,
    clientId: client?.id,
    username: user.username,
    source,
    request: { userAttributes: eventAttributes(pool, user), clientMetadata },
    response: {},
  })
}

/** Notifies PostConfirmation of a user who has recovered the password. */
export const afterRecovery = (context: RequestContext, confirmed: Confirmed): Promise<void> =>
  tellConfirmation(context, confirmed, 'ConfirmForgotPassword')
