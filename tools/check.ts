// npm run check: runs all checks except the tests, in parallel. If a check fails, it shows the output and fails.
import { spawn } from 'node:child_process'

type Check = { readonly name: string; readonly command: readonly string[] }

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'unused code', command: ['knip'] },
  { name: 'generated model', command: ['node', 'tools/generate-model.ts', '--check'] },
  { name: 'generated WebAssembly', command: ['node', 'tools/generate-wasm.ts', '--check'] },
  { name: 'client package', command: ['node', 'tools/client-check.ts'] },
]

type Result = Check & { readonly passed: boolean; readonly output: string }

const run = (check: Check): Promise<Result> =>
  new Promise((resolve) => {
    const [program = '', ...words] = check.command
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => resolve({ ...check, passed: false, output: error.message }))
    child.on('close', (code) => resolve({ ...check, passed: code === 0, output: Buffer.concat(output).toString() }))
  })

const results = await Promise.all(checks.map(run))
for (const { name, passed, output } of results) {
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name}\n`)
  if (!passed) process.stdout.write(`${output}\n`)
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1
