import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestApp } from '../../../testing/app.ts'
import {
  createPool as create,
  describePool as describe,
  lambda,
  sms,
  startServer as start,
} from '../../../testing/pool-settings.ts'
import type { CreateUserPoolRequest, UserPoolType } from '../../wire/model.gen.ts'

test('a pool of which only the name is said has exactly the defaults', async (t) => {
  const server = await start(t)
  const created = await create(server)
  const { Id, Arn, SchemaAttributes = [], ...rest } = await describe(server, created.Id)
  assert.match(Id ?? '', /^zz-local-1_[0-9A-Za-z]{9}$/)
  assert.equal(Arn, `arn:aws:cognito-idp:zz-local-1:000000000000:userpool/${Id}`)
  assert.deepEqual(rest, {
    Name: 'pool',
    CreationDate: server.context.clock.now() / 1000,
    LastModifiedDate: server.context.clock.now() / 1000,
    Policies: {
      PasswordPolicy: {
        MinimumLength: 8,
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: 7,
      },
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
    },
    DeletionProtection: 'INACTIVE',
    MfaConfiguration: 'OFF',
    LambdaConfig: {},
    EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 7 },
    AccountRecoverySetting: {
      RecoveryMechanisms: [
        { Priority: 1, Name: 'verified_email' },
        { Priority: 2, Name: 'verified_phone_number' },
      ],
    },
    UserPoolTier: 'ESSENTIALS',
    UserPoolTags: {},
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: [] },
    KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' },
    IssuerConfiguration: { Type: 'ORIGINAL' },
    EstimatedNumberOfUsers: 0,
  })
  assert.equal(
    SchemaAttributes.map(({ Name }) => Name).join(' '),
    'sub name given_name family_name middle_name nickname preferred_username profile picture website email ' +
      'email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at',
  )
  const standard = { DeveloperOnlyAttribute: false, Mutable: true, Required: false }
  const named = (name: string) => SchemaAttributes.find(({ Name }) => Name === name)
  assert.deepEqual(named('sub'), {
    ...standard,
    Name: 'sub',
    AttributeDataType: 'String',
    Mutable: false,
    Required: true,
    StringAttributeConstraints: { MinLength: '1', MaxLength: '2048' },
  })
  assert.deepEqual(named('email_verified'), { ...standard, Name: 'email_verified', AttributeDataType: 'Boolean' })
  assert.deepEqual(named('birthdate')?.StringAttributeConstraints, { MinLength: '10', MaxLength: '10' })
  assert.deepEqual(named('updated_at'), {
    ...standard,
    Name: 'updated_at',
    AttributeDataType: 'Number',
    NumberAttributeConstraints: { MinValue: '0' },
  })
})

