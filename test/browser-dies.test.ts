// A browser that dies fails the test that waits for it, at once, and the next test gets another.
import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { test } from 'node:test'
import { openPage } from './browser.ts'
import { processesOfTheRun } from './processes.ts'

const linux = { skip: platform() !== 'linux' && 'only Linux tells the processes of a run' }

test('a browser that dies is noticed, and another is opened', linux, async (t) => {
  const page = await openPage(t)
  const waiting = assert.rejects(
    page.evaluate(() => new Promise(() => {})),
    /closed/,
  )
  for (const { pid, program } of processesOfTheRun()) if (program.endsWith('/chromium')) process.kill(pid, 'SIGKILL')
  await waiting
  await assert.rejects(page.title(), /closed/)
  await page.context().close()
  const another = await openPage(t)
  await another.setContent('<title>Alive</title>')
  assert.equal(await another.title(), 'Alive')
})

test('a page that dies is noticed', linux, async (t) => {
  const page = await openPage(t)
  const waiting = assert.rejects(
    page.evaluate(() => new Promise(() => {})),
    /crashed/,
  )
  await assert.rejects(page.goto('chrome://crash'))
  await waiting
})
