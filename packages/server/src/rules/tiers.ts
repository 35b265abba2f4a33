// The features of each tier of a pool (protocol/administration 1.9).
import { ServiceError } from '../errors.ts'
import { allowedFirstFactors, type PoolSettings } from './pool-settings.ts'

type Tier = PoolSettings['userPoolTier']

/** The tiers; each includes the features of those before it. */
const tiers: readonly Tier[] = ['LITE', 'ESSENTIALS', 'PLUS']

/**
 * Refuses features that the tier of a pool does not include.
 *
 * @param before - the tier that the pool had; undefined for a new pool
 * @throws ServiceError FeatureUnavailableInTierException; TierChangeNotAllowedException for a step down
 */
export const checkTier = (settings: PoolSettings, before?: Tier): void => {
  const tier = settings.userPoolTier
  const missing = features
    .filter(({ least }) => tiers.indexOf(least) > tiers.indexOf(tier))
    .flatMap(({ used }) => used(settings) ?? [])
  if (missing.length === 0) return
  const isStepDown = before !== undefined && tiers.indexOf(before) > tiers.indexOf(tier)
  throw new ServiceError(
    isStepDown ? 'TierChangeNotAllowedException' : 'FeatureUnavailableInTierException',
    `The following features need to be disabled for the ${tier} pricing tier configured: ${missing.join(', ')}`,
  )
}

type Feature = {
  readonly least: Tier
  /** The name of the feature in refusals, if the pool uses it; otherwise undefined. */
  readonly used: (settings: PoolSettings) => string | undefined
}

const usedWhen =
  (name: string, test: (settings: PoolSettings) => boolean): Feature['used'] =>
  (settings) =>
    test(settings) ? name : undefined

/** Whether a pool uses threat protection in a mode that acts. */
export const usesThreatProtection = ({ userPoolAddOns }: PoolSettings): boolean => {
  const acts = (mode: unknown): boolean => mode === 'AUDIT' || mode === 'ENFORCED'
  return (
    acts(userPoolAddOns?.advancedSecurityMode) || acts(userPoolAddOns?.advancedSecurityAdditionalFlows?.customAuthMode)
  )
}

const tokenCustomization: Feature['used'] = ({ lambdaConfig: { preTokenGenerationConfig } }) => {
  const version = preTokenGenerationConfig?.lambdaVersion
  return version === undefined || version === 'V1_0'
    ? undefined
    : `Token Customization with Pre-Token Generation Lambda ${version}`
}

const features: readonly Feature[] = [
  {
    least: 'ESSENTIALS',
    used: usedWhen('Passwordless Sign-In', (settings) =>
      allowedFirstFactors(settings).some((factor) => factor !== 'password'),
    ),
  },
  {
    least: 'ESSENTIALS',
    used: usedWhen(
      'Passkey MFA',
      ({ webAuthnConfiguration }) =>
        webAuthnConfiguration?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION',
    ),
  },
  { least: 'ESSENTIALS', used: tokenCustomization },
  {
    least: 'ESSENTIALS',
    used: usedWhen('Email MFA', ({ emailMfaConfiguration }) => emailMfaConfiguration !== undefined),
  },
  {
    least: 'ESSENTIALS',
    used: usedWhen('Password History', ({ policies }) => (policies.passwordPolicy.passwordHistorySize ?? 0) > 0),
  },
  {
    least: 'ESSENTIALS',
    used: usedWhen(
      'Dynamic Client Registration',
      ({ dcrConfiguration }) => dcrConfiguration?.enableStatus === 'Enabled',
    ),
  },
  {
    least: 'ESSENTIALS',
    used: usedWhen('Custom ACR Values', ({ acrConfiguration }) => acrConfiguration !== undefined),
  },
  {
    least: 'ESSENTIALS',
    used: usedWhen('Session Tracking', ({ sessionTracking }) => sessionTracking?.enabled === true),
  },
  { least: 'PLUS', used: usedWhen('Threat Protection', usesThreatProtection) },
]

/** Whether the tier of a pool includes sign-in by choice (protocol/authentication 3.1.6). */
export const includesChoice = ({ userPoolTier }: PoolSettings): boolean => userPoolTier !== 'LITE'

/** Refuses sign-in by choice if the tier does not include it. @throws ServiceError FeatureUnavailableInTierException */
export const requireChoice = (settings: PoolSettings): void => {
  if (includesChoice(settings)) return
  throw new ServiceError(
    'FeatureUnavailableInTierException',
    'Choice-based authentication (USER_AUTH) is not available in the LITE pricing tier configured.',
  )
}
