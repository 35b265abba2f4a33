import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { number, power as expected, prime as N } from '../../../testing/powers.ts'
import { makeModularPower } from './modular-power.ts'

const powers = makeModularPower({ threads: 2, queueLimit: 100 })
after(powers.close)

const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(768, '0'), 'hex')

type Vector = {
  readonly name: string
  readonly input: { readonly a: string; readonly b: string }
  readonly intermediate: Readonly<Record<string, string>>
}

const { vectors } = JSON.parse(readFileSync('model/vectors/srp.json', 'utf8')) as {
  vectors: Vector[]
}

test('powers of the generator are those of BigInt, short and long, and always 384 bytes', async () => {
  const exponents = ['01', '02', '7f', '80', 'ff', '0bff', '0c00', '000102', 'ffffffff'].map((hex) =>
    Buffer.from(hex, 'hex'),
  )
  for (const exponent of [...exponents, ...[16, 32, 128].map((length) => randomBytes(length))]) {
    const value = await powers.generatorPower(exponent)
    assert.equal(value.length, 384)
    assert.equal(number(value), expected(2n, number(exponent)), exponent.toString('hex'))
  }
})

test('powers of other bases are those of BigInt, inside and outside the subgroup of 2', async () => {
  const bases = [2n, 3n, 5n, 0x80n, 0xffffn, N - 2n, number(randomBytes(383)), number(randomBytes(200))]
  for (const base of bases) {
    const exponent = randomBytes(32)
    const value = await powers.power(bytesOf(base), exponent)
    assert.equal(value.length, 384)
    assert.equal(number(value), expected(base, number(exponent)), base.toString(16))
    assert.equal(number(await powers.power(bytesOf(base), Buffer.from([1]))), base)
  }
})

test('a result with leading zero bytes keeps its length', async () => {
  // 2^3071 fills the prime, 2^3063 is one byte shorter, 2^8 is two bytes long.
  for (const exponent of [3071, 3063, 8]) {
    const bytes = Buffer.from(exponent.toString(16).padStart(4, '0'), 'hex')
    assert.deepEqual(await powers.generatorPower(bytes), bytesOf(1n << BigInt(exponent)))
    assert.deepEqual(await powers.power(Buffer.from([2]), bytes), bytesOf(1n << BigInt(exponent)))
  }
})

test('bases and exponents that give nothing away are refused, and the threads live on', async () => {
  for (const base of [0n, 1n, N - 1n, N, N + 2n]) {
    await assert.rejects(powers.power(bytesOf(base), randomBytes(32)), /no power of this base/)
  }
  await assert.rejects(powers.generatorPower(Buffer.alloc(4)), /no power of this base/)
  await assert.rejects(powers.power(Buffer.from([2]), Buffer.alloc(1)), /no power of this base/)
  const offer = { clientPublic: '2', verifier: '3', exponent: randomBytes(32) }
  for (const given of [{ verifier: '1' }, { exponent: Buffer.alloc(32) }, { clientPublic: N.toString(16) }])
    await assert.rejects(powers.srpExchange({ ...offer, ...given }), /no power of this base/)
  assert.equal(number(await powers.generatorPower(Buffer.from([10]))), 1024n)
})

test('many at once get each its own answer', async () => {
  const exponents = Array.from({ length: 40 }, () => randomBytes(2 + (randomBytes(1)[0] ?? 0) / 16))
  const values = await Promise.all(exponents.map((exponent) => powers.generatorPower(exponent)))
  assert.deepEqual(
    values.map(number),
    exponents.map((exponent) => expected(2n, number(exponent))),
  )
})

test('a job that fails fails alone, whatever waits with it', async (t) => {
  const small = makeModularPower({ threads: 1, queueLimit: 100 })
  closing(t, () => small.close())
  const jobs = Array.from({ length: 40 }, (_, index) => small.generatorPower(Buffer.from([index % 4])))
  for (const [index, job] of (await Promise.allSettled(jobs)).entries()) {
    if (index % 4 === 0) assert.equal(job.status, 'rejected')
    else assert.equal(job.status === 'fulfilled' && number(job.value), 1n << BigInt(index % 4))
  }
})

test('past the queue a power is refused at once', async (t) => {
  const small = makeModularPower({ threads: 1, queueLimit: 1 })
  closing(t, () => small.close())
  // A thread is handed two jobs, and one waits.
  const jobs = [3, 4, 5].map((exponent) => small.generatorPower(Buffer.from([exponent])))
  await assert.rejects(small.generatorPower(Buffer.from([6])), { name: 'TooManyRequestsException' })
  assert.deepEqual((await Promise.all(jobs)).map(number), [8n, 16n, 32n])
})

test('a power under way when the threads end is an error, one asked for later is computed', async (t) => {
  const ended = makeModularPower({ threads: 1, queueLimit: 1 })
  closing(t, () => ended.close())
  const job = ended.generatorPower(Buffer.from([3]))
  setImmediate(ended.close)
  await assert.rejects(job, /has ended/)
  assert.equal(number(await ended.generatorPower(Buffer.from([3]))), 8n)
})

for (const { name, input, intermediate } of vectors) {
  test(`the powers of the SRP exchange "${name}"`, async () => {
    const of = (key: string): bigint => BigInt(`0x${intermediate[key]}`)
    const [v, x, u, S, A] = ['v', 'x', 'u', 'S', 'A'].map(of) as [bigint, bigint, bigint, bigint, bigint]
    assert.equal(number(await powers.generatorPower(bytesOf(x))), v)
    assert.equal(number(await powers.generatorPower(Buffer.from(input.a.padStart(256, '0'), 'hex'))), A)
    const raised = await powers.power(bytesOf(v), bytesOf(u))
    const secret = await powers.power(bytesOf((A * number(raised)) % N), Buffer.from(input.b, 'hex'))
    assert.equal(number(secret), S)
    const offer = { clientPublic: A.toString(16), verifier: v.toString(16), exponent: Buffer.from(input.b, 'hex') }
    assert.deepEqual(await powers.srpExchange(offer), {
      serverPublic: of('B').toString(16),
      key: Buffer.from(intermediate['hkdfKey16'] ?? '', 'hex'),
    })
  })
}
