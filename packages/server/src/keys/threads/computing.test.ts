import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority, platform } from 'node:os'
import { test } from 'node:test'
import { makeComputing } from './computing.ts'

const three = '\u0003'

/** How far each thread of this process lets others go first, by the kernel's word (proc(5), field 19 of stat). */
const nicenesses = (): number[] =>
  readdirSync('/proc/self/task').map((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17])
  })

test(
  'the threads let the event loop go first',
  { skip: platform() !== 'linux' && 'a priority is of the whole process' },
  async (t) => {
    const computing = makeComputing('powers', { threads: 1, queueLimit: 1 })
    t.after(() => computing.close())
    await computing.run('generatorPower', three)
    assert.ok(nicenesses().includes(Math.min(getPriority() + 4, 19)))
    assert.equal(nicenesses()[0], getPriority())
  },
)

test('answers come in the order of the jobs, in lists as in ones', async (t) => {
  const computing = makeComputing('powers', { threads: 1, queueLimit: 100 })
  t.after(() => computing.close())
  const order: number[] = []
  const jobs = Array.from({ length: 60 }, async (_, index) => {
    const power = await computing.run('generatorPower', String.fromCharCode(index + 1))
    assert.equal(BigInt(`0x${Buffer.from(power, 'latin1').toString('hex')}`), 1n << BigInt(index + 1))
    order.push(index)
  })
  assert.equal(computing.waiting, 58)
  await Promise.all(jobs)
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  )
  assert.equal(computing.waiting, 0)
})

test('when a thread ends, its jobs fail and those that wait are computed by another', async (t) => {
  const computing = makeComputing('powers', { threads: 1, queueLimit: 100 })
  t.after(() => computing.close())
  const jobs = Array.from({ length: 6 }, () => computing.run('generatorPower', three))
  computing.close()
  const settled = await Promise.allSettled(jobs)
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
})
