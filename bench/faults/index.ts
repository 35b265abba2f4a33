// npm run faults: drills that put the service under stress. Each drill is a separate program that ends within a time limit.
// It prints its figures and exits with 0 if the service held; docs/reliability.md records the figures.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A drill, in the file of the same name. */
type Drill = {
  readonly name: string
  /** The stress, and the requirement that must hold. */
  readonly tries: string
  /** After this many seconds the drill and all its processes are killed, and it counts as failed. */
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
  {
    name: 'terminated-backends',
    tries: 'backends of PostgreSQL ended under 32 writers: the process lives, nothing acknowledged is lost',
    seconds: 120,
  },
  {
    name: 'silent-postgres',
    tries: 'a network that swallows everything: errors within a bound, found again, SIGTERM ends it',
    seconds: 180,
  },
  {
    name: 'locked-row',
    tries: 'a foreign transaction keeps the row of one user: nobody else is refused',
    seconds: 120,
  },
  {
    name: 'locked-file',
    tries: 'another process holds the write lock of the SQLite file: the event loop goes on',
    seconds: 120,
  },
  {
    name: 'full-disk',
    tries: 'no room for the SQLite file: not ready, reading goes on, nothing acknowledged is lost',
    seconds: 120,
  },
  {
    name: 'kill',
    tries: 'kill -9 under 32 writers, six times on each database: nothing acknowledged is lost',
    seconds: 300,
  },
]

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Runs a drill, and prints its output. @returns whether the service held */
const run = ({ name, tries, seconds }: Drill): Promise<boolean> => {
  say(`\n${name}: ${tries}`)
  const begun = performance.now()
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  // A separate process group, so that all processes of the drill end with it.
  const child = spawn(process.execPath, [file], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
  const endGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The drill and its processes have ended already.
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
