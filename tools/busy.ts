// npm run busy -- COMMAND: runs a command while one process for each core keeps that core busy, and returns its exit code.
// Tests that depend on the speed of the machine then fail sooner: npm run busy -- npm test
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

// The process ends when the writer of its standard input has ended in any way, and after two hours at the latest.
const burning = `
  const end = Date.now() + 7_200_000
  process.stdin.resume().once('close', () => process.exit())
  const burn = () => {
    for (const until = performance.now() + 100; performance.now() < until; );
    if (Date.now() < end) setImmediate(burn)
    else process.exit()
  }
  burn()`

const [command, ...words] = process.argv.slice(2)
if (command === undefined) throw new Error('npm run busy -- COMMAND')

const burners = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ['--eval', burning], { stdio: ['pipe', 'ignore', 'inherit'] }),
)
const child = spawn(command, words, { stdio: 'inherit' })
child.once('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`)
  process.exitCode = 1
})
// The terminal signals the command as well; this process waits for its end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.once('close', (code) => {
  for (const burner of burners) burner.kill()
  process.exitCode = code ?? 1
})
