import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase32 } from './base32.ts'
import { explainTotp, matchTotp, totpCode, totpStep } from './totp.ts'

type Vectors = {
  rfc6238: {
    secretAscii: string
    secretBase32: string
    vectors: { unixTime: number; step: number; code8: string; code6: string }[]
  }
  window: {
    secretBase32: string
    secretHex: string
    secretLength: number
    nowUnix: number
    vectors: { offsetSteps: number; step: number; code6: string; accept: boolean }[]
  }
}

const { rfc6238, window } = JSON.parse(readFileSync('model/vectors/totp.json', 'utf8')) as Vectors

// RFC 6238, appendix B, the six last digits of each SHA-1 code: written out here, so that the file can be wrong.
const published: readonly [unixTime: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]

// RFC 4226, appendix D: the codes of the counters 0 to 9.
const hotp = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ')

const secret = Buffer.from('12345678901234567890')

for (const [unixTime, code] of published) {
  test(`RFC 6238: ${code} at ${unixTime}`, () => {
    assert.equal(totpCode(secret, totpStep(unixTime * 1000)), code)
    assert.equal(matchTotp(secret, code, unixTime * 1000), Math.floor(unixTime / 30))
  })
}

test('RFC 4226: the codes of the first ten counters', () => {
  assert.deepEqual(
    hotp.map((_, counter) => totpCode(secret, counter)),
    hotp,
  )
})

test('the vectors of the model agree with the RFC', () => {
  assert.deepEqual(Buffer.from(decodeBase32(rfc6238.secretBase32)), Buffer.from(rfc6238.secretAscii))
  assert.deepEqual(
    rfc6238.vectors.map(({ unixTime, code6 }) => [unixTime, code6]),
    published,
  )
  for (const { unixTime, step, code8, code6 } of rfc6238.vectors) {
    assert.equal(totpStep(unixTime * 1000), step)
    assert.equal(code8.slice(2), code6)
  }
})

test('req 19: the present step and one either side are taken, steps further off are not', () => {
  const longer = decodeBase32(window.secretBase32)
  assert.equal(Buffer.from(longer).toString('hex'), window.secretHex)
  for (const { step, code6, accept } of window.vectors) {
    assert.equal(totpCode(longer, step), code6)
    assert.equal(matchTotp(longer, code6, window.nowUnix * 1000), accept ? step : undefined)
  }
})

test('req 19: a step begins and ends to the millisecond', () => {
  const at = 59 * 1000
  const code = totpCode(secret, 3)
  const taken = (now: number): boolean => matchTotp(secret, code, now) !== undefined
  assert.deepEqual([at, 59_999, 60_000, 90_000, 149_999, 150_000].map(taken), [false, false, true, true, true, false])
})

test('the first step of all has none before it', () => {
  assert.equal(matchTotp(secret, totpCode(secret, 0), 0), 0)
  assert.equal(matchTotp(secret, totpCode(secret, 1), 0), 1)
})

test('req 22: only six ASCII digits are a code', () => {
  const code = totpCode(secret, 1)
  const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
  const arabic = Array.from(code, (digit) => String.fromCodePoint(0x0660 + Number(digit))).join('')
  const bad = [
    '',
    ' ',
    code.slice(1),
    `${code}0`,
    `0${code}`,
    ` ${code}`,
    `${code}\n`,
    `+${code.slice(1)}`,
    wide,
    arabic,
  ]
  for (const given of [...bad, `${code}\0`, '1e5000', '0x1234', '-12345', 'abcdef']) {
    assert.equal(matchTotp(secret, given, 59_000), undefined, JSON.stringify(given))
    assert.equal(explainTotp(secret, given, 59_000), 'not six digits')
  }
})

test('req 19: of any code, only those of the window match', () => {
  const anyStep = fc.integer({ min: 5, max: 2 ** 40 })
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 64 }),
      anyStep,
      fc.integer({ min: -5, max: 5 }),
      (key, step, away) => {
        const code = totpCode(key, step + away)
        assert.match(code, /^\d{6}$/)
        const near = [-1, 0, 1].some((offset) => totpCode(key, step + offset) === code)
        assert.equal(matchTotp(key, code, step * 30_000) !== undefined, near)
      },
    ),
  )
})

test('a wrong code is explained for the log by how far off it is', () => {
  const now = 100 * 30_000
  assert.equal(explainTotp(secret, totpCode(secret, 97), now), 'the code is of 3 steps ago')
  assert.equal(explainTotp(secret, totpCode(secret, 104), now), 'the code is of 4 steps ahead')
  assert.equal(explainTotp(secret, totpCode(secret, 160), now), 'the code is of no step within ten minutes')
  assert.equal(explainTotp(secret, totpCode(secret, 300), 0), 'the code is of no step within ten minutes')
})
