// Coverage: finds the test files that run a place of the program. Each test file runs once under the coverage of V8, and
// again when the program or a test has changed.
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTests } from './run.ts'

type Range = { readonly startOffset: number; readonly endOffset: number; readonly count: number }

/** A test file, how long it took, and the ranges of each file that it ran. */
export type Covered = {
  readonly test: string
  readonly milliseconds: number
  readonly ranges: Readonly<Record<string, readonly Range[]>>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'node_modules/.cache/poolkeeper-mutate')

const stateOfTree = (): string => {
  const hash = createHash('sha256')
  for (const name of globSync('packages/server/{src,testing}/**/*.ts', { cwd: root }).toSorted()) {
    hash.update(name).update(readFileSync(join(root, name)))
  }
  return hash.digest('hex')
}

/** The notes about exactly this state of the program and its tests; if there are none, those that `note` makes. */
export const remembered = async (note: () => Promise<readonly Covered[]>): Promise<readonly Covered[]> => {
  const file = join(folder, `${stateOfTree()}.json`)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Covered[]
  } catch {
    const covered = await note()
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, JSON.stringify(covered))
    return covered
  }
}

/**
 * Runs a test file and notes the places that it ran.
 *
 * @returns undefined if the file fails without a fault: then it cannot find one
 */
export const coverageOf = async (test: string): Promise<Covered | undefined> => {
  const notes = mkdtempSync(join(tmpdir(), 'poolkeeper-coverage-'))
  try {
    const began = performance.now()
    if (!(await runTests([test], { NODE_V8_COVERAGE: notes })).passed) return undefined
    return { test, milliseconds: performance.now() - began, ranges: rangesIn(notes) }
  } finally {
    rmSync(notes, { recursive: true, force: true })
  }
}

const rangesIn = (notes: string): Record<string, Range[]> => {
  const ranges = new Map<string, Range[]>()
  for (const name of readdirSync(notes)) {
    const { result } = JSON.parse(readFileSync(join(notes, name), 'utf8')) as {
      result: { url: string; functions: { ranges: Range[] }[] }[]
    }
    for (const { url, functions } of result) {
      if (!url.startsWith('file:') || url.includes('/node_modules/')) continue
      const file = fileURLToPath(url)
      if (!file.startsWith(join(root, 'packages/server/src')) || file.endsWith('.test.ts')) continue
      ranges.set(file, [...(ranges.get(file) ?? []), ...functions.flatMap((one) => one.ranges)])
    }
  }
  return Object.fromEntries(ranges)
}

/** Whether a test ran a place of a file: the smallest range around the place decides. */
export const runs = ({ ranges }: Covered, file: string, offset: number): boolean => {
  const around = (ranges[file] ?? []).filter((range) => range.startOffset <= offset && offset < range.endOffset)
  const smallest = Math.min(...around.map((range) => range.endOffset - range.startOffset))
  return around.some((range) => range.endOffset - range.startOffset === smallest && range.count > 0)
}
