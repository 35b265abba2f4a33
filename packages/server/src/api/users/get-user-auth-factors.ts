import { openAccessToken } from '../../flows/callers/access-token.ts'
import { configuredFactors } from '../../flows/factors/first-factors.ts'
import type { Operation } from '../operation.ts'
import { configuredFactorNames } from '../sign-in/factor-names.ts'
import { mfaShape } from './mfa-shape.ts'

/** Lists the factors of the caller (protocol/authentication 7.3). */
export const getUserAuthFactors: Operation<'GetUserAuthFactors'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  const factors = await configuredFactors(context, pool, user)
  return {
    Username: user.username,
    ...mfaShape(user),
    ConfiguredUserAuthFactors: factors.map((factor) => configuredFactorNames[factor]),
  }
}
