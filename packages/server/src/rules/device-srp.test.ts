// The exchange of a device by its vectors: group key and device key stand where pool and user stand
// (protocol/authentication 4.A).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  claimSignature,
  isVerifier,
  minimalHex,
  readPublicValue,
  scrambler,
  secretBase,
  serverPublicValue,
  sharedKey,
  srpExponent,
  srpPrimeHex,
} from './srp.ts'
import { bytes, number, power, prime } from '../../testing/powers.ts'

type Texts = Readonly<Record<string, string>>

type Vector = {
  readonly name: string
  readonly input: Texts
  readonly confirmDevice: {
    readonly DeviceSecretVerifierConfig: { readonly Salt: string; readonly PasswordVerifier: string }
  }
  readonly intermediate: Texts
  readonly wire: { readonly devicePasswordVerifierParameters: Texts; readonly devicePasswordVerifierResponse: Texts }
  readonly expected: { readonly passwordClaimSignature: string }
}

const { vectors } = JSON.parse(readFileSync('model/vectors/device-srp.json', 'utf8')) as { vectors: Vector[] }

for (const { name, input, confirmDevice, intermediate, wire, expected } of vectors) {
  test(`vector ${name}: what is confirmed, every value of the exchange, and the signature`, () => {
    const { deviceGroupKey: poolName = '', deviceKey: username = '', devicePassword: password = '' } = input
    const { A = '', v = '', B = '', u = '', x = '', S = '' } = intermediate
    const { Salt, PasswordVerifier } = confirmDevice.DeviceSecretVerifierConfig
    const salt = minimalHex(Buffer.from(Salt, 'base64'))
    const verifier = minimalHex(Buffer.from(PasswordVerifier, 'base64'))
    assert.equal(number(salt), number(input['saltHex'] ?? ''))
    assert.equal(salt, wire.devicePasswordVerifierParameters['SALT'])
    assert.equal(number(verifier), number(v))
    assert.equal(isVerifier(verifier), true)
    assert.equal(number(srpExponent({ poolName, username, password }, salt)), number(x))
    assert.equal(power(2n, number(x)), number(v))
    const clientPublic = readPublicValue(A)
    const serverPublic = serverPublicValue(verifier, power(2n, number(input['b'] ?? '')))
    assert.ok(clientPublic && serverPublic)
    assert.equal(number(serverPublic), number(B))
    const scrambled = scrambler(clientPublic, serverPublic)
    assert.ok(scrambled)
    assert.equal(number(scrambled), number(u))
    const base = secretBase(clientPublic, bytes(power(number(verifier), number(u))))
    const secret = power(number(base), number(input['b'] ?? ''))
    assert.equal(secret, number(S))
    const key = sharedKey(bytes(secret), scrambled)
    assert.equal(key.toString('hex'), intermediate['hkdfKey16'])
    const answer = wire.devicePasswordVerifierResponse
    const secretBlock = Buffer.from(answer['PASSWORD_CLAIM_SECRET_BLOCK'] ?? '', 'base64')
    const claim = { poolName, username, secretBlock, timestamp: answer['TIMESTAMP'] ?? '' }
    assert.equal(claimSignature(key, claim).toString('base64'), expected.passwordClaimSignature)
    const other = claimSignature(key, { ...claim, poolName: `${poolName}x` })
    assert.notEqual(other.toString('base64'), expected.passwordClaimSignature)
  })
}

test('a verifier is a number between 1 and N − 1, and neither', () => {
  const good = ['2', 'ff', (prime - 2n).toString(16)]
  const bad = ['', '0', '1', (prime - 1n).toString(16), srpPrimeHex, (prime + 1n).toString(16), `${srpPrimeHex}0`, 'xy']
  for (const hex of good) assert.equal(isVerifier(hex), true, hex.slice(-9))
  for (const hex of bad) assert.equal(isVerifier(hex), false, hex.slice(-9))
})
