// For tests of factors that come by message: pools that offer them, and the codes that were sent.
import type { TestContext } from 'node:test'
import { makeTestApp, type TestApp, type TestOptions } from './app.ts'
import { addPool, type PoolUnderTest } from './pool.ts'
import type { CreateUserPoolClientRequest, CreateUserPoolRequest } from '../src/wire/model.gen.ts'

/** What a test chooses of a pool's factors. */
export type FactorChoice = {
  readonly mfa?: 'OFF' | 'OPTIONAL' | 'ON'
  /** The second factors that the pool offers. */
  readonly second?: readonly ('SMS_MFA' | 'EMAIL_OTP' | 'SOFTWARE_TOKEN_MFA')[]
  /** The first factors that the pool allows beside the password. */
  readonly first?: readonly ('EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN')[]
  readonly pool?: Partial<CreateUserPoolRequest>
  readonly client?: Partial<CreateUserPoolClientRequest>
}

const smsConfiguration = { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' }

/** Sets what second factors a pool offers, and whether it asks for them. */
export const setSecondFactors = async (
  { server, UserPoolId }: Pick<PoolUnderTest, 'server' | 'UserPoolId'>,
  mfa: 'OPTIONAL' | 'ON',
  second: NonNullable<FactorChoice['second']>,
): Promise<void> => {
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId,
    MfaConfiguration: mfa,
    ...(second.includes('SMS_MFA') ? { SmsMfaConfiguration: { SmsConfiguration: smsConfiguration } } : {}),
    ...(second.includes('EMAIL_OTP') ? { EmailMfaConfiguration: {} } : {}),
    ...(second.includes('SOFTWARE_TOKEN_MFA') ? { SoftwareTokenMfaConfiguration: { Enabled: true } } : {}),
  })
}

/** Makes a pool with these factors, and a client with every flow that begins with a password or by choice. */
export const addFactorPool = async (
  server: TestApp,
  { mfa = 'OFF', second = [], first = [], pool, client }: FactorChoice = {},
): Promise<PoolUnderTest> => {
  const at = await addPool(server, {
    pool: {
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:zz-local-1:0:identity/a' },
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', ...first] } },
      ...pool,
    },
    client: {
      ExplicitAuthFlows: [
        'ALLOW_USER_AUTH',
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
      ],
      ...client,
    },
  })
  if (mfa !== 'OFF') await setSecondFactors(at, mfa, second)
  return at
}

/** The same on a server of its own; closed after the test. */
export const startFactorPool = async (
  t: TestContext,
  choice: FactorChoice = {},
  options: TestOptions = {},
): Promise<PoolUnderTest> => {
  const server = await makeTestApp(t, options)
  return addFactorPool(server, choice)
}

/** How many messages went to an address. */
export const sentTo = async ({ server }: PoolUnderTest, address: string): Promise<number> =>
  (await server.context.store.outbox.newest(address, 1000)).length

/** A code of as many digits that is another. */
export const otherCode = (code: string): string => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`

/** Refusals of codes and sessions. */
export const codeRefusals = {
  wrong: 'CodeMismatchException: Invalid code received for user',
  session: 'NotAuthorizedException: Invalid session for the user.',
  used: 'NotAuthorizedException: Invalid session for the user, session can only be used once.',
  expired: 'NotAuthorizedException: Invalid session for the user, session is expired.',
  locked: 'NotAuthorizedException: Password attempts exceeded',
} as const
