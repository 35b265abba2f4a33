// npm run faults: what is done to the service on purpose, each drill a program of its own that ends within a bound. A
// drill prints its figures and exits by 0 when the service held; docs/reliability.md says what each figure was.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A drill: the file of this name beside this one. */
type Drill = {
  readonly name: string
  /** What it does, and what must hold. */
  readonly tries: string
  /** It is killed after so many seconds, with every process that it started, and counts as failed. */
  readonly seconds: number
}

const drills: readonly Drill[] = [
  {
    name: 'guesses',
    tries: '300 guesses at once over two servers, the right one among them: five are looked at, none tells',
    seconds: 180,
  },
  {
    name: 'drain',
    tries: 'SIGTERM under load, a client that stops sending on 503: none of 10,000 requests fails',
    seconds: 120,
  },
  {
    name: 'flooding-source',
    tries: 'one source, then a hundred, send wrong sign-ins without a pause: those of others all succeed',
    seconds: 120,
  },
  {
    name: 'half-sent-bodies',
    tries: '1,500 bodies of 1 MiB that stop short: memory stays bounded, others are answered',
    seconds: 120,
  },
  {
    name: 'log-disk',
    tries: 'standard output on a full disk: requests are answered, lost lines are counted',
    seconds: 120,
  },
  {
    name: 'pipelining',
    tries: '50,000 requests on a connection that waits for no answer: other connections are answered quickly',
    seconds: 120,
  },
]

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Runs a drill, and says what it prints. @returns whether the service held */
const run = ({ name, tries, seconds }: Drill): Promise<boolean> => {
  say(`\n${name}: ${tries}`)
  const begun = performance.now()
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  // A group of its own, so that what it started ends with it.
  const child = spawn(process.execPath, [file], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
  const endGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended, and all that it started.
    }
  }
  process.once('exit', endGroup)
  const late = setTimeout(endGroup, seconds * 1000)
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(late)
      process.removeListener('exit', endGroup)
      endGroup()
      const took = Math.round((performance.now() - begun) / 1000)
      say(`${code === 0 ? 'held' : 'FAILED'}: ${name}, ${took} s`)
      resolve(code === 0)
    })
  })
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !drills.some((drill) => drill.name === name))
if (unknown.length > 0) {
  say(`There is no drill ${unknown.join(', ')}; there are ${drills.map(({ name }) => name).join(', ')}.`)
  process.exitCode = 2
} else {
  const failed: string[] = []
  for (const drill of drills.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    if (!(await run(drill))) failed.push(drill.name)
  }
  if (failed.length > 0) say(`\nFAILED: ${failed.join(', ')}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
