import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { makeModularPower } from './modular-power.ts'
import { makeSrpVerifier } from './srp-verifier.ts'

type Vector = {
  readonly name: string
  readonly input: Readonly<Record<'poolNamePart' | 'userIdForSrp' | 'password' | 'saltHex', string>>
  readonly intermediate: { readonly v: string }
}

const { vectors } = JSON.parse(readFileSync('model/vectors/srp.json', 'utf8')) as { vectors: Vector[] }

const powers = makeModularPower({ threads: 1, queueLimit: 100 })
after(powers.close)

const identity = { poolName: 'AbCdEf123', username: 'jane', password: 'Correct-Horse-7-Battery' }

for (const { name, input, intermediate } of vectors) {
  test(`the verifier of the vector "${name}"`, async () => {
    const salt = input.saltHex.replace(/^0+/, '')
    const made = await makeSrpVerifier(
      powers,
      { poolName: input.poolNamePart, username: input.userIdForSrp, password: input.password },
      salt,
    )
    assert.deepEqual(made, { salt, verifier: intermediate.v.replace(/^0+/, '') })
  })
}

test('salt and verifier are hexadecimal without leading zero digits (protocol/authentication 4.2)', async () => {
  const made = await Promise.all(Array.from({ length: 64 }, () => makeSrpVerifier(powers, identity)))
  for (const { salt, verifier } of made) {
    assert.match(salt, /^[1-9a-f][0-9a-f]{0,31}$/)
    assert.match(verifier, /^[1-9a-f][0-9a-f]*$/)
  }
  assert.equal(new Set(made.map(({ salt }) => salt)).size, 64)
})

test('pool, name, password and salt each change the verifier', async () => {
  const salt = '5a1f0c3e'
  const others = [
    makeSrpVerifier(powers, identity, salt),
    makeSrpVerifier(powers, { ...identity, poolName: 'Other' }, salt),
    makeSrpVerifier(powers, { ...identity, username: 'june' }, salt),
    makeSrpVerifier(powers, { ...identity, password: `${identity.password} ` }, salt),
    makeSrpVerifier(powers, identity, '5a1f0c3f'),
  ]
  const verifiers = (await Promise.all(others)).map(({ verifier }) => verifier)
  assert.equal(new Set(verifiers).size, others.length)
})