test('every setting comes back as it was sent', async (t) => {
  const server = await start(t)
  const request = {
    PoolName: 'all of it',
    Policies: {
      PasswordPolicy: {
        MinimumLength: 12,
        RequireUppercase: false,
        RequireLowercase: true,
        RequireNumbers: false,
        RequireSymbols: false,
        PasswordHistorySize: 3,
        TemporaryPasswordValidityDays: 3,
      },
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN', 'EMAIL_OTP'] },
    },
    DeletionProtection: 'ACTIVE',
    LambdaConfig: {
      PreSignUp: lambda('a'),
      CustomSMSSender: { LambdaVersion: 'V1_0', LambdaArn: lambda('b') },
      KMSKeyID: 'arn:aws:kms:zz-local-1:000000000000:key/abc',
    },
    AutoVerifiedAttributes: ['email'],
    AliasAttributes: ['email', 'preferred_username'],
    VerificationMessageTemplate: {
      SmsMessage: 'Code {####}',
      EmailMessage: 'Your code {####}',
      EmailSubject: 'Code',
      EmailMessageByLink: 'Click {##here##}',
      EmailSubjectByLink: 'Link',
      DefaultEmailOption: 'CONFIRM_WITH_CODE',
    },
    SmsAuthenticationMessage: 'Auth {####}',
    MfaConfiguration: 'OPTIONAL',
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
    DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
    EmailConfiguration: {
      EmailSendingAccount: 'DEVELOPER',
      From: 'Us <us@example.com>',
      ReplyToEmailAddress: 'a@example.com',
    },
    SmsConfiguration: { ...sms, SnsRegion: 'zz-local-1' },
    UserPoolTags: { Team: 'A', lower: '' },
    AdminCreateUserConfig: {
      AllowAdminCreateUserOnly: true,
      InviteMessageTemplate: {
        SMSMessage: '{username} {####}',
        EmailMessage: '{username} {####}',
        EmailSubject: 'Hello',
      },
    },
    UserPoolAddOns: { AdvancedSecurityMode: 'OFF' },
    UsernameConfiguration: { CaseSensitive: false },
    AccountRecoverySetting: { RecoveryMechanisms: [{ Priority: 1, Name: 'admin_only' }] },
    UserPoolTier: 'PLUS',
    KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' },
    IssuerConfiguration: { Type: 'UPDATED' },
    AcrConfiguration: { Level1: { AcrValue: 'one' }, Level3: { AcrValue: 'urn:three' } },
  } satisfies CreateUserPoolRequest
  const pool = await create(server, request)
  const { PoolName, ...settings } = request
  const shown = await describe(server, pool.Id)
  assert.deepEqual(shown, { ...pool })
  assert.equal(shown.Name, PoolName)
  const expected: Record<string, unknown> = {
    ...settings,
    AdminCreateUserConfig: { ...settings.AdminCreateUserConfig, UnusedAccountValidityDays: 3 },
    SmsVerificationMessage: 'Code {####}',
    EmailVerificationMessage: 'Your code {####}',
    EmailVerificationSubject: 'Code',
  }
  for (const [name, value] of Object.entries(expected)) {
    assert.deepEqual((shown as Record<string, unknown>)[name], value, name)
  }
})

test('texts of messages mirror in both directions', async (t) => {
  const server = await start(t)
  const older = await create(server, {
    SmsVerificationMessage: 'sms {####}',
    EmailVerificationMessage: 'mail {####}',
    EmailVerificationSubject: 'subject',
  })
  assert.deepEqual(older.VerificationMessageTemplate, {
    SmsMessage: 'sms {####}',
    EmailMessage: 'mail {####}',
    EmailSubject: 'subject',
    DefaultEmailOption: 'CONFIRM_WITH_CODE',
  })
  const newer = await create(server, { VerificationMessageTemplate: { EmailMessage: 'mail {####}' } })
  assert.equal(newer.EmailVerificationMessage, 'mail {####}')
  assert.equal(newer.VerificationMessageTemplate?.DefaultEmailOption, 'CONFIRM_WITH_CODE')
})

test('template lengths count characters', async (t) => {
  const server = await start(t)
  const EmailMessage = `{####}${'確'.repeat(1000)}`
  assert.equal(
    (await create(server, { VerificationMessageTemplate: { EmailMessage } })).EmailVerificationMessage,
    EmailMessage,
  )
})

test('one form of the pre-token trigger sets the other', async (t) => {
  const server = await start(t)
  const plain = await create(server, { LambdaConfig: { PreTokenGeneration: lambda('a') } })
  assert.deepEqual(plain.LambdaConfig?.PreTokenGenerationConfig, { LambdaVersion: 'V1_0', LambdaArn: lambda('a') })
  const versioned = await create(server, {
    LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: lambda('b') } },
  })
  assert.equal(versioned.LambdaConfig?.PreTokenGeneration, lambda('b'))
})

test('how long temporary passwords live is told in one place, and 0 means 7', async (t) => {
  const server = await start(t)
  const days = ({ Policies, AdminCreateUserConfig }: UserPoolType) => [
    Policies?.PasswordPolicy?.TemporaryPasswordValidityDays,
    AdminCreateUserConfig?.UnusedAccountValidityDays,
  ]
  assert.deepEqual(days(await create(server, { AdminCreateUserConfig: { UnusedAccountValidityDays: 2 } })), [2, 2])
  const zero = { Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 0 } } }
  assert.deepEqual(days(await create(server, zero)), [7, 7])
})

