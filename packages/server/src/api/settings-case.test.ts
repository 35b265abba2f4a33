import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shapes } from '../wire/model.gen.ts'
import { fromWire, toWire } from './settings-case.ts'

test('names go both ways; an acronym in front is lowered whole', () => {
  const wire = {
    AdminCreateUserConfig: {
      AllowAdminCreateUserOnly: true,
      InviteMessageTemplate: { SMSMessage: '{username} {####}', EmailSubject: 'Hello' },
    },
    LambdaConfig: { KMSKeyID: 'key', CustomSMSSender: { LambdaVersion: 'V1_0', LambdaArn: 'arn' } },
    VerificationMessageTemplate: { SmsMessage: '{####}' },
    AutoVerifiedAttributes: ['email'],
    CallbackURLs: ['https://example.com'],
  }
  const settings = {
    adminCreateUserConfig: {
      allowAdminCreateUserOnly: true,
      inviteMessageTemplate: { smsMessage: '{username} {####}', emailSubject: 'Hello' },
    },
    lambdaConfig: { kmsKeyId: 'key', customSMSSender: { lambdaVersion: 'V1_0', lambdaArn: 'arn' } },
    verificationMessageTemplate: { smsMessage: '{####}' },
    autoVerifiedAttributes: ['email'],
    callbackURLs: ['https://example.com'],
  }
  assert.deepEqual(fromWire(wire), settings)
  assert.deepEqual(toWire(settings), wire)
})

test('names of the runtime are plain names', () => {
  assert.deepEqual(toWire({ constructor: { toString: 1 } }), { Constructor: { ToString: 1 } })
  assert.deepEqual(fromWire({ Constructor: 1 }), { constructor: 1 })
})

// A member that begins with an acronym and is missing in the tables would be stored as `sMSMessage` is not any more.
test('no member of a setting begins with an acronym that is not lowered', () => {
  const settings = ['UpdateUserPoolRequest', 'CreateUserPoolRequest', 'UpdateUserPoolClientRequest']
  const namesIn = (name: string, path: readonly string[] = []): string[] => {
    const shape = shapes[name]
    if (!shape || path.includes(name)) return []
    if (shape.t === 'list') return namesIn(shape.of, [...path, name])
    if (shape.t !== 'structure') return []
    return Object.entries(shape.m).flatMap(([member, kind]) => [member, ...namesIn(kind, [...path, name])])
  }
  for (const member of new Set(settings.flatMap((name) => namesIn(name)))) {
    const [lowered = ''] = Object.keys(fromWire({ [member]: 1 }))
    assert.match(lowered, /^[a-z][a-z0-9]/, member)
    assert.doesNotMatch(lowered, /^[a-z][A-Z]/, member)
  }
})
