// The clock that is watched: it never goes back by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movableClock, watchedClock, type ClockStep, type WatchedClock } from './clock.ts'

const begun = 1_767_323_045_000
const hour = 3_600_000
const day = 24 * hour

type Watched = {
  readonly clock: WatchedClock
  readonly told: ClockStep[]
  /** Lets time pass, and sets the system's clock by so much more. */
  pass(milliseconds: number, set?: number): void
}

const watch = (): Watched => {
  let [system, steady] = [begun, 0]
  const told: ClockStep[] = []
  const clock = watchedClock(
    { now: () => system },
    (step) => told.push(step),
    () => steady,
  )
  return {
    clock,
    told,
    pass: (milliseconds, set = 0) => {
      system += milliseconds + set
      steady += milliseconds
    },
  }
}

test('a clock that is never set is shown as it is', () => {
  const { clock, told, pass } = watch()
  for (const milliseconds of [0, 1, 1000, 40 * day]) {
    pass(milliseconds)
    clock.now()
  }
  assert.equal(clock.now(), begun + 40 * day + 1001)
  assert.deepEqual(told, [])
  assert.deepEqual(clock.steps(), { back: 0, forward: 0 })
})

test('F8: after a step back the time stands still until the step is followed, and is told once', () => {
  for (const step of [hour, 30 * day]) {
    const { clock, told, pass } = watch()
    pass(1000)
    const from = clock.now()
    pass(5, -step)
    for (let look = 0; look < 3; look += 1) assert.equal(clock.now(), from)
    const pending = clock.pending()
    assert.deepEqual(pending, { from, to: from + 5 - step })
    assert.deepEqual(told, [pending])
    assert.deepEqual(clock.steps(), { back: 1, forward: 0 })
    pass(10)
    assert.equal(clock.now(), from)
    clock.follow({ from, to: from - step })
    assert.equal(clock.now(), from + 15 - step)
    assert.deepEqual(clock.steppedBack?.(), { from, to: from - step })
    pass(step)
    assert.equal(clock.steppedBack?.(), undefined, 'the time has come as far again')
    assert.deepEqual(told.length, 1)
  }
})

test('a step back that is set right again is forgotten', () => {
  const { clock, pass } = watch()
  pass(0, -hour)
  assert.ok(clock.pending())
  pass(1, hour)
  assert.equal(clock.pending(), undefined)
  assert.equal(clock.now(), begun + 1)
  clock.follow({ from: begun, to: begun - hour })
  assert.equal(clock.steppedBack(), undefined, 'there is nothing to follow')
})

test('a correction of a second is waited for, and is no step', () => {
  const { clock, told, pass } = watch()
  pass(0, -1000)
  assert.equal(clock.now(), begun)
  assert.equal(clock.pending(), undefined)
  pass(1500)
  assert.equal(clock.now(), begun + 500)
  pass(0, -1001)
  assert.ok(clock.pending())
  assert.equal(told.length, 1)
})

test('F8: a step forward is followed at once, told and counted', () => {
  const { clock, told, pass } = watch()
  pass(1000, 60_000)
  clock.now()
  assert.deepEqual(told, [])
  pass(1000, 60_001)
  assert.equal(clock.now(), begun + 122_001)
  assert.deepEqual(told, [{ from: begun + 61_000, to: begun + 122_001 }])
  assert.deepEqual(clock.steps(), { back: 0, forward: 1 })
})

test('a time that an earlier process has seen holds the clock', () => {
  const { clock, told } = watch()
  const earlier = { from: begun + day, to: begun - day }
  clock.recall(begun + hour, earlier)
  assert.equal(clock.now(), begun + hour)
  assert.deepEqual(told, [{ from: begun + hour, to: begun }])
  assert.deepEqual(clock.steppedBack(), earlier)
})

test('the clock of the development server runs on a watched one, and is put back without a step', () => {
  const { clock, told, pass } = watch()
  const moved = movableClock(clock)
  moved.advance(3600)
  assert.equal(moved.now(), begun + hour)
  moved.reset()
  assert.equal(moved.now(), begun)
  pass(0, -hour)
  assert.equal(moved.now(), begun)
  assert.equal(told.length, 1)
})