const custom = { Name: 'plan', AttributeDataType: 'String', Mutable: true } as const
const refusals: readonly (readonly [string, Partial<CreateUserPoolRequest>, string, string?])[] = [
  [
    'aliases and usernames',
    { AliasAttributes: ['email'], UsernameAttributes: ['email'] },
    'Only one of the aliasAttributes or usernameAttributes can be set in a User pool.',
  ],
  [
    'a custom name twice',
    { Schema: [custom, custom] },
    'Duplicate custom attribute names custom:plan are not allowed in a user pool schema.',
  ],
  [
    'a required custom attribute',
    { Schema: [{ ...custom, Required: true }] },
    'Required custom attributes are not supported currently.',
  ],
  [
    'a standard attribute of another type',
    { Schema: [{ Name: 'email', AttributeDataType: 'Number' }] },
    'You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email',
  ],
  [
    'a standard attribute for developers',
    { Schema: [{ Name: 'email', DeveloperOnlyAttribute: true }] },
    'You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email',
  ],
  [
    'a number with least over most',
    {
      Schema: [
        { Name: 'n', AttributeDataType: 'Number', NumberAttributeConstraints: { MinValue: '2', MaxValue: '1' } },
      ],
    },
    "Attribute custom:n cannot have a max value smaller than it's min value",
  ],
  [
    'a string with least over most',
    { Schema: [{ ...custom, StringAttributeConstraints: { MinLength: '2', MaxLength: '1' } }] },
    "Attribute custom:plan cannot have a max length shorter than it's min length",
  ],
  [
    'a string over 2048',
    { Schema: [{ ...custom, StringAttributeConstraints: { MaxLength: '2049' } }] },
    'user.custom:plan: String attributes cannot have a length of more than 2048',
  ],
  [
    'a length that is no number',
    { Schema: [{ ...custom, StringAttributeConstraints: { MaxLength: 'x' } }] },
    'Invalid StringAttributeConstraints for schema attribute custom:plan',
  ],
  [
    'a value that is no number',
    { Schema: [{ Name: 'n', AttributeDataType: 'Number', NumberAttributeConstraints: { MaxValue: 'x' } }] },
    'Invalid NumberAttributeConstraints for schema attribute custom:n',
  ],
  [
    'a custom attribute without a type',
    { Schema: [{ Name: 'plan' }] },
    'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
  ],
  [
    'MFA without text messages',
    { MfaConfiguration: 'ON' },
    'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  ],
  [
    'optional MFA without text messages',
    { MfaConfiguration: 'OPTIONAL' },
    'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  ],
  [
    'a role of another account',
    { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } },
    'Cross-account pass role is not allowed.',
  ],
  [
    'text messages through another Region',
    { SmsConfiguration: { ...sms, SnsRegion: 'us-east-1' } },
    'Invalid snsRegion. Allowed SNS region for zz-local-1 is zz-local-1',
  ],
  ['a sender that is no address', { EmailConfiguration: { From: 'us' } }, 'Provided From email address is invalid'],
  [
    'two senders',
    { EmailConfiguration: { From: 'us@example.com, eve@example.com' } },
    'Provided From email address is invalid',
  ],
  [
    'two addresses for answers',
    { EmailConfiguration: { ReplyToEmailAddress: 'us@example.com,eve@example.com' } },
    'Provided ReplyTo email address is invalid',
  ],
  [
    'links in place of codes, which are not there',
    { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } },
    'Verification by a link (CONFIRM_WITH_LINK) is not available in this version of Poolkeeper.',
    'UnsupportedOperationException',
  ],
  [
    'a function in another Region',
    { LambdaConfig: { PreSignUp: 'arn:aws:lambda:us-east-1:000000000000:function:a' } },
    'Cross-region lambda functions are not supported',
  ],
  [
    'a versioned function in another Region',
    {
      LambdaConfig: {
        PreTokenGenerationConfig: {
          LambdaVersion: 'V1_0',
          LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:a',
        },
      },
    },
    'Cross-region lambda functions are not supported',
  ],
  [
    'a custom sender without a key',
    { LambdaConfig: { CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: lambda('a') } } },
    'KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.',
  ],
  [
    'two pre-token functions',
    {
      LambdaConfig: {
        PreTokenGeneration: lambda('a'),
        PreTokenGenerationConfig: { LambdaVersion: 'V1_0', LambdaArn: lambda('b') },
      },
    },
    'PreTokenGeneration and PreTokenGenerationConfig must name the same function.',
  ],
  [
    'verification before update of what is not verified',
    { UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } },
    'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes',
  ],
  [
    'first factors without a password',
    { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['EMAIL_OTP'] } } },
    'Password should be configured as one of the allowed first auth factors.',
  ],
  [
    'a software token as a first factor',
    { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'SOFTWARE_TOKEN'] } } },
    'SOFTWARE_TOKEN cannot be one of the allowed first auth factors.',
  ],
  [
    'the life of temporary passwords in two places',
    {
      Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 7 } },
      AdminCreateUserConfig: { UnusedAccountValidityDays: 7 },
    },
    'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
  ],
  [
    'admin_only beside another way of recovery',
    {
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Priority: 1, Name: 'admin_only' },
          { Priority: 2, Name: 'verified_email' },
        ],
      },
    },
    'admin_only cannot be set together with another recovery mechanism.',
  ],
  [
    'preferred_username both required and an alias',
    { AliasAttributes: ['preferred_username'], Schema: [{ Name: 'preferred_username', Required: true }] },
    'preferred_username cannot be both required and an alias.',
  ],
  [
    'required MFA with passwordless first factors',
    {
      MfaConfiguration: 'ON',
      SmsConfiguration: sms,
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
    },
    'Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled',
  ],
  [
    'required MFA with passkeys, which prove one factor in a new pool',
    {
      MfaConfiguration: 'ON',
      SmsConfiguration: sms,
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
    },
    'WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA.',
  ],
  [
    'two ACR levels of one value',
    { AcrConfiguration: { Level1: { AcrValue: 'urn:cognito:loa:2' } } },
    'The ACR values of all levels must be different.',
  ],
  [
    'an ACR level that is none',
    { AcrConfiguration: { Level5: { AcrValue: 'x' } } },
    'AcrConfiguration can only have the levels Level1, Level2, Level3, Level4.',
  ],
  ['a reserved tag', { UserPoolTags: { 'aws:x': '' } }, 'Tag keys cannot begin with aws:.', 'UserPoolTaggingException'],
  [
    'too many tags',
    { UserPoolTags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, ''])) },
    'A user pool can have at most 50 tags.',
    'UserPoolTaggingException',
  ],
  [
    'threat protection below its tier',
    { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } },
    'The following features need to be disabled for the ESSENTIALS pricing tier configured: Threat Protection',
    'FeatureUnavailableInTierException',
  ],
  [
    'threat protection, which is not there',
    { UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } },
    'Threat protection is not available in this version of Poolkeeper.',
    'UnsupportedOperationException',
  ],
  [
    'a customer managed key, which is not there',
    { KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: 'arn:aws:kms:zz-local-1:000000000000:key/a' } },
    'A customer managed key is not available in this version of Poolkeeper.',
    'UnsupportedOperationException',
  ],
  [
    'what a lower tier does not have',
    {
      UserPoolTier: 'LITE',
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
      LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: lambda('a') } },
    },
    'The following features need to be disabled for the LITE pricing tier configured: Passwordless Sign-In, Token Customization with Pre-Token Generation Lambda V2_0',
    'FeatureUnavailableInTierException',
  ],
  [
    'what else a lower tier does not have',
    {
      UserPoolTier: 'LITE',
      Policies: { PasswordPolicy: { PasswordHistorySize: 1 } },
      DcrConfiguration: {},
      AcrConfiguration: { Level1: { AcrValue: 'one' } },
    },
    'The following features need to be disabled for the LITE pricing tier configured: Password History, Dynamic Client Registration, Custom ACR Values',
    'FeatureUnavailableInTierException',
  ],
]

