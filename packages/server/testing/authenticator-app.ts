// For tests of authenticator apps: an app that knows a secret, and its enrolment.
import { decodeBase32 } from '../src/rules/base32.ts'
import { totpCode, totpStep } from '../src/rules/totp.ts'
import type { PoolUnderTest } from './pool.ts'

/** What an authenticator app knows, and shows. */
export type Authenticator = {
  readonly secret: string
  /** The code of now, or of so many time steps away. */
  code(stepsAway?: number): string
}

/** An authenticator app that holds a secret. */
export const appOf = ({ server }: Pick<PoolUnderTest, 'server'>, secret: string): Authenticator => ({
  secret,
  code: (stepsAway = 0) => totpCode(decodeBase32(secret), totpStep(server.context.clock.now()) + stepsAway),
})

/** Gives a signed-in user an authenticator app, which is verified with the code of now. */
export const enrol = async (at: Pick<PoolUnderTest, 'server'>, AccessToken: string): Promise<Authenticator> => {
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const authenticator = appOf(at, SecretCode)
  await at.server.call('VerifySoftwareToken', { AccessToken, UserCode: authenticator.code() })
  return authenticator
}
