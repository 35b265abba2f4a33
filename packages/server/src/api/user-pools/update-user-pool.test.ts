// What an update of a pool does to the members that it leaves out, one by one, each beside a control which shows that
// the update arrived; and what it may change at all.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TestApp } from '../../../testing/app.ts'
import { createPool, describePool, lambda, sms, startServer } from '../../../testing/pool-settings.ts'
import type { CreateUserPoolRequest, UpdateUserPoolRequest, UserPoolType } from '../../wire/model.gen.ts'
import type { PoolRequest } from './absent-members.ts'

type Member = {
  readonly absent: 'kept' | 'default'
  /** A value that is not the default. */
  readonly given: Partial<CreateUserPoolRequest>
  /** What the update needs beside, for the pool to be whole. */
  readonly beside?: PoolRequest
  /** What shows it, where that is not the member of the same name. */
  readonly shown?: (pool: UserPoolType) => unknown
}

const members: Readonly<Record<keyof PoolRequest, Member>> = {
  AccountRecoverySetting: {
    absent: 'kept',
    given: { AccountRecoverySetting: { RecoveryMechanisms: [{ Priority: 1, Name: 'admin_only' }] } },
  },
  AcrConfiguration: { absent: 'kept', given: { AcrConfiguration: { Level1: { AcrValue: 'one' } } } },
  AdminCreateUserConfig: {
    absent: 'kept',
    given: {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true, InviteMessageTemplate: { EmailSubject: 'Hello' } },
    },
  },
  AutoVerifiedAttributes: { absent: 'default', given: { AutoVerifiedAttributes: ['email'] } },
  DcrConfiguration: { absent: 'kept', given: { DcrConfiguration: { EnableStatus: 'Disabled' } } },
  DeletionProtection: { absent: 'kept', given: { DeletionProtection: 'ACTIVE' } },
  DeviceConfiguration: { absent: 'default', given: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } } },
  EmailConfiguration: {
    absent: 'default',
    given: { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', From: 'us@example.com' } },
  },
  EmailVerificationMessage: { absent: 'kept', given: { EmailVerificationMessage: 'mail {####}' } },
  EmailVerificationSubject: { absent: 'kept', given: { EmailVerificationSubject: 'subject' } },
  IssuerConfiguration: { absent: 'kept', given: { IssuerConfiguration: { Type: 'UPDATED' } } },
  // Of keys there is one kind in this version: what was said of it is shown to stay by what is stored.
  KeyConfiguration: { absent: 'kept', given: { KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' } } },
  LambdaConfig: { absent: 'default', given: { LambdaConfig: { PreSignUp: lambda('a') } } },
  MfaConfiguration: { absent: 'kept', given: { MfaConfiguration: 'ON', SmsConfiguration: sms } },
  Policies: {
    absent: 'kept',
    given: {
      Policies: {
        PasswordPolicy: { MinimumLength: 20, PasswordHistorySize: 3, TemporaryPasswordValidityDays: 2 },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] },
      },
    },
    shown: ({ Policies, AdminCreateUserConfig }) => [Policies, AdminCreateUserConfig?.UnusedAccountValidityDays],
  },
  SmsAuthenticationMessage: { absent: 'default', given: { SmsAuthenticationMessage: 'Auth {####}' } },
  SmsConfiguration: { absent: 'kept', given: { SmsConfiguration: sms } },
  SmsVerificationMessage: { absent: 'kept', given: { SmsVerificationMessage: 'sms {####}' } },
  UserAttributeUpdateSettings: {
    absent: 'kept',
    given: {
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      AutoVerifiedAttributes: ['email'],
    },
    beside: { AutoVerifiedAttributes: ['email'] },
  },
  UserPoolAddOns: { absent: 'default', given: { UserPoolAddOns: { AdvancedSecurityMode: 'OFF' } } },
  UserPoolTags: { absent: 'kept', given: { UserPoolTags: { a: 'b' } } },
  UserPoolTier: { absent: 'kept', given: { UserPoolTier: 'PLUS' } },
  VerificationMessageTemplate: {
    absent: 'kept',
    given: {
      VerificationMessageTemplate: {
        DefaultEmailOption: 'CONFIRM_WITH_CODE',
        EmailMessageByLink: 'Click {##here##}',
        EmailSubject: 'subject',
      },
    },
  },
}

const storedKey = async ({ context }: TestApp, id: string): Promise<unknown> =>
  (await context.store.pools.get(id)).settings.keyConfiguration