for (const [what, input, message, name = 'InvalidParameterException'] of refusals) {
  test(`a pool is refused: ${what}`, async (t) => {
    const server = await start(t)
    await assert.rejects(create(server, input), { name, message, status: 400 })
    assert.deepEqual((await server.call('ListUserPools', { MaxResults: 1 })).UserPools, [])
  })
}

test('model constraints of pools are refused in the words of the model', async (t) => {
  const server = await start(t)
  const pattern = 'failed to satisfy constraint: Member must satisfy regular expression pattern: '
  for (const [member, name] of [
    ['EmailMessage', 'emailMessage'],
    ['SMSMessage', 'sMSMessage'],
  ] as const) {
    const invite = (text: string) => ({ AdminCreateUserConfig: { InviteMessageTemplate: { [member]: text } } })
    await assert.rejects(create(server, invite('no password: {username}')), {
      name: 'InvalidParameterException',
      message: `1 validation error detected: Value 'no password: {username}' at 'adminCreateUserConfig.inviteMessageTemplate.${name}' ${pattern}.*\\{####\\}.*`,
    })
    await assert.rejects(create(server, invite('no name: {####}')), { message: /pattern: \.\*\\\{username\\\}\.\*$/ })
    const SignInPolicy = { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] }
    await create(server, { ...invite('Hello {username}'), Policies: { SignInPolicy } })
  }
  const Schema = Array.from({ length: 51 }, (_, index) => ({ Name: `a${index}`, AttributeDataType: 'String' as const }))
  await assert.rejects(create(server, { Schema }), { message: /'schema' failed .* less than or equal to 50/ })
  await assert.rejects(create(server, { Schema: [{ ...custom, Name: 'x'.repeat(21) }] }), {
    message: /'schema\.1\.member\.name' failed to satisfy constraint: Member must have length less than or equal to 20/,
  })
})

