// How a pool's second factors and passkeys stand, as the wire has it (protocol/authentication 5.3.2).
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { GetUserPoolMfaConfigResponse } from '../../wire/model.gen.ts'
import { toWire } from '../settings-case.ts'

/** A pool's settings as GetUserPoolMfaConfig and SetUserPoolMfaConfig give them. */
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

// Where MFA or passkeys were set up, it is told that a passkey is one factor also when nobody said so.
const webAuthnShape = ({
  mfaConfiguration,
  webAuthnConfiguration,
}: PoolSettings): GetUserPoolMfaConfigResponse['WebAuthnConfiguration'] =>
  mfaConfiguration === 'OFF' && webAuthnConfiguration === undefined
    ? undefined
    : { FactorConfiguration: 'SINGLE_FACTOR', ...toWire(webAuthnConfiguration ?? {}) }
