// The reporter of npm test: Node's own report, and before its closing lines a line that names everything still open after
// the last test has ended and shared parts are closed. SIGUSR2 prints that line at any time.
import type { Transform } from 'node:stream'
import { spec, type TestEvent } from 'node:test/reporters'

const { stdout, stderr } = process
const pipes = [stdout, stderr].filter(({ isTTY }) => !isTTY).length

/** Names the resources that keep the process alive, with their numbers; prints nothing if there are none. */
const sayOpen = (): void => {
  const counts = new Map<string, number>([['PipeWrap', -pipes]])
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1)
  const list = [...counts]
    .filter(([name, count]) => count > 0 && name !== 'Immediate')
    .map(([name, count]) => `${name} (${count})`)
    .join(', ')
  if (list !== '') stderr.write(`still open: ${list}\n`)
}

process.on('SIGUSR2', sayOpen)

const report: Transform = new spec()
const transform = report._transform.bind(report)

let interrupted = false

report._transform = (event: TestEvent, encoding, done) => {
  const goOn = (): void => transform(event, encoding, done)
  interrupted ||= event.type === 'test:interrupted'
  // The first closing line. A process that is told to end has no time to lose; else what was closed last is
  // given a moment to go.
  if (event.type !== 'test:diagnostic' || !/^tests \d+$/.test(event.data.message) || interrupted) return goOn()
  setTimeout(() => {
    // In a turn of its own: this timer is over then.
    setImmediate(() => {
      sayOpen()
      goOn()
    })
  }, 100)
}

export default report
