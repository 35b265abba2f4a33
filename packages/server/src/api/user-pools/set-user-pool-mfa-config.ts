// Second factors are replaced as a whole. What a request does not say of text messages and passkeys stays: the former
// also carry codes that are no factor, and a passkey is worth nothing under another relying party.
import { invalidParameter } from '../../errors.ts'
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { SetUserPoolMfaConfigRequest } from '../../wire/model.gen.ts'
import type { Operation } from '../operation.ts'
import { fromWire } from '../settings-case.ts'
import { mfaConfigShape } from './mfa-shape.ts'
import { checkSettings, offersFactor, smsMissing } from './pool-request.ts'

const noFactor = 'At least one of [SmsMfaConfiguration] or [SoftwareTokenMfaConfiguration] must be provided.'

const factors = (input: SetUserPoolMfaConfigRequest, before: PoolSettings): PoolSettings => {
  const { SmsMfaConfiguration: sms, SoftwareTokenMfaConfiguration: token, EmailMfaConfiguration: email } = input
  return {
    ...before,
    mfaConfiguration: input.MfaConfiguration ?? before.mfaConfiguration,
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
  if (settings.mfaConfiguration !== 'OFF' && !offersFactor(settings)) throw invalidParameter(noFactor)
  if (settings.smsMfaConfiguration && !settings.smsConfiguration) throw invalidParameter(smsMissing)
}

/** Sets a pool's second factors and passkeys (spec: authentication 5.3, administration 1.3). */
export const setUserPoolMfaConfig: Operation<'SetUserPoolMfaConfig'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const settings = factors(input, pool.settings)
  checkFactors(input, settings)
  checkSettings(context, settings, { region: pool.region, tierBefore: settings.userPoolTier })
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return mfaConfigShape(settings)
}
