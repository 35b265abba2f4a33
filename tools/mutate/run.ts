// Runs test files in a process of their own, until the first failure or a bound.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A run that takes longer has met a fault that makes it wait for ever. */
const longestMilliseconds = 120_000

/**
 * Runs test files.
 *
 * @param environment - variables beside those of this process
 * @returns whether all passed, and the output where not
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
    // It has ended by itself.
  }
}