for (const [name, { absent, given, beside, shown }] of Object.entries(members)) {
  const show = shown ?? ((pool: UserPoolType): unknown => (pool as Record<string, unknown>)[name])
  test(`an update without ${name}: ${absent}`, async (t) => {
    const server = await startServer(t)
    const seen = async (pool: UserPoolType & { Id: string }): Promise<unknown> => [
      show(pool),
      await storedKey(server, pool.Id),
    ]
    const pool = await createPool(server, given)
    const [before, untouched] = [await seen(pool), await seen(await createPool(server, beside))]
    assert.notDeepEqual(before, untouched)
    await server.call('UpdateUserPool', { UserPoolId: pool.Id, PoolName: 'after', ...beside })
    const after = await describePool(server, pool.Id)
    assert.equal(after.Name, 'after')
    assert.deepEqual(await seen({ ...after, Id: pool.Id }), absent === 'kept' ? before : untouched)
  })
}

test('an update without PoolName keeps it; with it the pool is renamed', async (t) => {
  const server = await startServer(t)
  const { Id: UserPoolId } = await createPool(server, { PoolName: 'before' })
  await server.call('UpdateUserPool', { UserPoolId, DeletionProtection: 'ACTIVE' })
  assert.equal((await describePool(server, UserPoolId)).Name, 'before')
  await server.call('UpdateUserPool', { UserPoolId, PoolName: 'after' })
  assert.equal((await describePool(server, UserPoolId)).Name, 'after')
})

test('docs/compatibility.md says of every member what its absence does', () => {
  const page = readFileSync(new URL('../../../../../docs/compatibility.md', import.meta.url), 'utf8')
  for (const [name, { absent }] of Object.entries(members)) {
    assert.match(page, new RegExp(`^\\| \`?${name}\`? +\\| ${absent} `, 'm'), name)
  }
})

const PasswordPolicy = { MinimumLength: 12, RequireLowercase: true, TemporaryPasswordValidityDays: 3 }
const policiesOf = async (server: TestApp, id: string): Promise<UserPoolType['Policies']> =>
  (await describePool(server, id)).Policies

test('the two halves of Policies are kept each for itself', async (t) => {
  const server = await startServer(t)
  const SignInPolicy = { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] }
  const { Id: UserPoolId, Policies: before } = await createPool(server, { Policies: { PasswordPolicy, SignInPolicy } })
  await server.call('UpdateUserPool', { UserPoolId, Policies: { PasswordPolicy } })
  assert.deepEqual(await policiesOf(server, UserPoolId), before)
  const passkeys = { AllowedFirstAuthFactors: ['PASSWORD' as const, 'WEB_AUTHN' as const] }
  await server.call('UpdateUserPool', { UserPoolId, Policies: { SignInPolicy: passkeys } })
  assert.deepEqual(await policiesOf(server, UserPoolId), { ...before, SignInPolicy: passkeys })
  await server.call('UpdateUserPool', { UserPoolId, Policies: {} })
  assert.deepEqual(await policiesOf(server, UserPoolId), { ...before, SignInPolicy: passkeys })
})

test('how long temporary passwords live stays, and changes in either place', async (t) => {
  const server = await startServer(t)
  const { Id: UserPoolId } = await createPool(server, { Policies: { PasswordPolicy } })
  const days = async (): Promise<unknown> => {
    const { Policies, AdminCreateUserConfig } = await describePool(server, UserPoolId)
    return [Policies?.PasswordPolicy?.TemporaryPasswordValidityDays, AdminCreateUserConfig?.UnusedAccountValidityDays]
  }
  const update = (input: Omit<UpdateUserPoolRequest, 'UserPoolId'>): Promise<unknown> =>
    server.call('UpdateUserPool', { UserPoolId, ...input })
  await update({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } })
  assert.deepEqual(await days(), [3, 3])
  await update({ AdminCreateUserConfig: { UnusedAccountValidityDays: 5 } })
  assert.deepEqual(await days(), [5, 5])
  await update({ Policies: { PasswordPolicy: { MinimumLength: 12 } } })
  assert.deepEqual(await days(), [7, 7])
})

test('a text in one of the older members changes that text alone', async (t) => {
  const server = await startServer(t)
  const { Id: UserPoolId } = await createPool(server, {
    VerificationMessageTemplate: { SmsMessage: 'sms {####}', EmailSubjectByLink: 'Link' },
  })
  await server.call('UpdateUserPool', { UserPoolId, EmailVerificationSubject: 'subject' })
  const { VerificationMessageTemplate, SmsVerificationMessage } = await describePool(server, UserPoolId)
  assert.deepEqual(VerificationMessageTemplate, {
    SmsMessage: 'sms {####}',
    EmailSubject: 'subject',
    EmailSubjectByLink: 'Link',
    DefaultEmailOption: 'CONFIRM_WITH_CODE',
  })
  assert.equal(SmsVerificationMessage, 'sms {####}')
})

