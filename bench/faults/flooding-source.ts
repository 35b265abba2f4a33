// A source that floods: 200 connections send wrong sign-ins from one address, 2,000 a second, then from a hundred
// addresses, while honest users sign in, each from a separate address. During the flood from one address every honest
// sign-in succeeds; during that from a hundred, all but a few at the start, until the hundred are known to be busy.
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { openPool } from '../../packages/client/src/index.ts'
import { freePort } from '../../packages/server/testing/ports.ts'
import { runCommand, startProcess } from '../../packages/server/testing/server-process.ts'
import { temporaryFolder } from '../../packages/server/testing/folders.ts'
import { signInFrom, type Answered, type Flood, type Flooded } from './flood.ts'
import { figure } from './watched.ts'

const phaseMilliseconds = 15_000
const honestPauseMilliseconds = 100
/** The part of honest sign-ins that must succeed during a flood from a hundred sources. */
const shareThatSucceeds = 0.9
const password = 'Correct-horse-7'
const region = 'zz-local-1'

const folder = temporaryFolder()
const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
const created = await runCommand(['keys', 'create', '--data', folder.path], env)
const [, accessKeyId = '', secretAccessKey = ''] = /ID=(\S+)\n\S+=(\S+)/.exec(created.stdout) ?? []
const words = ['--metrics-port', String(await freePort()), '--trusted-proxies', '127.0.0.1']
const server = await startProcess(['serve', '--data', folder.path, ...words], { env })

const callOf = (userPoolId: string) =>
  openPool({ userPoolId, clientId: 'none', endpoint: server.url, credentials: { accessKeyId, secretAccessKey } }).call
const { UserPool } = await callOf(`${region}_none`)<{ UserPool: { Id: string } }>('CreateUserPool', {
  PoolName: 'flood',
})
const UserPoolId = UserPool.Id
const admin = callOf(UserPoolId)
const { UserPoolClient } = await admin<{ UserPoolClient: { ClientId: string } }>('CreateUserPoolClient', {
  UserPoolId,
  ClientName: 'flood',
  ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  PreventUserExistenceErrors: 'ENABLED',
})
const { ClientId } = UserPoolClient
await admin('AdminCreateUser', { UserPoolId, Username: 'anna', MessageAction: 'SUPPRESS' })
await admin('AdminSetUserPassword', { UserPoolId, Username: 'anna', Password: password, Permanent: true })

/** The flood runs in a separate thread, so that only the server delays the honest sign-ins. */
const startFlood = (sources: number): { stop(): Promise<Flooded> } => {
  const flood: Flood = { url: server.url, clientId: ClientId, sources }
  const worker = new Worker(new URL('flood.ts', import.meta.url), { workerData: flood })
  return {
    stop: () => {
      worker.postMessage('stop')
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    },
  }
}

/** Signs in repeatedly, each time from another address. */
const signInHonestly = async (): Promise<Answered[]> => {
  const honest: Answered[] = []
  const end = performance.now() + phaseMilliseconds
  while (performance.now() < end) {
    const address = `203.0.113.${honest.length % 250}`
    honest.push(await signInFrom({ url: server.url, clientId: ClientId, username: 'anna', password, address }))
    await pause(honestPauseMilliseconds)
  }
  return honest
}

/** Signs in during a flood from a number of sources. @returns the part of the honest sign-ins that succeeded */
const phase = async (what: string, sources: number): Promise<number> => {
  const flood = sources > 0 ? startFlood(sources) : undefined
  const honest = await signInHonestly()
  const flooded = await flood?.stop()
  const times = honest.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b)
  const at = (share: number): string => `${(times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(0)} ms`
  const succeeded = honest.filter(({ outcome }) => outcome === 'signed in').length
  figure(`${what}: honest sign-ins`, `${succeeded} of ${honest.length}, median ${at(0.5)}, slowest ${at(1)}`)
  if (flooded) {
    const { sent, looked, refused } = flooded
    figure(`${what}: the flood`, `${sent} sent, ${looked} looked at, ${refused} refused`)
  }
  return succeeded / honest.length
}

const alone = await phase('no flood', 0)
const one = await phase('one source', 1)
const hundred = await phase('a hundred sources', 100)
await server.stop()
folder.remove()
process.exitCode = alone === 1 && one === 1 && hundred >= shareThatSucceeds ? 0 : 1
