import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operationShapes } from '../wire/model.gen.ts'
import { operations } from './index.ts'
import { seconds, secondsIfAny } from './operation.ts'

/** Operations that are not written yet. Lower it with every one that is; it never rises. */
const laterAtMost = 53

const cognitoNames = Object.entries(operationShapes)
  .filter(([, { service }]) => service === undefined)
  .map(([name]) => name)

test('the table holds every operation of the model, in order', () => {
  assert.equal(Object.keys(operations).length, 140)
  assert.deepEqual(Object.keys(operations), cognitoNames.toSorted())
})

test('the number of operations left for later only falls', () => {
  const later = Object.values(operations).filter((operation) => operation === 'later').length
  assert.ok(later <= laterAtMost, `${later} operations are left, at most ${laterAtMost} may be`)
})

test('instants go out as epoch seconds with milliseconds', () => {
  assert.equal(JSON.stringify(seconds(1_715_100_742_022)), '1715100742.022')
  assert.equal(seconds(1_715_100_742_000), 1_715_100_742)
  assert.equal(secondsIfAny(undefined), undefined)
  assert.equal(secondsIfAny(null), undefined)
  assert.equal(secondsIfAny(0), 0)
})