test('flags of verification are built in: under their names a schema declares custom attributes', async (t) => {
  const server = await start(t)
  const declared = { Name: 'email_verified', AttributeDataType: 'Boolean', Mutable: true } as const
  const { SchemaAttributes = [] } = await create(server, { Schema: [declared] })
  const named = (wanted: string) => SchemaAttributes.find(({ Name }) => Name === wanted)
  const flag = { ...declared, DeveloperOnlyAttribute: false, Required: false }
  assert.deepEqual(named('email_verified'), flag)
  assert.deepEqual(named('custom:email_verified'), { ...flag, Name: 'custom:email_verified' })
  // The type of a built-in attribute binds no custom one.
  const text = await create(server, { Schema: [{ Name: 'email_verified', AttributeDataType: 'String' }] })
  assert.equal(text.SchemaAttributes?.at(-1)?.Name, 'custom:email_verified')
  assert.equal(text.SchemaAttributes?.at(-1)?.AttributeDataType, 'String')
  await assert.rejects(create(server, { Schema: [{ ...declared, Name: 'phone_number_verified' }] }), {
    name: 'InvalidParameterException',
    message: /'schema\.1\.member\.name' failed .* length less than or equal to 20/,
  })
})

test('custom attributes are added for good, under names that are free', async (t) => {
  const server = await start(t)
  const { Id: UserPoolId } = await create(server, {
    Schema: [{ Name: 'email', Required: true, Mutable: false }, custom],
  })
  const add = (...CustomAttributes: object[]) => server.call('AddCustomAttributes', { UserPoolId, CustomAttributes })
  assert.deepEqual(
    await add(
      { Name: 'age', AttributeDataType: 'Number', Mutable: true, NumberAttributeConstraints: { MinValue: '1' } },
      { Name: 'tier', AttributeDataType: 'Boolean', DeveloperOnlyAttribute: true, Mutable: false },
    ),
    {},
  )
  const { SchemaAttributes = [] } = await describe(server, UserPoolId)
  assert.deepEqual(SchemaAttributes.slice(20), [
    {
      Name: 'custom:plan',
      AttributeDataType: 'String',
      DeveloperOnlyAttribute: false,
      Mutable: true,
      Required: false,
      StringAttributeConstraints: {},
    },
    {
      Name: 'custom:age',
      AttributeDataType: 'Number',
      DeveloperOnlyAttribute: false,
      Mutable: true,
      Required: false,
      NumberAttributeConstraints: { MinValue: '1' },
    },
    {
      Name: 'dev:custom:tier',
      AttributeDataType: 'Boolean',
      DeveloperOnlyAttribute: true,
      Mutable: false,
      Required: false,
    },
  ])
  const email = SchemaAttributes.find(({ Name }) => Name === 'email')
  assert.deepEqual([email?.Required, email?.Mutable], [true, false])
  await assert.rejects(add(custom), {
    name: 'InvalidParameterException',
    message: 'custom:plan: Existing attribute already has name custom:plan.',
  })
  const tier = { Name: 'tier', AttributeDataType: 'String', DeveloperOnlyAttribute: true }
  await assert.rejects(add(tier), { message: 'custom:tier: Existing attribute already has name dev:custom:tier.' })
  await assert.rejects(add({ ...custom, Name: 'other', Required: true }), {
    message: 'Required custom attributes are not supported currently.',
  })
  const many = (from: number) =>
    Array.from({ length: 24 }, (_, index) => ({ Name: `a${from + index}`, AttributeDataType: 'String' }))
  await add(...many(0))
  await assert.rejects(add(...many(24)), { name: 'InvalidParameterException' })
  await add(...many(24).slice(1))
  assert.equal((await describe(server, UserPoolId)).SchemaAttributes?.length, 70)
})