test('a given structure replaces: dynamic registration and its defaults', async (t) => {
  const server = await startServer(t)
  const { Id: UserPoolId } = await createPool(server, { DcrConfiguration: { EnableStatus: 'Disabled' } })
  await server.call('UpdateUserPool', { UserPoolId, DcrConfiguration: { OpenDcrEnabled: true } })
  assert.deepEqual((await describePool(server, UserPoolId)).DcrConfiguration, {
    EnableStatus: 'Enabled',
    OpenDcrEnabled: true,
    AuthenticatedGrantTypes: ['code', 'client_credentials'],
    OpenDcrGrantTypes: ['code'],
    AllowedScopes: ['openid', 'email', 'phone', 'profile'],
  })
})

test('what an empty list clears', async (t) => {
  const server = await startServer(t)
  const settings = { AttributesRequireVerificationBeforeUpdate: ['email' as const] }
  const { Id: UserPoolId } = await createPool(server, {
    AutoVerifiedAttributes: ['email'],
    UserAttributeUpdateSettings: settings,
  })
  await assert.rejects(server.call('UpdateUserPool', { UserPoolId }), {
    message: 'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes',
  })
  const none = { AttributesRequireVerificationBeforeUpdate: [] }
  await server.call('UpdateUserPool', { UserPoolId, UserAttributeUpdateSettings: none })
  assert.deepEqual((await describePool(server, UserPoolId)).UserAttributeUpdateSettings, none)
})

const mfaOf = async (server: TestApp, UserPoolId: string): Promise<string | undefined> =>
  (await server.call('GetUserPoolMfaConfig', { UserPoolId })).MfaConfiguration

test('an update requires MFA only of a pool that has a second factor', async (t) => {
  const server = await startServer(t)
  const refusal = {
    name: 'InvalidParameterException',
    message: 'Cannot turn MFA functionality ON, once the user pool has been created.',
  }
  const { Id: UserPoolId } = await createPool(server)
  const update = (input: Omit<UpdateUserPoolRequest, 'UserPoolId'>): Promise<unknown> =>
    server.call('UpdateUserPool', { UserPoolId, ...input })
  await assert.rejects(update({ MfaConfiguration: 'ON' }), refusal)
  await assert.rejects(update({ MfaConfiguration: 'ON', SmsConfiguration: sms }), refusal)
  await assert.rejects(update({ MfaConfiguration: 'OPTIONAL' }), {
    message: 'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  })
  assert.equal(await mfaOf(server, UserPoolId), 'OFF')

  await update({ MfaConfiguration: 'OPTIONAL', SmsConfiguration: sms })
  assert.equal(await mfaOf(server, UserPoolId), 'OPTIONAL')
  await update({ MfaConfiguration: 'ON' })
  assert.equal(await mfaOf(server, UserPoolId), 'ON')
  // An update that says nothing of MFA leaves its factors too.
  await update({ LambdaConfig: { PreSignUp: lambda('a') } })
  assert.deepEqual((await server.call('GetUserPoolMfaConfig', { UserPoolId })).SmsMfaConfiguration, {
    SmsConfiguration: sms,
  })

  await update({ MfaConfiguration: 'OFF' })
  assert.equal(await mfaOf(server, UserPoolId), 'OFF')
  await assert.rejects(update({ MfaConfiguration: 'ON' }), refusal)
})

test('a step down of the tier is refused while its features are in use', async (t) => {
  const server = await startServer(t)
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'WEB_AUTHN' as const] } }
  const { Id: UserPoolId } = await createPool(server, { Policies })
  for (const given of [{ Policies }, {}]) {
    await assert.rejects(server.call('UpdateUserPool', { UserPoolId, ...given, UserPoolTier: 'LITE' }), {
      name: 'TierChangeNotAllowedException',
      message: 'The following features need to be disabled for the LITE pricing tier configured: Passwordless Sign-In',
    })
  }
  const passwords = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const] } }
  await server.call('UpdateUserPool', { UserPoolId, Policies: passwords, UserPoolTier: 'LITE' })
  assert.equal((await describePool(server, UserPoolId)).UserPoolTier, 'LITE')
  await assert.rejects(server.call('UpdateUserPool', { UserPoolId, Policies }), {
    name: 'FeatureUnavailableInTierException',
  })
})
