// A scenario in slices that alternate with its bound, so that a machine whose speed drifts slows both.
import { readFileSync } from 'node:fs'
import { openWire, slice, type Slice, type Wire } from './load.ts'

/** Prints a line. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The middle of some numbers. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** One turn of a scenario on one connection. */
export type Work = (wire: Wire) => Promise<void>

/** What a scenario is held against. */
export type Bound = { readonly name: string; readonly measure: () => Promise<number> }

/** How a scenario is run. */
export type Scenario = {
  readonly name: string
  readonly connections: number
  readonly work: Work
  readonly bound: Bound
  /** The milliseconds that one core needs at the least for one turn, where that is the measure. */
  readonly leastMs?: { readonly name: string; readonly measure: () => Promise<number> }
  /** Lets go of what the load needed. */
  readonly close?: () => void
}

/** The server that is measured, and for how long. */
export type Measured = {
  readonly port: number
  readonly pid: number | undefined
  readonly slices: number
  readonly seconds: number
}

const clockTicks = 100

/** Seconds of processor time that a process has used. */
const cpuSeconds = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / clockTicks
}

type Round = Slice & {
  readonly ratio: number
  readonly cpuMs: number
  readonly least: number
  readonly stallMs: number
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const health = Buffer.from('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')

/** The longest that the server was silent while it was asked for its health, fifty times a second. */
const longestSilence = async (port: number, until: () => boolean): Promise<number> => {
  const wire = openWire(port)
  let longest = 0
  while (!until()) {
    const begun = performance.now()
    await wire.send(health)
    longest = Math.max(longest, performance.now() - begun)
    await pause(20)
  }
  wire.close()
  return longest
}

const roundOf = async (
  { port, pid, seconds }: Measured,
  { bound, work, leastMs }: Scenario,
  wires: readonly Wire[],
): Promise<Round> => {
  const limit = await bound.measure()
  const least = (await leastMs?.measure()) ?? Number.NaN
  let over = false
  const silence = longestSilence(port, () => over)
  const before = cpuSeconds(pid)
  const figure = await slice(wires, seconds, work)
  const used = cpuSeconds(pid) - before
  over = true
  const stallMs = await silence
  const cpuMs = (used / (figure.perSecond * seconds)) * 1000
  return { ...figure, ratio: figure.perSecond / limit, cpuMs, least, stallMs }
}

/** Runs a scenario beside its bound and prints the medians. */
export const compare = async (measured: Measured, scenario: Scenario): Promise<void> => {
  const { name, connections, work, bound, leastMs } = scenario
  const wires = Array.from({ length: connections }, () => openWire(measured.port))
  await slice(wires, measured.seconds / 2, work)
  const rounds: Round[] = []
  for (let round = 0; round < measured.slices; round += 1) rounds.push(await roundOf(measured, scenario, wires))
  for (const wire of wires) wire.close()
  scenario.close?.()
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure))
  const middle = of(({ medianMs }) => medianMs)
  const late = of(({ p99Ms }) => p99Ms)
  const failed = rounds.reduce((sum, round) => sum + round.failed, 0)
  const parts = [
    `  ${name.padEnd(22)} ${of(({ perSecond }) => perSecond)
      .toFixed(0)
      .padStart(7)}/s`,
    `${of(({ ratio }) => ratio).toFixed(3)} of ${bound.name}`,
    `median ${middle.toFixed(2)} ms, p99 ${late.toFixed(2)} ms (${(late / middle).toFixed(1)}x)`,
    `${of(({ cpuMs }) => cpuMs).toFixed(2)} ms of processor time each`,
    ...(leastMs ? [`${of(({ least, cpuMs }) => least / cpuMs).toFixed(2)} of ${leastMs.name}`] : []),
    `silent for ${of(({ stallMs }) => stallMs).toFixed(0)} ms at the longest`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  say(parts.join('   '))
}
