// GetUserAttributeVerificationCode and VerifyUserAttribute; new addresses that wait for their code
// (protocol/administration 1.10, 4.5; requirements 57, 59, 60, 63).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addUser,
  addVerifiedUser,
  listed,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  startPool,
  userOf,
  wrongCode,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import type { CreateUserPoolRequest, Outputs } from '../../wire/model.gen.ts'

type Caller = PoolUnderTest & { readonly AccessToken: string }

const ask = (
  { server, AccessToken }: Caller,
  AttributeName: string = 'email',
): Promise<Outputs['GetUserAttributeVerificationCode']> =>
  server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName })

const verify = ({ server, AccessToken }: Caller, Code: string, AttributeName: string = 'email'): Promise<unknown> =>
  server.call('VerifyUserAttribute', { AccessToken, AttributeName, Code })

const update = ({ server, AccessToken }: Caller, email: string): Promise<Outputs['UpdateUserAttributes']> =>
  server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed({ email }) })

const caller = async (at: PoolUnderTest, name: string = 'jane'): Promise<Caller> => {
  const { AccessToken } = await signIn(at, name)
  return { ...at, AccessToken }
}

const unverified = { email: 'jane@example.com', phone_number: '+15555550100' }

const start = async (
  t: Parameters<typeof startPool>[0],
  pool: Partial<CreateUserPoolRequest> = {},
  attributes: Readonly<Record<string, string>> = unverified,
): Promise<Caller> => {
  const at = await startPool(t, { pool })
  await addUser(at, 'jane', attributes)
  return caller(at)
}

test('protocol/administration 4.5: a code verifies the address that it went to', async (t) => {
  const at = await start(t)
  assert.deepEqual(await ask(at), {
    CodeDeliveryDetails: { Destination: 'j***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  })
  assert.deepEqual(await ask(at, 'phone_number'), {
    CodeDeliveryDetails: { Destination: '+*******0100', DeliveryMedium: 'SMS', AttributeName: 'phone_number' },
  })
  assert.deepEqual(await verify(at, await at.server.code('jane@example.com')), {})
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'true')
  assert.equal((await userOf(at, 'jane')).attributes['phone_number_verified'], 'false')
  await verify(at, await at.server.code('+15555550100'), 'phone_number')
  assert.equal((await userOf(at, 'jane')).attributes['phone_number_verified'], 'true')
})

test('protocol/administration 4.5: only addresses can be verified, and only those that are there', async (t) => {
  const at = await start(t, {}, { email: 'jane@example.com' })
  const refusal = 'InvalidParameterException: Invalid attribute name. Only phone_number and email can be verified.'
  for (const name of ['name', 'sub', 'email_verified', 'custom:none', 'constructor']) {
    await refused(ask(at, name), refusal)
    await refused(verify(at, '000000', name), refusal)
  }
  await refused(ask(at, 'phone_number'), 'InvalidParameterException: User does not have phone_number set.')
})

test('req 59: wrong, used and foreign codes, and codes that nobody asked for, verify nothing', async (t) => {
  const at = await start(t)
  await addUser(at, 'john', { email: 'john@example.com' })
  const john = await caller(at, 'john')
  await refused(verify(at, '000000'), refusals.expired)
  await ask(at)
  await ask(at, 'phone_number')
  await ask(john)
  const code = await at.server.code('jane@example.com')
  await refused(verify(at, wrongCode(code)), refusals.mismatch)
  const foreign = [await at.server.code('john@example.com'), await at.server.code('+15555550100')]
  for (const other of foreign) if (other !== code) await refused(verify(at, other), refusals.mismatch)
  await verify(at, code)
  await refused(verify(at, code), refusals.expired)
})

test('req 63: an attribute code lives for 24 hours, and a newer one ends it', async (t) => {
  const at = await start(t)
  await ask(at)
  const first = await at.server.code('jane@example.com')
  await ask(at)
  const second = await at.server.code('jane@example.com')
  if (first !== second) await refused(verify(at, first), refusals.mismatch)
  at.server.advance(24 * 3600)
  const later = await caller(at)
  await refused(verify(later, second), refusals.expired)
  await ask(later)
  const third = await at.server.code('jane@example.com')
  at.server.advance(24 * 3600 - 1)
  await verify(await caller(at), third)
})

test('req 60: five codes an hour and user, whatever the address', async (t) => {
  const at = await start(t)
  for (let asked = 0; asked < 4; asked += 1) await ask(at)
  await ask(at, 'phone_number')
  await refused(ask(at), refusals.limit)
  await refused(ask(at, 'phone_number'), refusals.limit)
  at.server.advance(3599)
  await refused(ask(at), refusals.limit)
  at.server.advance(1)
  await ask(await caller(at))
})

test('req 60: fifteen verifications an hour and user', async (t) => {
  const at = await start(t)
  await ask(at)
  const code = await at.server.code('jane@example.com')
  for (let tries = 0; tries < 15; tries += 1) await refused(verify(at, wrongCode(code)), refusals.mismatch)
  await refused(verify(at, code), refusals.limit)
  at.server.advance(3600)
  const later = await caller(at)
  await refused(verify(later, code), refusals.expired)
  await ask(later)
  await verify(later, await at.server.code('jane@example.com'))
})

test('req 57: a code proves no address that came after it', async (t) => {
  const at = await start(t, { AutoVerifiedAttributes: [] })
  await ask(at)
  const code = await at.server.code('jane@example.com')
  await update(at, 'victim@example.com')
  await refused(verify(at, code), refusals.expired)
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'false')
  await ask(at, 'phone_number')
  await update(at, 'jane@example.com')
  // The code of the other address is as good as before.
  await verify(at, await at.server.code('+15555550100'), 'phone_number')
})

test('protocol/administration 4.5: an alias that another has verified cannot be taken', async (t) => {
  const at = await start(t, { AliasAttributes: ['email'] })
  await addVerifiedUser(at, 'john', 'jane@example.com')
  await ask(at)
  await refused(
    verify(at, await at.server.code('jane@example.com')),
    'AliasExistsException: An account with the given email already exists.',
  )
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'john')
})

