import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { networkOf, plainAddress, readNetworks, sourceAddress, type Networks } from './source-address.ts'

const networks = (text: string): Networks => {
  const read = readNetworks(text)
  if ('networks' in read) return read.networks
  throw new Error(`no network: ${read.unknown}`)
}

const trusted = networks('10.0.0.0/8, 192.0.2.7, 2001:db8:1::/48')

test('req 123: without a trusted proxy X-Forwarded-For is ignored', () => {
  assert.equal(sourceAddress('198.51.100.1', '203.0.113.9', undefined), '198.51.100.1')
  assert.equal(sourceAddress('198.51.100.1', '203.0.113.9', trusted), '198.51.100.1')
  assert.equal(sourceAddress('192.0.2.8', '203.0.113.9', trusted), '192.0.2.8')
  assert.equal(sourceAddress(undefined, '203.0.113.9', trusted), undefined)
})

test('req 123: behind trusted proxies the source is the right-most address that is none of them', () => {
  const cases: readonly [forwardedFor: string, source: string][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9, 10.9.9.9, 192.0.2.7', '203.0.113.9'],
    ['1.1.1.1,203.0.113.9,2001:db8:1:ffff::1', '203.0.113.9'],
    ['2001:DB8:2:0:0:0:0:1', '2001:db8:2::1'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8:2::1]:4711', '2001:db8:2::1'],
    ['[2001:db8:2::1]', '2001:db8:2::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:10.1.1.1, ::ffff:10.1.1.2', '10.1.1.1'],
    ['10.1.1.1, 10.1.1.2', '10.1.1.1'],
  ]
  for (const [forwardedFor, source] of cases) {
    assert.equal(sourceAddress('10.0.0.1', forwardedFor, trusted), source, forwardedFor)
    assert.equal(sourceAddress('::ffff:10.0.0.1', forwardedFor, trusted), source, forwardedFor)
  }
})

test('req 123: nothing left of a malformed address is believed', () => {
  const malformed = ['', ' ', 'unknown', '_hidden', '203.0.113', '203.0.113.256', '1.2.3.4.5', '[::1', '::1]', '0x7f.1']
  for (const word of [
    ...malformed,
    '2001:db8:::1',
    '203.0.113.9:',
    '203.0.113.9:123456',
    'localhost',
    '1.2.3.4 5.6.7.8',
  ]) {
    assert.equal(sourceAddress('10.0.0.1', word, trusted), '10.0.0.1', word)
    assert.equal(sourceAddress('10.0.0.1', `203.0.113.9, ${word}`, trusted), '10.0.0.1', word)
    assert.equal(sourceAddress('10.0.0.1', `203.0.113.9, ${word}, 10.2.2.2`, trusted), '10.2.2.2', word)
  }
})

test('whatever a caller behind a trusted proxy writes, the source is the address that the proxy added', () => {
  fc.assert(
    fc.property(fc.string(), (written) => {
      assert.equal(sourceAddress('10.0.0.1', `${written}, 203.0.113.9`, trusted), '203.0.113.9')
    }),
  )
})

test('an address is plain in its shortest form, without its zone, and IPv4 inside IPv6 is IPv4', () => {
  assert.equal(plainAddress('::FFFF:c000:0201'), '192.0.2.1')
  assert.equal(plainAddress('fe80:0:0:0:0:0:0:1%eth0'), 'fe80::1')
  assert.equal(plainAddress('::'), '::')
  for (const text of ['', 'a', '01.2.3.4', '1.2.3.4%eth0', ':::', '1::2::3'])
    assert.equal(plainAddress(text), undefined)
})

test('req 123: an IPv6 source is its /64, an IPv4 source its address, and unknown sources are one', () => {
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  assert.equal(networkOf('2001:db8:1:2::9'), networkOf('2001:db8:1:2:ffff::'))
  assert.notEqual(networkOf('2001:db8:1:2::9'), networkOf('2001:db8:1:3::9'))
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
  assert.equal(networkOf('1::'), '1:0:0:0::/64')
  for (const unknown of [undefined, '', 'nonsense']) assert.equal(networkOf(unknown), '')
})

test('any two addresses of a /64 are one source, of two /64 two', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16))
  const half = fc.array(group, { minLength: 4, maxLength: 4 }).map((groups) => groups.join(':'))
  fc.assert(
    fc.property(half, half, half, half, (network, other, one, two) => {
      assert.equal(networkOf(`${network}:${one}`), networkOf(`${network}:${two}`))
      if (network !== other) assert.notEqual(networkOf(`${network}:${one}`), networkOf(`${other}:${one}`))
    }),
  )
})

test('lists of networks are read with blanks about the commas; the first item that is none is named', () => {
  for (const text of ['10.0.0.0/8', '::/0', '0.0.0.0/0, ::1/128', '::ffff:10.0.0.1'])
    assert.ok('networks' in readNetworks(text), text)
  for (const word of [
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    '2001:db8::/129',
    'proxy',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
  ])
    assert.deepEqual(readNetworks(`10.0.0.1, ${word}`), { unknown: word })
})
