import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeFairQueue, unknownSource, type FairQueue, type JobSource } from './fair-queue.ts'

const from = (source: string, signed = false): JobSource => ({ source, signed })

/** Adds jobs named after their source, such as `a1`. @returns those that found no place */
const addAll = (queue: FairQueue<string>, asker: JobSource, count: number): string[] =>
  Array.from({ length: count }, (_, index) => queue.add(asker, `${asker.source}${index}`)).filter(
    (job) => job !== undefined,
  )

const count = (jobs: readonly string[], source: string): number => jobs.filter((job) => job.startsWith(source)).length

test('jobs of one source come out in the order in which they came', () => {
  const queue = makeFairQueue<string>(10)
  assert.deepEqual(addAll(queue, unknownSource, 4), [])
  assert.equal(queue.size, 4)
  assert.deepEqual(queue.take(3), ['0', '1', '2'])
  assert.deepEqual(queue.take(3), ['3'])
  assert.deepEqual(queue.take(3), [])
  assert.equal(queue.size, 0)
})

test('req 123: sources take turns, however much one of them has waiting', () => {
  const queue = makeFairQueue<string>(100)
  addAll(queue, from('a'), 50)
  addAll(queue, from('b'), 2)
  addAll(queue, from('c'), 1)
  assert.deepEqual(queue.take(6), ['b0', 'a0', 'c0', 'a1', 'b1', 'a2'])
})

test('req 123: a source that floods loses its own newest jobs; another is never refused', () => {
  const queue = makeFairQueue<string>(10)
  assert.deepEqual(addAll(queue, from('a'), 12), ['a10', 'a11'])
  assert.deepEqual(addAll(queue, from('b'), 3), ['a9', 'a8', 'a7'])
  assert.deepEqual(addAll(queue, from('a'), 2), ['a0', 'a1'])
  assert.deepEqual(addAll(queue, from('b'), 4), ['a6', 'a5', 'b2', 'b3'])
  assert.equal(queue.size, 10)
})

test('req 123: with as many sources as places, each has one; the next source finds none', () => {
  const queue = makeFairQueue<string>(4)
  for (const source of ['a', 'b', 'c', 'd']) assert.deepEqual(addAll(queue, from(source), 1), [])
  assert.deepEqual(addAll(queue, from('e'), 1), ['e0'])
  assert.deepEqual(queue.take(4), ['a0', 'b0', 'c0', 'd0'])
})

test('req 123: of many sources that flood together, none keeps a quiet one from its place and its turn', () => {
  const queue = makeFairQueue<string>(100)
  // A hundred sources ask over and over, and are busy by then; the queue is full of their jobs.
  for (let round = 0; round < 20; round += 1)
    for (let source = 0; source < 100; source += 1) addAll(queue, from(`a${source}-`), 1)
  assert.equal(queue.size, 100)
  assert.ok(queue.hasPlace(from('b')))
  assert.ok(!queue.hasPlace(from('a7-')))
  for (let source = 0; source < 8; source += 1) assert.equal(count(addAll(queue, from(`b${source}-`), 1), 'b'), 0)
  assert.equal(count(queue.take(16), 'b'), 8)
  assert.ok(queue.size < 100 && queue.hasPlace(from('a7-')))
})

test('jobs of a source keep their order when it becomes busy', () => {
  const queue = makeFairQueue<string>(100)
  addAll(queue, from('a'), 20)
  addAll(queue, from('b'), 2)
  const taken = queue.take(100)
  assert.deepEqual(
    taken.filter((job) => job.startsWith('a')),
    Array.from({ length: 20 }, (_, index) => `a${index}`).slice(0, count(taken, 'a')),
  )
})

test('a queue has a place for a source that would be given one', () => {
  const queue = makeFairQueue<string>(2)
  assert.ok(queue.hasPlace(from('a')))
  addAll(queue, from('a'), 2)
  assert.ok(!queue.hasPlace(from('a')))
  assert.ok(queue.hasPlace(from('b')))
})

test('req 123: signed calls have half of the places and every second turn, whatever comes unsigned', () => {
  const queue = makeFairQueue<string>(10)
  for (let source = 0; source < 10; source += 1) addAll(queue, from(`a${source}-`), 1)
  const dropped = addAll(queue, from('key', true), 6)
  assert.equal(count(dropped, 'a'), 5)
  assert.deepEqual(count(dropped, 'key'), 1)
  const taken = queue.take(4)
  assert.equal(count(taken, 'key'), 2)
})

test('req 123: open calls have half of the places beside signed ones', () => {
  const queue = makeFairQueue<string>(10)
  addAll(queue, from('key', true), 10)
  assert.equal(count(addAll(queue, from('a'), 7), 'key'), 5)
  assert.equal(queue.size, 10)
})

test('where one kind of caller waits alone, it has every place', () => {
  for (const signed of [true, false]) {
    const queue = makeFairQueue<string>(10)
    assert.deepEqual(addAll(queue, from('a', signed), 11), ['a10'])
  }
})

test('req 123: while several sources come, few jobs are taken together; one source alone is taken at length', () => {
  const queue = makeFairQueue<string>(10_000)
  addAll(queue, from('a'), 5000)
  assert.equal(queue.take(16).length, 16)
  addAll(queue, from('b'), 1)
  queue.take(2)
  assert.deepEqual(queue.take(16).length, 2)
  for (let jobs = 0; jobs < 4096; jobs += 2) queue.take(2)
  assert.equal(queue.take(16).length, 16)
})

test('whatever comes, no job is lost or doubled', () => {
  const step = fc.record({ source: fc.constantFrom('a', 'b', 'c', 'd'), signed: fc.boolean(), take: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (steps, limit) => {
      const queue = makeFairQueue<string>(limit)
      const waiting = new Set<string>()
      for (const [index, { source, signed, take }] of steps.entries()) {
        const job = `${source}${signed ? '+' : '-'}${index}`
        waiting.add(job)
        const dropped = queue.add({ source, signed }, job)
        if (dropped !== undefined) assert.ok(waiting.delete(dropped))
        assert.equal(queue.size, waiting.size)
        assert.ok(queue.size <= limit)
        for (const taken of queue.take(take)) assert.ok(waiting.delete(taken))
      }
      while (queue.size > 0) for (const taken of queue.take(3)) assert.ok(waiting.delete(taken))
      assert.equal(waiting.size, 0)
    }),
  )
})