test('of two changes made from one version, one is refused', async (t) => {
  const server = await start(t)
  const { Id: UserPoolId } = await create(server)
  const changes = Array.from({ length: 50 }, (_, index) =>
    server.call('UpdateUserPool', { UserPoolId, PoolName: `name ${index}` }),
  )
  const outcomes = await Promise.allSettled(changes)
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  assert.ok(refused.length < outcomes.length)
  for (const { reason } of refused) assert.equal((reason as Error).name, 'ConcurrentModificationException')
  const { version } = await server.context.store.pools.get(UserPoolId)
  assert.equal(version, 1 + outcomes.length - refused.length)
  const stale = { ...(await server.context.store.pools.get(UserPoolId)), version: version - 1 }
  const { name, settings } = stale
  await assert.rejects(server.context.store.commit([server.context.store.pools.change(stale, { name, settings }, 0)]), {
    name: 'ConcurrentModificationException',
  })
})

test('req 85: a pool that does not exist is refused by every operation', async (t) => {
  const server = await start(t)
  const UserPoolId = 'zz-local-1_000000000'
  const expected = {
    name: 'ResourceNotFoundException',
    message: `User pool ${UserPoolId} does not exist.`,
    status: 400,
  }
  await assert.rejects(server.call('DescribeUserPool', { UserPoolId }), expected)
  await assert.rejects(server.call('UpdateUserPool', { UserPoolId }), expected)
  await assert.rejects(server.call('DeleteUserPool', { UserPoolId }), expected)
  await assert.rejects(server.call('GetUserPoolMfaConfig', { UserPoolId }), expected)
  await assert.rejects(server.call('SetUserPoolMfaConfig', { UserPoolId }), expected)
  await assert.rejects(server.call('AddCustomAttributes', { UserPoolId, CustomAttributes: [custom] }), expected)
  await assert.rejects(server.call('ListUserPoolClients', { UserPoolId }), expected)
  await assert.rejects(server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'app' }), expected)
})