const holding: Partial<CreateUserPoolRequest> = {
  AliasAttributes: ['email'],
  AutoVerifiedAttributes: ['email'],
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
}

const verified = { email: 'jane@example.com', email_verified: 'true' }

const emailOf = async (at: PoolUnderTest): Promise<string> => {
  const { attributes } = await userOf(at, 'jane')
  return `${attributes['email']} ${attributes['email_verified']}`
}

test('protocol/administration 1.10: the old address works until the new one is verified', async (t) => {
  const at = await start(t, holding, verified)
  assert.deepEqual(await update(at, 'new@example.com'), {
    CodeDeliveryDetailsList: [{ Destination: 'n***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' }],
  })
  assert.equal(await emailOf(at), 'jane@example.com true')
  await signIn(at, 'jane@example.com')
  await refused(signIn(at, 'new@example.com'), refusals.noUser)
  await at.server.call('ForgotPassword', { ClientId: at.ClientId, Username: 'jane' })
  const recoveryCode = await at.server.code('jane@example.com')
  const code = await at.server.code('new@example.com')
  await refused(verify(at, wrongCode(code)), refusals.mismatch)
  await verify(at, code)
  assert.equal(await emailOf(at), 'new@example.com true')
  await signIn(at, 'new@example.com')
  await refused(signIn(at, 'jane@example.com'), refusals.noUser)
  // What was sent to the old address is void.
  await refused(
    at.server.call('ConfirmForgotPassword', {
      ClientId: at.ClientId,
      Username: 'jane',
      ConfirmationCode: recoveryCode,
      Password: otherPassword,
    }),
    refusals.expired,
  )
})

test('protocol/administration 1.10: other attributes of the same change count at once', async (t) => {
  const at = await start(t, holding, verified)
  await at.server.call('UpdateUserAttributes', {
    AccessToken: at.AccessToken,
    UserAttributes: listed({ email: 'new@example.com', name: 'Jane' }),
  })
  assert.equal((await userOf(at, 'jane')).attributes['name'], 'Jane')
  assert.equal(await emailOf(at), 'jane@example.com true')
})

test('protocol/administration 1.10: of several new addresses the last one waits', async (t) => {
  const at = await start(t, holding, verified)
  await update(at, 'first@example.com')
  await update(at, 'second@example.com')
  const [first, second] = [await at.server.code('first@example.com'), await at.server.code('second@example.com')]
  if (first !== second) await refused(verify(at, first), refusals.mismatch)
  await verify(at, second)
  assert.equal(await emailOf(at), 'second@example.com true')
})

test('protocol/administration 1.10: a code that is asked for goes to the address that waits', async (t) => {
  const at = await start(t, holding, verified)
  await update(at, 'new@example.com')
  const first = await at.server.code('new@example.com')
  assert.deepEqual(await ask(at), {
    CodeDeliveryDetails: { Destination: 'n***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  })
  const second = await at.server.code('new@example.com')
  if (first !== second) await refused(verify(at, first), refusals.mismatch)
  await verify(at, second)
  assert.equal(await emailOf(at), 'new@example.com true')
})

test('protocol/administration 1.10: what waited too long is forgotten', async (t) => {
  const at = await start(t, holding, verified)
  await update(at, 'new@example.com')
  const code = await at.server.code('new@example.com')
  at.server.advance(24 * 3600)
  const later = await caller(at)
  await refused(verify(later, code), refusals.expired)
  assert.equal(await emailOf(at), 'jane@example.com true')
  assert.equal((await ask(later)).CodeDeliveryDetails?.Destination, 'j***@e***')
  await verify(later, await at.server.code('jane@example.com'))
  assert.equal(await emailOf(at), 'jane@example.com true')
})

const byAdmin = (at: PoolUnderTest, attributes: Readonly<Record<string, string>>): Promise<unknown> =>
  at.server.call('AdminUpdateUserAttributes', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    UserAttributes: listed(attributes),
  })

test('protocol/administration 1.10: an administrator who vouches for an address does not wait, and ends what waited', async (t) => {
  const at = await start(t, holding, verified)
  await update(at, 'new@example.com')
  const code = await at.server.code('new@example.com')
  await byAdmin(at, { email: 'sure@example.com', email_verified: 'true' })
  assert.equal(await emailOf(at), 'sure@example.com true')
  await refused(verify(at, code), refusals.expired)
  await assert.rejects(at.server.mail('sure@example.com'), /nothing was sent/)
})

test('protocol/administration 1.10: an administrator who does not vouch waits like the user, and unverifies nothing', async (t) => {
  const at = await start(t, holding, verified)
  for (const attributes of [{ email: 'first@example.com' }, { email: 'second@example.com', email_verified: 'false' }]) {
    await byAdmin(at, attributes)
    assert.equal(await emailOf(at), 'jane@example.com true')
  }
  await verify(at, await at.server.code('second@example.com'))
  assert.equal(await emailOf(at), 'second@example.com true')
})

test('protocol/administration 1.10: a new address that has become another’s meanwhile is not taken', async (t) => {
  const at = await start(t, holding, verified)
  await update(at, 'new@example.com')
  await addVerifiedUser(at, 'john', 'new@example.com')
  await refused(
    verify(at, await at.server.code('new@example.com')),
    'AliasExistsException: An account with the given email already exists.',
  )
  assert.equal(await emailOf(at), 'jane@example.com true')
})
