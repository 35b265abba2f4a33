import { configuredFactors } from '../../flows/factors/first-factors.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'
import { configuredFactorNames } from '../sign-in/factor-names.ts'
import { mfaShape } from './mfa-shape.ts'

/** Lists the factors of a user (protocol/authentication 7.3; protocol/administration 4.4). */
export const adminGetUserAuthFactors: Operation<'AdminGetUserAuthFactors'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const factors = await configuredFactors(context, pool, user)
  return {
    Username: user.username,
    ...mfaShape(user),
    ConfiguredUserAuthFactors: factors.map((factor) => configuredFactorNames[factor]),
  }
}
