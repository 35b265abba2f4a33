// Translates a pool's settings and a user's record into the terms of rules/first-factors.ts.
import type { Context } from '../../context.ts'
import { allowsFlow } from '../../rules/client-settings.ts'
import {
  availableFirstFactors,
  codeAttributes,
  type AllowedFirstFactor,
  type FirstFactor,
  type FirstFactorRules,
  type FirstFactorUser,
} from '../../rules/first-factors.ts'
import { activeFactors } from '../../rules/next-step.ts'
import { allowedFirstFactors } from '../../rules/pool-settings.ts'
import { includesChoice } from '../../rules/tiers.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { mfaRulesOf, mfaUserOf } from './mfa.ts'
import { passkeysFor } from './relying-party.ts'

/** The first factors that a user may choose now. */
export const firstFactorsOf = async (context: Context, pool: Pool, user: User): Promise<readonly FirstFactor[]> =>
  availableFirstFactors(rulesOf(pool), await userOf(context, pool, user))

const rulesOf = ({ settings }: Pool): FirstFactorRules => ({
  mfa: settings.mfaConfiguration,
  allowed: allowedFirstFactors(settings),
  passkeyIsTwoFactors: settings.webAuthnConfiguration?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION',
})

const userOf = async (context: Context, pool: Pool, user: User): Promise<FirstFactorUser> => {
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

/** A factor that a user can have (protocol/authentication 7.3). */
export type ConfiguredFactor = AllowedFirstFactor | 'software-token'

/**
 * The factors that a user has: a password, addresses for codes that the pool allows, passkeys, an authenticator app.
 */
export const configuredFactors = async (context: Context, pool: Pool, user: User): Promise<ConfiguredFactor[]> => {
  const { allowed } = rulesOf(pool)
  const { offered } = mfaRulesOf(pool)
  const { hasPassword, hasEmail, hasPhoneNumber, hasPasskey } = await userOf(context, pool, user)
  const token = await context.store.softwareTokens.find(pool.id, user.id)
  const has: Readonly<Record<ConfiguredFactor, boolean>> = {
    password: hasPassword,
    'email-otp': hasEmail && (allowed.includes('email-otp') || offered.includes('email')),
    'sms-otp': hasPhoneNumber && (allowed.includes('sms-otp') || offered.includes('sms')),
    passkey: hasPasskey,
    'software-token': token?.secret !== undefined,
  }
  return (Object.keys(has) as ConfiguredFactor[]).filter((factor) => has[factor])
}

/** The first factors that are listed for an unknown name: those of a user with a password and an address. */
export const firstFactorsOfDecoy = (pool: Pool, name: string): readonly FirstFactor[] => {
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

/** The address attributes to which a pool sends codes that are a complete sign-in (protocol/authentication 2.2.10). */
export const codeAttributesOf = (pool: Pool): ('email' | 'phone_number')[] =>
  includesChoice(pool.settings) ? codeAttributes(allowedFirstFactors(pool.settings)) : []

/** The same, for sign-ins by one client. */
export const codeAttributesFor = (pool: Pool, client: Client): ('email' | 'phone_number')[] =>
  allowsFlow(client.settings.explicitAuthFlows, 'choice') ? codeAttributesOf(pool) : []
