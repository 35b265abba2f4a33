// The wire shape of a sign-in step: tokens, or a challenge with its parameters.
import type { IssuedChallenge, Outcome } from '../../flows/sign-in/values.ts'
import type { Tokens } from '../../flows/tokens/index.ts'
import type { AuthenticationResultType, InitiateAuthResponse } from '../../wire/model.gen.ts'
import { attributePrefix, secretBlockOf } from './challenge-answers.ts'
import { firstFactorNames, secondFactorNames } from './factor-names.ts'

type ChallengeOutcome = Extract<Outcome<Tokens>, { readonly kind: 'challenge' }>

/** The answer of the four sign-in operations (protocol/authentication 3.4). */
export const outcomeShape = (outcome: Outcome<Tokens>): InitiateAuthResponse => {
  if (outcome.kind === 'finished') return tokensShape(outcome.finished)
  const { issued, session } = outcome
  return {
    ChallengeName: challengeNames[issued.challenge],
    Session: session,
    ChallengeParameters: parametersOf(outcome),
    ...availableChallenges(issued),
  }
}

/** The answer that ends a sign-in, or a refresh. */
export const tokensShape = (tokens: Tokens): InitiateAuthResponse => ({
  ChallengeParameters: {},
  AuthenticationResult: authenticationResult(tokens),
})

/** Tokens as AuthenticationResult. */
export const authenticationResult = (tokens: Tokens): AuthenticationResultType => ({
  AccessToken: tokens.accessToken,
  ExpiresIn: tokens.expiresInSeconds,
  TokenType: 'Bearer',
  ...(tokens.refreshToken === undefined ? {} : { RefreshToken: tokens.refreshToken }),
  IdToken: tokens.idToken,
  ...(tokens.newDevice
    ? { NewDeviceMetadata: { DeviceKey: tokens.newDevice.key, DeviceGroupKey: tokens.newDevice.groupKey } }
    : {}),
})

const challengeNames = {
  choice: 'SELECT_CHALLENGE',
  'password-proof': 'PASSWORD_VERIFIER',
  device: 'DEVICE_SRP_AUTH',
  'device-proof': 'DEVICE_PASSWORD_VERIFIER',
  'email-code': 'EMAIL_OTP',
  'sms-code': 'SMS_MFA',
  'sms-sign-in-code': 'SMS_OTP',
  'software-token': 'SOFTWARE_TOKEN_MFA',
  'select-factor': 'SELECT_MFA_TYPE',
  'mfa-setup': 'MFA_SETUP',
  'new-password': 'NEW_PASSWORD_REQUIRED',
  passkey: 'WEB_AUTHN',
  custom: 'CUSTOM_CHALLENGE',
  'custom-password': 'ADMIN_NO_SRP_AUTH',
} as const satisfies Readonly<Record<IssuedChallenge['challenge'], string>>

// The first factors that the user may choose (protocol/authentication 3.5).
const availableChallenges = (issued: IssuedChallenge): Pick<InitiateAuthResponse, 'AvailableChallenges'> => {
  if (issued.challenge === 'choice') {
    return { AvailableChallenges: issued.factors.map((factor) => firstFactorNames[factor]) }
  }
  if (!('role' in issued) || issued.role !== 'first-factor') return {}
  return { AvailableChallenges: [challengeNames[issued.challenge]] }
}

const parametersOf = ({ issued, username, session }: ChallengeOutcome): Record<string, string> => {
  switch (issued.challenge) {
    case 'choice':
      return {}
    case 'custom':
      return { ...issued.parameters, USERNAME: username }
    case 'custom-password':
      return { USERNAME: username }
    case 'device':
      return { DEVICE_KEY: issued.deviceKey, USERNAME: username }
    case 'device-proof':
      return { ...offerOf(issued, session), USERNAME: username, DEVICE_KEY: issued.deviceKey }
    case 'password-proof':
      return { ...offerOf(issued, session), USERNAME: username, USER_ID_FOR_SRP: username }
    case 'passkey':
      return { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(issued.options) }
    default:
      return { USER_ID_FOR_SRP: username, ...toldOf(issued) }
  }
}

const offerOf = (offer: { readonly salt: string; readonly serverPublic: string }, session: string) => ({
  SALT: offer.salt,
  SECRET_BLOCK: secretBlockOf(session),
  SRP_B: offer.serverPublic,
})

type WithUserId = IssuedChallenge<
  'email-code' | 'sms-code' | 'sms-sign-in-code' | 'software-token' | 'select-factor' | 'mfa-setup' | 'new-password'
>

const toldOf = (issued: WithUserId): Record<string, string> => {
  switch (issued.challenge) {
    case 'software-token':
      return issued.appName ? { FRIENDLY_DEVICE_NAME: issued.appName } : {}
    case 'select-factor':
      return { MFAS_CAN_CHOOSE: JSON.stringify(issued.factors.map((factor) => secondFactorNames[factor])) }
    case 'mfa-setup':
      return { MFAS_CAN_SETUP: JSON.stringify(issued.factors.map((factor) => secondFactorNames[factor])) }
    case 'new-password':
      return {
        requiredAttributes: JSON.stringify(issued.missing.map((name) => attributePrefix + name)),
        userAttributes: JSON.stringify(issued.attributes),
      }
    default:
      return {
        CODE_DELIVERY_DELIVERY_MEDIUM: issued.medium === 'email' ? 'EMAIL' : 'SMS',
        CODE_DELIVERY_DESTINATION: issued.destination,
      }
  }
}
