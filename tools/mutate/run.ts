// Runs test files in a separate process, until the first failure or a time limit.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A run that takes longer waits for ever because of the fault. */
const longestMilliseconds = 120_000

/**
 * Runs test files.
 *
 * @param environment - additional variables
 * @returns whether all tests passed, and the output if not
 */
export const runTests = (
  files: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly passed: boolean; readonly output: string }> =>
  new Promise((resolve) => {
    const words = ['--test', '--test-isolation=none', '--test-force-exit', '--test-reporter=tap', ...files]
    const child = spawn(process.execPath, words, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    let failed = false
    const stop = (): void => {
      failed = true
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const bound = setTimeout(stop, longestMilliseconds)
    const hear = (chunk: Buffer): void => {
      output += chunk.toString()
      if (/^\s*not ok /m.test(output)) stop()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', (code) => {
      clearTimeout(bound)
      resolve({ passed: code === 0 && !failed, output })
    })
  })

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The process has ended already.
  }
}
