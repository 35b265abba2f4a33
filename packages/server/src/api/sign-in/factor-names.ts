// The wire names of factors, in lists of factors and in answers that choose one.
import type { ConfiguredFactor } from '../../flows/factors/first-factors.ts'
import type { FirstFactor } from '../../rules/first-factors.ts'
import type { SecondFactor } from '../../rules/proofs.ts'
import type { GetUserAuthFactorsResponse, InitiateAuthResponse } from '../../wire/model.gen.ts'

/** First factors, as AvailableChallenges and PREFERRED_CHALLENGE name them (protocol/authentication 3.5). */
export const firstFactorNames: Readonly<Record<FirstFactor, AvailableChallenge>> = {
  password: 'PASSWORD',
  'password-srp': 'PASSWORD_SRP',
  'email-otp': 'EMAIL_OTP',
  'sms-otp': 'SMS_OTP',
  passkey: 'WEB_AUTHN',
}

type AvailableChallenge = NonNullable<InitiateAuthResponse['AvailableChallenges']>[number]

/** Second factors, as UserMFASettingList and MFAS_CAN_CHOOSE name them (protocol/authentication 5.3.7). */
export const secondFactorNames: Readonly<Record<SecondFactor, string>> = {
  'software-token': 'SOFTWARE_TOKEN_MFA',
  sms: 'SMS_MFA',
  email: 'EMAIL_OTP',
}

/** The factors of a user, as GetUserAuthFactors names them (protocol/authentication 7.3). */
export const configuredFactorNames: Readonly<Record<ConfiguredFactor, WireFactor>> = {
  password: 'PASSWORD',
  'email-otp': 'EMAIL_OTP',
  'sms-otp': 'SMS_OTP',
  passkey: 'WEB_AUTHN',
  'software-token': 'SOFTWARE_TOKEN',
}

type WireFactor = NonNullable<GetUserAuthFactorsResponse['ConfiguredUserAuthFactors']>[number]

/** Finds the key of a name in a table of names; undefined for an unknown name. */
export const keyNamed = <Key extends string>(names: Readonly<Record<Key, string>>, name: string): Key | undefined =>
  (Object.keys(names) as Key[]).find((key) => names[key] === name)
