import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainOf, readSender, senderOf } from './mail-sender.ts'

test('a sender is an address, or a name with one in angle brackets', () => {
  const address = 'id@example.com'
  assert.deepEqual(readSender(address), { name: '', address })
  assert.deepEqual(readSender(`<${address}>`), { name: '', address })
  assert.deepEqual(readSender(`Example Shop <${address}> `), { name: 'Example Shop', address })
  assert.deepEqual(readSender(`"Example, Shop" <${address}>`), { name: 'Example, Shop', address })
  // Whatever stands before the brackets is a name, never a second sender.
  assert.deepEqual(readSender(`eve@evil.example, Us <${address}>`), { name: 'eve@evil.example, Us', address })
})

test('what is no sender is none', () => {
  const none = [
    '',
    'us',
    'Us <us>',
    'id@example.com, eve@example.com',
    'Us <id@example.com> <eve@example.com>',
    'Us <id@example.com,eve@example.com>',
    'Us\r\nBcc: eve@example.com <id@example.com>',
    'id@example.com\r\nBcc: eve@example.com',
    'Us <id@example.com',
  ]
  for (const text of none) assert.equal(readSender(text), undefined, text)
})

test('a pool names its sender by From, or else by an identity that is an address', () => {
  const arn = (identity: string): string => `arn:aws:ses:eu-central-1:123456789012:identity/${identity}`
  assert.deepEqual(senderOf({ from: 'a@example.com', sourceArn: arn('b@example.com') })?.address, 'a@example.com')
  assert.deepEqual(senderOf({ sourceArn: arn('b@example.com') }), { name: '', address: 'b@example.com' })
  assert.equal(senderOf({ sourceArn: arn('example.com') }), undefined)
  assert.equal(senderOf({}), undefined)
})

test('the domain of a sender is compared in lower case', () => {
  assert.equal(domainOf({ name: '', address: 'id@Mail.Example.COM' }), 'mail.example.com')
})
