// npm test: runs the tests in one process with a fresh temporary folder, and makes sure that the run ends with its result
// within a bound. Files and flags of `node --test` may follow: npm test -- test/dev.test.ts
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals, tokens } = parseArgs({
  allowPositionals: true,
  strict: false,
  tokens: true,
  options: {
    // A run that is silent this long is stuck: a test has two minutes, and the closing after it one minute.
    'silent-seconds': { type: 'string', default: '300' },
    'total-seconds': { type: 'string', default: '5400' },
    // The time for a stuck run to give its result.
    'ending-seconds': { type: 'string', default: '10' },
  },
})

const everything = ['packages/**/*.test.ts', 'test/**/*.test.ts']
const flags = tokens.flatMap((token) =>
  token.kind === 'option' && !token.name.endsWith('-seconds')
    ? [token.value === undefined ? token.rawName : `${token.rawName}=${token.value}`]
    : [],
)
const root = fileURLToPath(new URL('..', import.meta.url))

const say = (line: string): void => void process.stderr.write(`tools/test.ts: ${line}\n`)

const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-run-'))
// The folder has the permissions of /tmp: if the tests run as root, PostgreSQL runs as another user, who removes a folder
// in it at the end.
chmodSync(folder, 0o1777)

// A shell removes the folder when this process has ended, in whatever way: its standard input ends with its writer. What
// ends after the run, as PostgreSQL does, has twenty seconds to take its own folder away.
const keeping = `cat >/dev/null; tries=0
  while ls "$1" | grep -q '^poolkeeper-' && [ $tries -lt 200 ]; do sleep 0.1; tries=$((tries + 1)); done
  rm -rf "$1"`
const keeper = spawn('sh', ['-c', keeping, 'sh', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })

const child = spawn(
  process.execPath,
  [
    ...['--test', '--test-isolation=none', '--test-timeout=120000', '--test-force-exit'],
    ...['--test-reporter=./tools/test-reporter.ts', ...flags, ...(positionals.length > 0 ? positionals : everything)],
  ],
  {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // The two hundred processes of the tests share their compiled code.
    env: {
      ...process.env,
      TMPDIR: folder,
      NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
  },
)

const closed = new Promise<{ code: number | null }>((resolve) => {
  child.once('close', (code: number | null) => resolve({ code }))
})

/** Asks a stuck run for its open resources and its result; kills it if it does not answer. */
const end = async (reason: string): Promise<void> => {
  say(`${reason}; the run is ended`)
  child.kill('SIGUSR2')
  await pause(1000)
  child.kill('SIGTERM')
  if (await Promise.race([closed, pause(Number(values['ending-seconds']) * 1000, undefined, { ref: false })])) return
  say('the tests do not let go of the event loop; killed')
  child.kill('SIGKILL')
}

let stuck = false
const late = (reason: string) => (): void => {
  if (stuck) return
  stuck = true
  void end(reason)
}
const silence = setTimeout(
  late(`nothing was said for ${values['silent-seconds']} s`),
  Number(values['silent-seconds']) * 1000,
)
const total = setTimeout(late(`more than ${values['total-seconds']} s`), Number(values['total-seconds']) * 1000)

// If a test ends the process, the run ends without a result and without a failure.
let finished = flags.some((flag) => flag.startsWith('--test-reporter'))
let lastWords = ''
// Whoever stops reading, as `head` does, does not end the run.
process.stdout.on('error', () => {})
child.stdout.on('data', (chunk: Buffer) => {
  silence.refresh()
  lastWords = (lastWords + chunk.toString()).slice(-1000)
  finished ||= /duration_ms \d/.test(lastWords)
  process.stdout.write(chunk)
})
// The terminal signals both processes; the result comes from the tests.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))

const { code } = await closed
clearTimeout(silence)
clearTimeout(total)

if (!finished) say('the process ended before the tests did')
process.exitCode = stuck || !finished ? 1 : (code ?? 1)
keeper.stdin.end()