test('req 95: ids that look like paths find nothing', async (t) => {
  const server = await start(t)
  const { Id } = await create(server)
  const ids = ['../x_1', `${Id}/..`, '%2e%2e_1', `${Id}%00`, `./${Id}`, `${Id}\u0000`, '..\\x_1']
  for (const UserPoolId of ids) {
    await assert.rejects(server.call('DescribeUserPool', { UserPoolId }), {
      name: 'InvalidParameterException',
      message: /'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern/,
    })
  }
  for (const UserPoolId of ['__proto___1', 'constructor_1', `x${Id}`]) {
    await assert.rejects(server.call('DescribeUserPool', { UserPoolId }), { name: 'ResourceNotFoundException' })
  }
})

test('req 86: deletion protection holds a pool until it is taken away', async (t) => {
  const server = await start(t)
  const { Id: UserPoolId } = await create(server, { DeletionProtection: 'ACTIVE' })
  await assert.rejects(server.call('DeleteUserPool', { UserPoolId }), {
    name: 'InvalidParameterException',
    message:
      'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
  })
  await server.call('UpdateUserPool', { UserPoolId, DeletionProtection: 'INACTIVE' })
  assert.deepEqual(await server.call('DeleteUserPool', { UserPoolId }), {})
})

test('req 86: a deleted pool serves nobody and its tokens die', async (t) => {
  const server = await start(t)
  const { Id: UserPoolId } = await create(server)
  const { UserPoolClient: client } = await server.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'app',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  })
  const ClientId = client?.ClientId ?? ''
  await server.call('AdminCreateUser', { UserPoolId, Username: 'jane', MessageAction: 'SUPPRESS' })
  await server.call('AdminSetUserPassword', {
    UserPoolId,
    Username: 'jane',
    Password: 'Correct-horse-7',
    Permanent: true,
  })
  assert.equal((await describe(server, UserPoolId)).EstimatedNumberOfUsers, 1)
  const signIn = () =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'jane', PASSWORD: 'Correct-horse-7' },
    })
  const { AuthenticationResult: tokens } = await signIn()
  const getUser = () => server.call('GetUser', { AccessToken: tokens?.AccessToken ?? '' })
  const refresh = () =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
    })
  assert.equal((await getUser()).Username, 'jane')
  assert.ok((await refresh()).AuthenticationResult?.AccessToken)
  const keys = () => server.app.fetch(new Request(`http://127.0.0.1:9229/${UserPoolId}/.well-known/jwks.json`))
  assert.equal((await keys()).status, 200)

  await server.call('DeleteUserPool', { UserPoolId })
  await assert.rejects(getUser(), { name: 'NotAuthorizedException' })
  await assert.rejects(refresh(), { name: 'ResourceNotFoundException' })
  await assert.rejects(signIn(), { name: 'ResourceNotFoundException' })
  await assert.rejects(server.call('AdminGetUser', { UserPoolId, Username: 'jane' }), {
    name: 'ResourceNotFoundException',
  })
  await assert.rejects(server.call('DescribeUserPoolClient', { UserPoolId, ClientId }), {
    name: 'ResourceNotFoundException',
  })
  assert.equal((await keys()).status, 404)
  assert.deepEqual((await server.call('ListUserPools', { MaxResults: 60 })).UserPools, [])
})

