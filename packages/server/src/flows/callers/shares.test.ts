import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, defaultShareLimits, noShareLimits, productionSettings, type ShareLimits } from '../../config.ts'
import { ServiceError } from '../../errors.ts'
import { makeShares, type Asker, type Shares } from './shares.ts'
import { sourceByProxies } from './trusted-proxies.ts'

const start = 1_767_323_045_000

const small: ShareLimits = {
  ...noShareLimits,
  'sign-in/source': 10,
  'sign-in/client': 20,
  'sign-in/pool': 30,
  'sign-in/spare': 2,
}

const from = (source: string, clientId = 'c1', poolId = 'p1'): Asker => ({ source, clientId, poolId })

/** Asks so often. @returns the shares that refused, and how often */
const ask = (shares: Shares, asker: Asker, times: number, now = start): Record<string, number> => {
  const refusals: Record<string, number> = {}
  for (let time = 0; time < times; time += 1) {
    try {
      shares.take(['sign-in'], asker, now)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      assert.deepEqual([error.name, error.message], ['TooManyRequestsException', 'Too many requests'])
      refusals[error.limit ?? ''] = (refusals[error.limit ?? ''] ?? 0) + 1
    }
  }
  return refusals
}

test('req 123: a source that has used up its share is refused for its own sake, and no other source is', () => {
  const shares = makeShares(small)
  assert.deepEqual(ask(shares, from('a'), 15), { 'sign-in/source': 5 })
  assert.deepEqual(ask(shares, from('b'), 10), {})
  assert.deepEqual(ask(shares, from('a'), 1, start + 5999), { 'sign-in/source': 1 })
  assert.deepEqual(ask(shares, from('a', 'c9', 'p9'), 2, start + 6000), { 'sign-in/source': 1 })
})

test('req 123: sources that use up a client together keep no other source from its spare, nor other clients', () => {
  const shares = makeShares(small)
  for (const source of ['a', 'b']) assert.deepEqual(ask(shares, from(source), 10), {})
  assert.deepEqual(ask(shares, from('c'), 5), { 'sign-in/client': 3 })
  assert.deepEqual(ask(shares, from('d'), 2), {})
  // Of another client of the pool ten are left.
  assert.deepEqual(ask(shares, from('e', 'c2'), 8), {})
  assert.deepEqual(ask(shares, from('f', 'c2'), 3), { 'sign-in/pool': 1 })
  assert.deepEqual(ask(shares, from('g', 'c3', 'p2'), 10), {})
})

test('req 123: a refused request takes nothing from anybody', () => {
  const shares = makeShares({ ...small, 'sign-up/source': 1 })
  shares.take(['sign-up'], from('a'), start)
  for (let time = 0; time < 100; time += 1)
    assert.throws(() => shares.take(['sign-in', 'sign-up'], from('a'), start), { limit: 'sign-up/source' })
  assert.deepEqual(ask(shares, from('a'), 10), {})
  assert.deepEqual(ask(shares, from('b'), 10), {})
})

test('a request that names no client there is, is counted by its source alone', () => {
  const shares = makeShares(small)
  const unknown = { source: 'a', clientId: undefined, poolId: undefined }
  assert.deepEqual(ask(shares, unknown, 11), { 'sign-in/source': 1 })
  for (let time = 0; time < 5; time += 1) assert.deepEqual(ask(shares, { ...unknown, source: `b${time}` }, 10), {})
})

test('a share without a limit refuses nothing; without a spare, a client that is used up refuses all', () => {
  const free = makeShares(noShareLimits)
  assert.deepEqual(ask(free, from('a'), 20_000), {})
  assert.equal(free.size, 0)
  const strict = makeShares({ ...noShareLimits, 'sign-in/client': 1 })
  assert.deepEqual(ask(strict, from('a'), 1), {})
  assert.deepEqual(ask(strict, from('b'), 1), { 'sign-in/client': 1 })
})

test('req 123: the tables stay small, whatever comes, and shrink when it is over', () => {
  const shares = makeShares({ ...noShareLimits, 'sign-in/source': 10 })
  for (let source = 0; source < 40_000; source += 1) shares.take(['sign-in'], from(`s${source}`), start)
  assert.equal(shares.size, 16_384)
  for (let time = 1; time <= 9000; time += 1) shares.take(['sign-in'], from('late'), start + time * 6000)
  assert.equal(shares.size, 1)
})

test('req 123: a source that goes on is not forgotten while others come', () => {
  const shares = makeShares({ ...noShareLimits, 'sign-in/source': 10 })
  ask(shares, from('a'), 9)
  for (let source = 0; source < 16_000; source += 1) shares.take(['sign-in'], from(`s${source}`), start)
  assert.deepEqual(ask(shares, from('a'), 2), { 'sign-in/source': 1 })
})

const limitsOf = (limits: string): ShareLimits =>
  productionSettings({ database: ':memory:', region: 'zz-local-1', publicUrl: 'https://id.example.com', limits })
    .shareLimits

test('--limits changes the shares that it names and leaves the others', () => {
  assert.deepEqual(limitsOf('sign-in/source=600, message/pool=off'), {
    ...defaultShareLimits,
    'sign-in/source': 600,
    'message/pool': undefined,
  })
  assert.deepEqual(limitsOf('off'), noShareLimits)
  for (const item of [
    '',
    'off',
    'sign-in=1',
    'sign-in/user=1',
    'sign-in/source=0',
    'sign-in/source=1.5',
    'toString/a=1',
  ])
    assert.throws(
      () => limitsOf(`message/pool=5,${item}`),
      (error: Error) => error instanceof ConfigError && error.message.endsWith(`Not one of them: ${item}.`),
    )
})

test('--trusted-proxies names the item that is no network', () => {
  assert.throws(
    () => sourceByProxies('10.0.0.0/8,proxy.example'),
    (error: Error) => error instanceof ConfigError && error.message.endsWith('Not one of them: proxy.example.'),
  )
  assert.equal(sourceByProxies('10.0.0.0/8')('10.0.0.1', '192.0.2.1'), '192.0.2.1')
  assert.equal(sourceByProxies(undefined)('10.0.0.1', '192.0.2.1'), '10.0.0.1')
})
