import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../context.ts'
import { sampledLog } from './sampling.ts'

type Line = { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string }

const recorder = (): { log: Log; lines: Line[] } => {
  const lines: Line[] = []
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message })
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines }
}

const limits = { windowMilliseconds: 1000, perSource: 3, together: 5 }

const start = () => {
  const { log, lines } = recorder()
  const sampled = sampledLog(log, limits)
  const refuse = (source: string, times: number): void => {
    for (let index = 0; index < times; index += 1) sampled.log.info({ source, error: 'X' }, 'refused')
  }
  const refusals = (source: string): number =>
    lines.filter(({ message, fields }) => message === 'refused' && fields['source'] === source).length
  return { ...sampled, refuse, refusals, lines }
}

test('the refusals of a source are written up to its bound, and the rest is told at the end of the window', () => {
  const { refuse, refusals, flush, lines } = start()
  refuse('a', 1000)
  refuse('b', 1)
  assert.deepEqual([refusals('a'), refusals('b')], [3, 1])
  flush()
  assert.deepEqual(lines.slice(4), [
    { level: 'warn', fields: { source: 'a', leftOut: 997 }, message: 'refusals left out of the log' },
  ])
  refuse('a', 1)
  assert.equal(refusals('a'), 4)
})

test('the refusals of all sources together are bounded too, however many there are', () => {
  const { refuse, flush, lines } = start()
  for (let index = 0; index < 10_000; index += 1) refuse(`source ${index}`, 2)
  assert.equal(lines.length, 5)
  flush()
  assert.equal(lines.length, 7)
  const told = lines.slice(5).reduce((sum, { fields }) => sum + Number(fields['leftOut']), 0)
  assert.equal(told, 20_000 - 5)
  flush()
  assert.equal(lines.length, 7)
})

test('what is no refusal is written, whatever its number', () => {
  const { log, lines } = start()
  for (let index = 0; index < 20; index += 1) {
    log.info({ source: 'a' }, 'done')
    log.warn({}, 'refused')
    log.error({}, 'failed')
    log.debug({}, 'detail')
  }
  assert.equal(lines.length, 80)
})
