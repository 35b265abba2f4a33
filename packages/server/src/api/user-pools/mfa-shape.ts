// The wire shape of a pool's second factors and passkeys (protocol/authentication 5.3.2).
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { GetUserPoolMfaConfigResponse } from '../../wire/model.gen.ts'
import { toWire } from '../settings-case.ts'

/** The answer of GetUserPoolMfaConfig and SetUserPoolMfaConfig. */
export const mfaConfigShape = (settings: PoolSettings): GetUserPoolMfaConfigResponse => ({
  MfaConfiguration: settings.mfaConfiguration,
  SmsMfaConfiguration: settings.smsMfaConfiguration && {
    SmsAuthenticationMessage: settings.smsAuthenticationMessage,
    SmsConfiguration: settings.smsConfiguration && toWire(settings.smsConfiguration),
  },
  SoftwareTokenMfaConfiguration:
    settings.softwareTokenMfaConfiguration && toWire(settings.softwareTokenMfaConfiguration),
  EmailMfaConfiguration: settings.emailMfaConfiguration && toWire(settings.emailMfaConfiguration),
  WebAuthnConfiguration: webAuthnShape(settings),
})

// If MFA or passkeys are configured, the answer says that a passkey is a single factor, even by default.
const webAuthnShape = ({
  mfaConfiguration,
  webAuthnConfiguration,
}: PoolSettings): GetUserPoolMfaConfigResponse['WebAuthnConfiguration'] =>
  mfaConfiguration === 'OFF' && webAuthnConfiguration === undefined
    ? undefined
    : { FactorConfiguration: 'SINGLE_FACTOR', ...toWire(webAuthnConfiguration ?? {}) }
