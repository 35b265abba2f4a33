// npm run mutate: puts small faults into the program, one at a time, and checks that a test finds each. It is run by hand,
// because a folder takes minutes: `npm run mutate -- rules store/sessions.ts --minutes 20`. It fails below 95 of 100.
import { globSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { coverageOf, remembered, runs, type Covered } from './coverage.ts'
import { mutantsOf, type Mutant } from './mutants.ts'
import { runTests } from './run.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = join(root, 'packages/server/src')
const everywhere = ['flows', 'rules', 'store', 'wire', 'keys/seal.ts', 'triggers']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
})

type Fault = Mutant & { readonly file: string; readonly line: number; readonly text: string }
type Verdict = 'found' | 'survived' | 'equivalent' | 'not run'

/** Faults without a visible effect, each with its reason: tools/mutate/equivalent.json. */
const equivalent: readonly { readonly file: string; readonly text: string; readonly fault: string }[] = JSON.parse(
  readFileSync(new URL('equivalent.json', import.meta.url), 'utf8'),
)

const filesIn = (place: string): string[] =>
  statSync(join(source, place)).isFile()
    ? [place]
    : globSync(`${place}/**/*.ts`, { cwd: source }).filter((file) => !/\.(test|gen)\.ts$/.test(file))

const faultsIn = (name: string): Fault[] => {
  const file = join(source, name)
  const text = readFileSync(file, 'utf8')
  return mutantsOf(file, text).map((mutant) => {
    const line = text.slice(0, mutant.start).split('\n').length
    return { ...mutant, file, line, text: (text.split('\n')[line - 1] ?? '').trim() }
  })
}

/** Shuffles by a seed, so that a run that reaches its time limit is a fair sample. */
const shuffled = (faults: readonly Fault[], seed: number): Fault[] => {
  let state = seed
  const next = (): number => (state = (state * 48_271) % 2_147_483_647)
  return faults
    .map((fault) => ({ fault, place: next() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ fault }) => fault)
}

/** Runs `work` on each of `items`, several at once. */
const each = async <Item>(items: readonly Item[], jobs: number, work: (item: Item) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  const one = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: jobs }, one))
}

const nearness = (test: string, file: string): number =>
  dirname(test) === dirname(file) ? (test.replace('.test.ts', '.ts') === file ? 0 : 1) : 2

/** The tests that run a place: the nearest and quickest first; the others run only if those find nothing. */
const roundsFor = (fault: Fault, covered: readonly Covered[]): string[][] => {
  const tests = covered
    .filter((one) => runs(one, fault.file, fault.start))
    .toSorted(
      (one, other) =>
        nearness(one.test, fault.file) - nearness(other.test, fault.file) || one.milliseconds - other.milliseconds,
    )
    .map(({ test }) => test)
  return [tests.slice(0, 2), tests.slice(2, 8), tests.slice(8)].filter((round) => round.length > 0)
}

const isEquivalent = ({ file, text, fault }: Fault): boolean =>
  equivalent.some((one) => one.file === relative(source, file) && one.text === text && one.fault === fault)

const judge = async (fault: Fault, covered: readonly Covered[]): Promise<Verdict> => {
  if (isEquivalent(fault)) return 'equivalent'
  const { file, start, end, replacement } = fault
  const environment = {
    POOLKEEPER_MUTANT: JSON.stringify({ file, start, end, replacement }),
    NODE_OPTIONS: `--import=${new URL('loader.ts', import.meta.url).href}`,
  }
  const rounds = roundsFor(fault, covered)
  for (const round of rounds) {
    if (!(await runTests(round, { ...environment, POOLKEEPER_TEST_DATABASES: 'SQLite' })).passed) return 'found'
  }
  const all = rounds.flat()
  return all.length > 0 && !(await runTests(all, environment)).passed ? 'found' : 'survived'
}

const places = positionals.length > 0 ? positionals : everywhere
const jobs = Number(values.jobs)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const faults = shuffled(places.flatMap(filesIn).flatMap(faultsIn), Number(values.seed))
const tests = globSync('packages/server/src/**/*.test.ts', { cwd: root }).map((name) => join(root, name))
say(`${faults.length} faults in ${places.join(', ')}; looking at what ${tests.length} test files run`)
const covered = await remembered(async () => {
  const noted: Covered[] = []
  await each(tests, jobs, async (test) => {
    // A busy machine may make a test fail once.
    const covers = (await coverageOf(test)) ?? (await coverageOf(test))
    if (covers) noted.push(covers)
    else say(`${relative(root, test)} fails without any fault, and is left out`)
  })
  return noted
})
const ends = performance.now() + Number(values.minutes) * 60_000

const verdicts = new Map<Fault, Verdict>()
await each(faults, jobs, async (fault) => {
  const verdict = performance.now() > ends ? 'not run' : await judge(fault, covered)
  verdicts.set(fault, verdict)
  if (verdict === 'survived') {
    say(`SURVIVED ${relative(source, fault.file)}:${fault.line} ${fault.fault}: ${fault.text}`)
  }
})

const count = (verdict: Verdict): number => [...verdicts.values()].filter((one) => one === verdict).length
const judged = count('found') + count('survived')
const share = judged === 0 ? 1 : count('found') / judged
say(
  `${count('found')} found, ${count('survived')} survived, ${count('equivalent')} change nothing, ` +
    `${count('not run')} not run in the time: ${(share * 100).toFixed(1)} % found`,
)
process.exitCode = share >= 0.95 ? 0 : 1
