// What a step of a sign-in answers on the wire.
import type { Outcome } from '../../flows/sign-in/index.ts'
import type { Tokens } from '../../flows/tokens/index.ts'
import type { AuthenticationResultType, InitiateAuthResponse } from '../../wire/model.gen.ts'

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

type AvailableChallenges = NonNullable<InitiateAuthResponse['AvailableChallenges']>

/** The answer of the four sign-in operations (protocol/authentication 3.4). */
export const outcomeShape = (outcome: Outcome): InitiateAuthResponse =>
  outcome.kind === 'tokens'
    ? { ChallengeParameters: {}, AuthenticationResult: authenticationResult(outcome.tokens) }
    : {
        ChallengeName: outcome.name as NonNullable<InitiateAuthResponse['ChallengeName']>,
        Session: outcome.session,
        ChallengeParameters: { ...outcome.parameters },
        ...(outcome.available ? { AvailableChallenges: [...outcome.available] as AvailableChallenges } : {}),
      }
