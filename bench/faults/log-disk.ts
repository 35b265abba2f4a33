// Standard output on a full disk: the server answers 5,000 refused requests as quickly as with a reader, counts the
// lines that were lost, and ends by SIGTERM.
import { closeSync, openSync } from 'node:fs'
import { freePort } from '../../packages/server/testing/ports.ts'
import { runCommand, startProcess, type StartOptions } from '../../packages/server/testing/server-process.ts'
import { temporaryFolder } from '../../packages/server/testing/folders.ts'
import { figure, slowestHealth } from './watched.ts'

const requests = 5000
const senders = 16

const headers = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser',
}
const body = JSON.stringify({ AccessToken: 'a.b.c' })

const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }

/** Runs the load against a server with the given standard output. @returns whether it held */
const run = async (name: string, options: StartOptions): Promise<boolean> => {
  const folder = temporaryFolder()
  const metricsPort = await freePort()
  const words = ['serve', '--data', folder.path, '--metrics-port', String(metricsPort)]
  const server = await startProcess(words, { ...options, env })
  let answered = 0
  let sent = 0
  const sender = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1
      const response = await fetch(server.url, { method: 'POST', headers, body })
      await response.arrayBuffer()
      if (response.status === 400) answered += 1
    }
  }
  const begun = performance.now()
  const load = Promise.all(Array.from({ length: senders }, sender))
  const slowest = await slowestHealth(server.url, load)
  await load
  const seconds = (performance.now() - begun) / 1000
  const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const lost = Number(/^poolkeeper_log_lines_lost (\d+)$/m.exec(figures)?.[1])
  const code = await server.stop()
  folder.remove()
  figure(name, `${answered} of ${requests} answered in ${seconds.toFixed(1)} s, ${lost} lines lost, exit code ${code}`)
  figure('slowest /healthz meanwhile', `${slowest.toFixed(0)} ms`)
  return answered === requests && code === 0 && lost > 0 === (name === 'full disk')
}

let held = await run('a reader', {})
if (process.platform === 'linux') {
  const stdout = openSync('/dev/full', 'w')
  held = (await run('full disk', { stdout })) && held
  closeSync(stdout)
}
process.exitCode = held ? 0 : 1
