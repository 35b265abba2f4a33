// SIGTERM under load: 16 connections send requests without a pause and stop when /readyz answers 503, as a load
// balancer does. None of more than 10,000 requests fails, and the server ends by itself with exit code 0.
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { runCommand, startProcess } from '../../packages/server/testing/server-process.ts'
import { temporaryFolder } from '../../packages/server/testing/folders.ts'
import { freePort } from '../../packages/server/testing/ports.ts'
import { figure } from './watched.ts'

const senders = 16
const requests = 10_000
const drainSeconds = 5
const pollMilliseconds = 250

const folder = temporaryFolder()
const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
const server = await startProcess(
  ['serve', '--data', folder.path, '--metrics-port', String(await freePort()), '--drain', String(drainSeconds)],
  { env },
)
const agent = new Agent({ keepAlive: true, maxSockets: senders })
const body = JSON.stringify({ AccessToken: 'a.b.c' })

/** Sends one request. @returns whether the server answered it, by the refusal that is due */
const send = (): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request(
      server.url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser',
        },
      },
      (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode === 400))
        response.once('error', () => resolve(false))
      },
    )
    asked.once('error', () => resolve(false))
    asked.end(body)
  })

let ready = true
let answered = 0
let failed = 0
let afterSignal = 0
let stopping: Promise<number | null> | undefined

const sender = async (): Promise<void> => {
  while (ready) {
    if (await send()) answered += 1
    else failed += 1
    if (stopping) afterSignal += 1
    else if (answered >= requests) stopping = server.stop()
  }
}

const balancer = async (): Promise<void> => {
  while (ready) {
    ready = await fetch(`${server.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    await pause(pollMilliseconds)
  }
}

await Promise.all([balancer(), ...Array.from({ length: senders }, sender)])
const code = await stopping
agent.destroy()
folder.remove()
figure('requests', `${answered} answered, ${failed} failed, ${afterSignal} of them after SIGTERM`)
figure('exit code', String(code))
process.exitCode = failed === 0 && answered >= requests && afterSignal > 0 && code === 0 ? 0 : 1
