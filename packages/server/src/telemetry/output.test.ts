import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeOutput, type Output, type WriteBytes } from './output.ts'

type Fault = 'ENOSPC' | 'EAGAIN' | 'part' | undefined

/** A place of which a test says what becomes of each write; writes end when the test lets them. */
const place = (bytesAtMost?: number) => {
  let text = ''
  const pending: (() => void)[] = []
  const faults: Fault[] = []
  const write: WriteBytes = (bytes, written) => {
    pending.push(() => {
      const fault = faults.shift()
      if (fault === 'ENOSPC' || fault === 'EAGAIN') {
        written(Object.assign(new Error(fault), { code: fault }), 0)
        return
      }
      const count = fault === 'part' ? Math.ceil(bytes.length / 2) : bytes.length
      text += bytes.subarray(0, count).toString('utf8')
      written(null, count)
    })
  }
  const output = makeOutput({
    write,
    lostLine: (count) => `lost ${count}\n`,
    ...(bytesAtMost === undefined ? {} : { bytesAtMost }),
  })
  const finish = (...outcomes: Fault[]): void => {
    faults.push(...outcomes)
    do pending.shift()?.()
    while (faults.length > 0 && pending.length > 0)
  }
  const finishAll = (): void => {
    while (pending.length > 0) pending.shift()?.()
  }
  return { output, finish, finishAll, text: () => text }
}

const lines = (output: Output, ...texts: string[]): void => texts.forEach((text) => output.write(`${text}\n`))

test('lines come out whole and in order, those that came meanwhile together', () => {
  const { output, finish, finishAll, text } = place()
  lines(output, 'one', 'two', 'three')
  assert.equal(text(), '')
  finish(undefined)
  assert.equal(text(), 'one\n')
  finish(undefined)
  assert.equal(text(), 'one\ntwo\nthree\n')
  lines(output, 'é', '😀')
  finishAll()
  assert.equal(text(), 'one\ntwo\nthree\né\n😀\n')
  assert.equal(output.lost(), 0)
})

test('on a full disk lines are lost and counted, the caller notices nothing, and the first line that finds room tells', () => {
  const { output, finish, finishAll, text } = place()
  lines(output, 'one', 'two')
  finish('ENOSPC')
  assert.equal(output.lost(), 2)
  lines(output, 'three')
  finish('ENOSPC')
  assert.equal(output.lost(), 3)
  assert.equal(text(), '')
  lines(output, 'four')
  finishAll()
  assert.equal(text(), 'lost 3\nfour\n')
  lines(output, 'five')
  finishAll()
  assert.equal(text(), 'lost 3\nfour\nfive\n')
  assert.equal(output.lost(), 3)
})

test('a line of which a part was written is broken off, and the next begins a line of its own', () => {
  const { output, finish, finishAll, text } = place()
  lines(output, 'abcdef')
  finish('part', 'ENOSPC')
  lines(output, 'next')
  finishAll()
  assert.equal(text(), 'abcd\nlost 1\nnext\n')
  lines(output, 'parts')
  finish('part', 'part', undefined)
  finishAll()
  assert.equal(text(), 'abcd\nlost 1\nnext\nparts\n')
})

test('before a reader that has stopped, what waits is bounded and the rest is lost', () => {
  const { output, finishAll, text } = place(10)
  lines(output, '1234', '5678', '9', 'abcdefghijkl', 'x', 'y')
  // The first is being written, and waits no more.
  assert.equal(output.lost(), 2)
  finishAll()
  assert.equal(text(), '1234\nlost 2\n5678\n9\nx\n')
})

test('a reader that is busy is tried again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { output, finish, finishAll, text } = place()
  lines(output, 'one')
  finish('EAGAIN')
  lines(output, 'two')
  t.mock.timers.tick(100)
  finishAll()
  assert.equal(text(), 'one\ntwo\n')
  assert.equal(output.lost(), 0)
})

test('the end waits for what is being written, for its time at most', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { output, finishAll } = place()
  await output.end(1000)
  lines(output, 'one')
  const ended = output.end(1000)
  finishAll()
  await ended
  lines(output, 'two')
  const late = output.end(1000)
  t.mock.timers.tick(1000)
  await late
})

test('whatever happens, each line is written once, or counted as lost', () => {
  const step = fc.oneof(
    fc.record({ line: fc.nat(1_000_000) }),
    fc.record({ fault: fc.constantFrom<Fault>('ENOSPC', 'part', undefined) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { output, finish, finishAll, text } = place(60)
      const given: string[] = []
      for (const one of steps) {
        if ('fault' in one) finish(one.fault)
        else {
          given.push(`#${given.length}:${one.line};`)
          lines(output, given.at(-1) ?? '')
        }
      }
      finishAll()
      const whole = given.filter((line) => text().split('\n').includes(line))
      assert.ok(whole.length + output.lost() >= given.length)
      assert.ok(output.lost() <= given.length)
      const order = text()
        .split('\n')
        .filter((line) => given.includes(line))
      assert.deepEqual(order, whole)
    }),
  )
})
