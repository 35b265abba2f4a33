// The wire shape of a pool (protocol/administration 1.1, 1.2).
import type { Context } from '../../context.ts'
import { cognitoArn } from '../../rules/arn.ts'
import type { DeclaredAttribute, SchemaAttribute } from '../../rules/attributes.ts'
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { Pool } from '../../store/index.ts'
import type { SchemaAttributeType, UserPoolType } from '../../wire/model.gen.ts'
import { seconds } from '../operation.ts'
import { fromWire, toWire } from '../settings-case.ts'

/** Attributes that a request declares. */
export const declaredAttributes = (
  attributes: readonly SchemaAttributeType[] | undefined,
): readonly DeclaredAttribute[] => fromWire(attributes ?? [])

const limit = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value))

const schemaShape = (attribute: SchemaAttribute): SchemaAttributeType => {
  const { name, type, minLength, maxLength, minValue, maxValue } = attribute
  return {
    Name: name,
    AttributeDataType: type,
    DeveloperOnlyAttribute: attribute.developerOnly,
    Mutable: attribute.mutable,
    Required: attribute.required,
    ...(type === 'String'
      ? { StringAttributeConstraints: { MinLength: limit(minLength), MaxLength: limit(maxLength) } }
      : {}),
    ...(type === 'Number'
      ? { NumberAttributeConstraints: { MinValue: limit(minValue), MaxValue: limit(maxValue) } }
      : {}),
  }
}

/** The ARN of a pool (protocol/administration 1.1). */
export const poolArn = ({ settings }: Context, { id, region }: Pool): string =>
  cognitoArn(region, settings.accountId, `userpool/${id}`)

/** The settings that other operations show, or that have another form here. */
const toldElsewhere = [
  'schemaAttributes',
  'userPoolTags',
  'softwareTokenMfaConfiguration',
  'smsMfaConfiguration',
  'emailMfaConfiguration',
  'webAuthnConfiguration',
  'sessionTracking',
  'recoveryCodes',
  'notices',
] as const

type Plain = Omit<PoolSettings, (typeof toldElsewhere)[number]>

const plainSettings = (settings: PoolSettings): Plain => {
  const elsewhere: readonly string[] = toldElsewhere
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => value !== undefined && !elsewhere.includes(name)),
  ) as Plain
}

/** The defaults that the answer shows for settings that were never set. */
const toldAlways = {
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: [] },
  KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' },
  IssuerConfiguration: { Type: 'ORIGINAL' },
} satisfies UserPoolType

/** The most users that the estimate counts. */
const countedAtMost = 100_000

/** A pool, in the form of CreateUserPool and DescribeUserPool. */
export const poolShape = async (context: Context, pool: Pool): Promise<UserPoolType> => {
  const { settings } = pool
  const { smsMessage, emailMessage, emailSubject } = settings.verificationMessageTemplate
  return {
    Id: pool.id,
    Name: pool.name,
    Arn: poolArn(context, pool),
    CreationDate: seconds(pool.createdAt),
    LastModifiedDate: seconds(pool.updatedAt),
    ...toldAlways,
    ...toWire(plainSettings(settings)),
    SchemaAttributes: settings.schemaAttributes.map(schemaShape),
    SmsVerificationMessage: smsMessage,
    EmailVerificationMessage: emailMessage,
    EmailVerificationSubject: emailSubject,
    UserPoolTags: { ...settings.userPoolTags },
    EstimatedNumberOfUsers: await context.store.users.count(pool.id, countedAtMost),
  }
}
