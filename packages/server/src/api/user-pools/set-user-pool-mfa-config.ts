// SetUserPoolMfaConfig replaces all second factors and MfaConfiguration. A request without MfaConfiguration turns MFA off,
// and is refused if it names a factor. An absent SMS configuration stays, because other codes use it too; an absent passkey
// configuration stays, because passkeys do not work under another relying party.
import { invalidParameter } from '../../errors.ts'
import { passkeyWeakensMfa, type PoolSettings } from '../../rules/pool-settings.ts'
import type { SetUserPoolMfaConfigRequest } from '../../wire/model.gen.ts'
import type { Operation } from '../operation.ts'
import { fromWire } from '../settings-case.ts'
import { offersFactor, smsMissing } from './mfa-settings.ts'
import { mfaConfigShape } from './mfa-shape.ts'
import { checkSettings } from './pool-checks.ts'

/** Sets a pool's second factors and passkeys (protocol/authentication 5.3, protocol/administration 1.3). */
export const setUserPoolMfaConfig: Operation<'SetUserPoolMfaConfig'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const settings = requestedFactors(input, pool.settings)
  checkFactors(input, settings)
  checkSettings(context, settings, { region: pool.region, tierBefore: settings.userPoolTier })
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return mfaConfigShape(settings)
}

const requestedFactors = (input: SetUserPoolMfaConfigRequest, before: PoolSettings): PoolSettings => {
  const { SmsMfaConfiguration: sms, SoftwareTokenMfaConfiguration: token, EmailMfaConfiguration: email } = input
  return {
    ...before,
    mfaConfiguration: input.MfaConfiguration ?? 'OFF',
    smsMfaConfiguration: sms && {},
    smsConfiguration: sms?.SmsConfiguration ? fromWire(sms.SmsConfiguration) : before.smsConfiguration,
    smsAuthenticationMessage: sms?.SmsAuthenticationMessage ?? before.smsAuthenticationMessage,
    softwareTokenMfaConfiguration: token && { enabled: token.Enabled ?? false },
    emailMfaConfiguration: email && fromWire(email),
    webAuthnConfiguration: input.WebAuthnConfiguration
      ? fromWire(input.WebAuthnConfiguration)
      : before.webAuthnConfiguration,
  }
}

const checkFactors = (input: SetUserPoolMfaConfigRequest, settings: PoolSettings): void => {
  const given = input.SmsMfaConfiguration ?? input.SoftwareTokenMfaConfiguration ?? input.EmailMfaConfiguration
  if (settings.mfaConfiguration === 'OFF' && given !== undefined) {
    throw invalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
  }
  if (settings.mfaConfiguration !== 'OFF' && !offersFactor(settings)) {
    throw invalidParameter(input.WebAuthnConfiguration ? onlyPasskeys : noFactor)
  }
  if (settings.smsMfaConfiguration && !settings.smsConfiguration) throw invalidParameter(smsMissing)
  if (passkeyWeakensMfa(settings)) throw invalidParameter(singleFactorPasskey)
}

const noFactor = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
const onlyPasskeys = 'Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.'
const singleFactorPasskey =
  'Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor'
