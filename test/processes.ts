// The processes of a test run and what they hold, by the kernel's word (proc(5)); Linux alone tells it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process, and the files that it runs from: its program, what is mapped into it, and its working directory. */
export type RunningProcess = { readonly pid: number; readonly program: string; readonly files: readonly string[] }

/** What a read gives; undefined where the process has ended meanwhile or is another user's. */
const ifThere = <Result>(read: () => Result): Result | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const parentOf = (pid: number): number | undefined => {
  const stat = ifThere(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // The name, in parentheses, may hold spaces.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])
}

const filesOf = (pid: number): string[] => {
  const maps = ifThere(() => readFileSync(`/proc/${pid}/maps`, 'utf8')) ?? ''
  const mapped = maps.split('\n').map((line) => /^(?:\S+\s+){5}(\/.*)$/.exec(line)?.[1])
  const links = ['exe', 'cwd'].map((name) => ifThere(() => readlinkSync(`/proc/${pid}/${name}`)))
  return [...new Set([...mapped, ...links].filter((file) => file !== undefined))]
}

/** This process and everything that it started, directly or not. */
export const processesOfTheRun = (): RunningProcess[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parents = new Map(all.map((pid) => [pid, parentOf(pid)]))
  const isOurs = (pid: number | undefined): boolean =>
    pid === process.pid || (pid !== undefined && pid > 1 && isOurs(parents.get(pid)))
  return all.filter(isOurs).map((pid) => {
    const files = filesOf(pid)
    return { pid, program: ifThere(() => readlinkSync(`/proc/${pid}/exe`)) ?? '', files }
  })
}
