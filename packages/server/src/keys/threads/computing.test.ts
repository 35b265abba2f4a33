import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority, platform } from 'node:os'
import { test } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { makeComputing } from './computing.ts'

const three = '\u0003'

/** How far a thread of this process lets others go first, by the kernel's word (proc(5), field 19 of stat). */
const nicenessOf = (id: string): number => {
  const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17])
}

/** The threads of this process that were not there before; one of them may have ended meanwhile. */
const newThreads = (before: readonly string[]): string[] =>
  readdirSync('/proc/self/task').filter((id) => !before.includes(id) && existsSync(`/proc/self/task/${id}/stat`))

test(
  'the threads let the event loop go first',
  { skip: platform() !== 'linux' && 'a priority is of the whole process' },
  async (t) => {
    const before = readdirSync('/proc/self/task')
    const computing = makeComputing('powers', { threads: 1, queueLimit: 1 })
    closing(t, () => computing.close())
    await computing.run('generatorPower', three)
    assert.ok(
      newThreads(before)
        .map(nicenessOf)
        .includes(Math.min(getPriority() + 4, 19)),
    )
    // The thread of the event loop has the number of the process.
    assert.equal(nicenessOf(String(process.pid)), getPriority())
  },
)

test('answers come in the order of the jobs, in lists as in ones', async (t) => {
  const computing = makeComputing('powers', { threads: 1, queueLimit: 100 })
  closing(t, () => computing.close())
  const order: number[] = []
  const jobs = Array.from({ length: 60 }, async (_, index) => {
    const power = await computing.run('generatorPower', String.fromCharCode(index + 1))
    assert.equal(BigInt(`0x${Buffer.from(power, 'latin1').toString('hex')}`), 1n << BigInt(index + 1))
    order.push(index)
  })
  assert.equal(computing.waiting(), 58)
  await Promise.all(jobs)
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  )
  assert.equal(computing.waiting(), 0)
})

test('when a thread ends, its jobs fail and those that wait are computed by another', async (t) => {
  const computing = makeComputing('powers', { threads: 1, queueLimit: 100 })
  closing(t, () => computing.close())
  const jobs = Array.from({ length: 6 }, () => computing.run('generatorPower', three))
  computing.close()
  const settled = await Promise.allSettled(jobs)
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
})
