// What a pool's settings and a user's record say about first factors, in the words of rules/first-factors.ts.
import type { RequestContext } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { allowsFlow } from '../rules/client-settings.ts'
import {
  allowsCodes,
  availableFirstFactors,
  type FirstFactor,
  type FirstFactorRules,
  type FirstFactorUser,
} from '../rules/first-factors.ts'
import { activeFactors } from '../rules/next-step.ts'
import type { Client, Pool, User } from '../store/index.ts'
import { mfaRulesOf, mfaUserOf } from './mfa.ts'
import { passkeysFor } from './relying-party.ts'

const rulesOf = ({ settings }: Pool): FirstFactorRules => ({
  mfa: settings.mfaConfiguration,
  allowed: settings.policies.signInPolicy.allowedFirstAuthFactors,
  passkeyIsTwoFactors: settings.webAuthnConfiguration?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION',
})

const userOf = async (context: RequestContext, pool: Pool, user: User): Promise<FirstFactorUser> => {
  const [token, passkeys] = await Promise.all([
    context.store.softwareTokens.find(pool.id, user.id),
    passkeysFor(context, pool, user),
  ])
  return {
    hasPassword: user.passwordHash !== undefined,
    hasEmail: user.attributes['email'] !== undefined,
    hasPhoneNumber: user.attributes['phone_number'] !== undefined,
    hasPasskey: passkeys.length > 0,
    passwordDue: user.status === 'FORCE_CHANGE_PASSWORD',
    hasSecondFactor: activeFactors(mfaRulesOf(pool), mfaUserOf(pool, user, token)).length > 0,
    passkeyAsTwoFactors: user.mfa.webAuthn === true,
  }
}

/** The first factors that a user may choose now. */
export const firstFactorsOf = async (
  context: RequestContext,
  pool: Pool,
  user: User,
): Promise<readonly FirstFactor[]> => availableFirstFactors(rulesOf(pool), await userOf(context, pool, user))

/** The first factors that are told of a name which leads to nobody: those of a user with a password and an address. */
export const firstFactorsOfNobody = (pool: Pool, name: string): readonly FirstFactor[] => {
  const { usernameAttributes = [] } = pool.settings
  const isNumber = /^\+[0-9]+$/.test(name)
  return availableFirstFactors(rulesOf(pool), {
    hasPassword: true,
    hasEmail: !(isNumber && usernameAttributes.length > 0),
    hasPhoneNumber: isNumber || usernameAttributes.length === 0,
    hasPasskey: false,
    passwordDue: false,
    hasSecondFactor: false,
    passkeyAsTwoFactors: false,
  })
}

/** Whether sign-in by choice is there in a pool's tier (3.1.6). */
export const hasChoice = ({ settings }: Pool): boolean => settings.userPoolTier !== 'LITE'

/** Refuses sign-in by choice where the tier does not include it. @throws ServiceError FeatureUnavailableInTierException */
export const requireChoice = (pool: Pool): void => {
  if (hasChoice(pool)) return
  throw new ServiceError(
    'FeatureUnavailableInTierException',
    'Choice-based authentication (USER_AUTH) is not available in the LITE pricing tier configured.',
  )
}

/** Whether users of a client may sign in without a password: by codes, in pool and client (2.2.10). */
export const isPasswordless = (pool: Pool, client: Client): boolean =>
  hasChoice(pool) &&
  allowsCodes(pool.settings.policies.signInPolicy.allowedFirstAuthFactors) &&
  allowsFlow(client.settings.explicitAuthFlows, 'USER_AUTH')