test('req 41: a new pool has its own RSA keys of 2048 bits, published without their private parts', async (t) => {
  const server = await start(t)
  const keysOf = async (id: string): Promise<Record<string, string>[]> => {
    const response = await server.app.fetch(new Request(`http://127.0.0.1:9229/${id}/.well-known/jwks.json`))
    return ((await response.json()) as { keys: Record<string, string>[] }).keys
  }
  const [one, other] = [await keysOf((await create(server)).Id), await keysOf((await create(server)).Id)]
  assert.equal(one.length, 2)
  for (const key of one) {
    assert.deepEqual(Object.keys(key).toSorted(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
    assert.equal(Buffer.from(key['n'] ?? '', 'base64url').length, 256)
  }
  assert.equal(new Set([...one, ...other].map(({ kid }) => kid)).size, 4)
})

test('pools are listed in pages whose tokens serve this list alone, for an hour', async (t) => {
  const server = await start(t)
  const ids = (await Promise.all(Array.from({ length: 5 }, () => create(server)))).map(({ Id }) => Id)
  const list = (MaxResults: number, NextToken?: string) => server.call('ListUserPools', { MaxResults, NextToken })
  const first = await list(2)
  const second = await list(2, first.NextToken)
  const third = await list(2, second.NextToken)
  const pages = [first, second, third].map(({ UserPools = [] }) => UserPools)
  assert.deepEqual(
    pages.flat().map(({ Id }) => Id),
    ids.toSorted(),
  )
  assert.equal(third.NextToken, undefined)
  assert.equal((await list(5)).NextToken, undefined)
  const now = server.context.clock.now() / 1000
  const [item] = pages[0] ?? []
  assert.deepEqual(item, { Id: item?.Id, Name: 'pool', LambdaConfig: {}, CreationDate: now, LastModifiedDate: now })

  const token = first.NextToken ?? ''
  const refused = { name: 'InvalidParameterException', message: /^Paging marker .* is invalid for request/ }
  await assert.rejects(list(2, `${token.slice(0, -2)}AA`), refused)
  await assert.rejects(list(2, 'anything'), refused)
  const clients = { UserPoolId: ids[0] ?? '', NextToken: token }
  await assert.rejects(server.call('ListUserPoolClients', clients), refused)
  server.advance(3599)
  assert.equal((await list(2, token)).UserPools?.length, 2)
  server.advance(1)
  await assert.rejects(list(2, token), refused)
  await assert.rejects(list(0), { message: /'maxResults' failed .* greater than or equal to 1/ })
  await assert.rejects(list(61), { message: /'maxResults' failed .* less than or equal to 60/ })
})

// A call signed for a Region, as the development server takes it.
const callIn = async (
  server: TestApp,
  region: string,
  name: string,
  input: object,
): Promise<Record<string, unknown>> => {
  const response = await server.app.fetch(
    new Request('http://127.0.0.1:9229/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${name}`,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260102/${region}/cognito-idp/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    }),
  )
  return (await response.json()) as Record<string, unknown>
}

test('pools belong to the Region of the signature that made them', async (t) => {
  const server = await start(t)
  for (const PoolName of ['a', 'b']) {
    const { UserPool } = (await callIn(server, 'cn-north-1', 'CreateUserPool', { PoolName })) as {
      UserPool: UserPoolType
    }
    assert.match(UserPool.Id ?? '', /^cn-north-1_[0-9A-Za-z]{9}$/)
    assert.equal(UserPool.Arn, `arn:aws-cn:cognito-idp:cn-north-1:000000000000:userpool/${UserPool.Id}`)
  }
  assert.deepEqual((await server.call('ListUserPools', { MaxResults: 60 })).UserPools, [])
  const { UserPools, NextToken } = await callIn(server, 'cn-north-1', 'ListUserPools', { MaxResults: 1 })
  assert.equal((UserPools as unknown[]).length, 1)
  const elsewhere = { MaxResults: 1, NextToken: String(NextToken) }
  await assert.rejects(server.call('ListUserPools', elsewhere), { name: 'InvalidParameterException' })
})

test('a Region has a thousand pools at most', async (t) => {
  const server = await start(t)
  const { store } = server.context
  const pool = await store.pools.get((await create(server)).Id)
  const more = Array.from({ length: 999 }, (_, index) => store.pools.add({ ...pool, id: `zz-local-1_${index}` }))
  await store.commit(more)
  await assert.rejects(create(server), { name: 'LimitExceededException' })
  await server.call('DeleteUserPool', { UserPoolId: pool.id })
  await create(server)
})
