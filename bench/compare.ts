// Compares a scenario with its bound, in alternating slices, so that a drifting machine slows both.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { openWire, openWires, slice, type Slice, type Wire } from './load.ts'

/** Prints a line. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The median of numbers. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** One turn of a scenario on one connection. */
export type Workload = (wire: Wire) => Promise<void>

/** The bound that a scenario is compared with. */
export type Bound = {
  readonly name: string
  /** The most turns a second. */
  readonly measure: () => Promise<number>
  /** The cores that the bound used, if processor time is the limit. */
  readonly cores?: number
}

/** A scenario. */
export type Scenario = {
  readonly name: string
  readonly work: Workload
  readonly bound: Bound
  /** Releases the resources of the load. */
  readonly close?: () => void
}

/** The measured server, and the duration. */
export type Measured = {
  readonly port: number
  readonly pid: number | undefined
  readonly slices: number
  readonly seconds: number
}

const tickMilliseconds = 10

/** The processor time that a process has used. */
const cpuMilliseconds = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * tickMilliseconds
}

type Round = Slice & {
  readonly ratio: number
  /** The processor time of the bound for a turn, divided by that of the server. */
  readonly perCore: number
  readonly stallMs: number
}

const health = Buffer.from('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')

/** The longest silence of the server, which is asked for its health twenty times a second. */
const longestSilence = async (port: number, until: () => boolean): Promise<number> => {
  const wire = openWire(port)
  let longest = 0
  while (!until()) {
    const begun = performance.now()
    await wire.send(health)
    longest = Math.max(longest, performance.now() - begun)
    await pause(50)
  }
  wire.close()
  return longest
}

const roundOf = async (
  { port, pid, seconds }: Measured,
  { bound, work }: Scenario,
  wires: readonly Wire[],
): Promise<Round> => {
  const limit = await bound.measure()
  let over = false
  const silence = longestSilence(port, () => over)
  const figure = await slice(wires, seconds, work, () => cpuMilliseconds(pid))
  over = true
  const perCore = ((bound.cores ?? Number.NaN) * 1000) / limit / figure.metered
  return { ...figure, ratio: figure.perSecond / limit, perCore, stallMs: await silence }
}

const warmUpSeconds = 8

/** Runs load before the first measured slice, so that V8 has optimised the code. */
export const warmUp = async (wires: readonly Wire[], work: Workload): Promise<void> =>
  void (await slice(wires, warmUpSeconds, work))

/** Runs a scenario and its bound in turns, and prints the medians. */
export const compare = async (measured: Measured, scenario: Scenario): Promise<void> => {
  const { name, work, bound } = scenario
  const wires = openWires(measured.port)
  await warmUp(wires, work)
  const rounds: Round[] = []
  for (let round = 0; round < measured.slices; round += 1) rounds.push(await roundOf(measured, scenario, wires))
  for (const wire of wires) wire.close()
  scenario.close?.()
  const medianOf = (figure: (round: Round) => number): number => median(rounds.map(figure))
  const middle = medianOf(({ medianMs }) => medianMs)
  const late = medianOf(({ p99Ms }) => p99Ms)
  const failed = rounds.reduce((sum, round) => sum + round.failed, 0)
  const parts = [
    `  ${name.padEnd(22)} ${medianOf(({ perSecond }) => perSecond)
      .toFixed(0)
      .padStart(7)}/s`,
    `${medianOf(({ ratio }) => ratio).toFixed(3)} of ${bound.name}`,
    `median ${middle.toFixed(2)} ms, p99 ${late.toFixed(2)} ms (${(late / middle).toFixed(1)}x)`,
    `${medianOf(({ metered }) => metered).toFixed(2)} ms of processor time each`,
    ...(bound.cores === undefined ? [] : [`${medianOf(({ perCore }) => perCore).toFixed(2)} of it per core used`]),
    `silent for ${medianOf(({ stallMs }) => stallMs).toFixed(0)} ms at the longest`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  say(parts.join('   '))
}
