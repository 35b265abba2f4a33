// npm run bench: compares the service with the limits of the machine and with cognito-local, in alternating slices, so that
// a drifting machine slows both. The figures are ratios within one run.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { lightArgon2, strongArgon2 } from '../packages/server/src/config.ts'
import { newSealKey } from '../packages/server/src/keys/seal.ts'
import { freePort } from '../packages/server/testing/ports.ts'
import { startProcess, type ServerProcess } from '../packages/server/testing/server-process.ts'
import { temporaryFolder } from '../packages/server/testing/folders.ts'
import { compare, median, say, warmUp, type Bound, type Measured, type Scenario, type Workload } from './compare.ts'
import { openWire, openWires, shot, slice } from './load.ts'
import {
  argon2Limit,
  commitLimit,
  cores,
  passkeyLimit,
  signatureLimit,
  signatureLimitAllCores,
  srpLeastMs,
} from './machine.ts'
import { startPeer } from './peer.ts'
import { prepare, type BenchPools } from './prepare.ts'
import { emailOf, password, srpUsers } from './seed.ts'
import {
  answered,
  flowWork,
  passkeyWork,
  passwordRequest,
  registerPasskeys,
  rotationWork,
  srpWork,
  tokensOf,
  totpWork,
  userTurns,
} from './work.ts'

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000,100000' },
    modes: { type: 'string', default: 'serve,dev' },
    slices: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    beside: { type: 'boolean', default: false },
  },
})

const slices = Number(values.slices)
const seconds = Number(values.seconds)
const only = values.only === '' ? undefined : values.only.split(',')
const isWanted = (name: string): boolean => only === undefined || only.includes(name)

const root = fileURLToPath(new URL('..', import.meta.url))
const built = fileURLToPath(new URL('../packages/server/dist/cli/index.js', import.meta.url))

const bare = fileURLToPath(new URL('bare-http.ts', import.meta.url))

const startBare = async (file: string): Promise<{ port: number; child: ChildProcess }> => {
  const port = await freePort()
  const child = spawn(process.execPath, [bare, String(port), file], { stdio: ['pipe', 'ignore', 'ignore'] })
  while (
    !(await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{}' }).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 5))
  return { port, child }
}

const stepMilliseconds = 30_000

type Mode = 'serve' | 'dev'

type Running = {
  readonly mode: Mode
  readonly users: number
  readonly server: ServerProcess
  readonly prepared: BenchPools
  readonly barePort: number
}

const portOf = ({ url }: ServerProcess): number => Number(new URL(url).port)

/** Measures the turns a second of a workload on a server. */
const rateOf = async (port: number, work: Workload): Promise<number> => {
  const wires = openWires(port)
  const { perSecond } = await slice(wires, seconds / 2, work)
  for (const wire of wires) wire.close()
  return perSecond
}

const nodeHttp = (port: number): Bound => {
  const request = shot('GetUser', { AccessToken: 'x'.repeat(900) })
  return { name: 'bare node:http', measure: () => rateOf(port, async (wire) => void (await wire.send(request))) }
}

const signatures: Bound = {
  name: 'two signatures, one core',
  measure: async () => (await signatureLimit(seconds / 2)) / 2,
  cores: 1,
}

const signaturesAll: Bound = {
  name: 'two signatures, all cores',
  measure: async () => (await signatureLimitAllCores(seconds / 2)) / 2,
  cores,
}

const argon2id: Bound = { name: 'argon2id', measure: () => argon2Limit(seconds / 2, strongArgon2), cores }

const srpBound: Bound = {
  name: 'three powers and two signatures, one core',
  measure: async () => 1000 / (await srpLeastMs(seconds / 2)),
  cores: 1,
}

const passkeyBound: Bound = {
  name: 'two signatures and a verification, all cores',
  measure: () => passkeyLimit(seconds / 2),
  cores,
}

/** The scenarios of a server; each is made when its turn comes. */
const scenariosOf = ({ mode, users, server, prepared, barePort }: Running): Record<string, () => Promise<Scenario>> => {
  const { plain, mfa, rotating } = prepared
  const hashing = mode === 'serve' ? argon2id : signatures
  const name = userTurns(users)
  let ahead = 0
  // In `serve` real time must pass; the slice that waits for it is not the median one.
  const moved = async (): Promise<number> => {
    if (mode === 'serve') {
      await pause(stepMilliseconds - (Date.now() % stepMilliseconds))
      return 0
    }
    await fetch(`${server.url}/_poolkeeper/clock`, {
      method: 'POST',
      body: JSON.stringify({ advanceSeconds: stepMilliseconds / 1000 }),
    })
    return (ahead += stepMilliseconds)
  }
  const byToken = async (request: (tokens: Record<string, string>) => Buffer): Promise<Workload> => {
    const wire = openWire(portOf(server))
    const shotAgain = request(await tokensOf(wire, plain.clientId, emailOf(1)))
    wire.close()
    return async (one) => void (await answered(one, shotAgain))
  }
  return {
    password: async () => ({
      name: 'password',
      work: async (wire) => void (await answered(wire, passwordRequest(plain.clientId, name()))),
      bound: hashing,
    }),
    totp: async () => ({ name: 'totp', work: totpWork(mfa.clientId, users, moved), bound: hashing }),
    srp: async () => {
      const { work, close } = srpWork(plain.clientId, plain.poolId, userTurns(srpUsers))
      return { name: 'srp', work, bound: srpBound, close }
    },
    refresh: async () => ({
      name: 'refresh',
      work: await byToken(({ RefreshToken }) =>
        shot('InitiateAuth', {
          ClientId: plain.clientId,
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          AuthParameters: { REFRESH_TOKEN: RefreshToken },
        }),
      ),
      bound: signaturesAll,
    }),
    rotation: async () => ({
      name: 'refresh by rotation',
      work: rotationWork(rotating.clientId, name),
      bound: signaturesAll,
    }),
    passkey: async () => {
      const wire = openWire(portOf(server))
      const names = Array.from({ length: 20 }, (_, index) => emailOf(index))
      const passkeys = await registerPasskeys(wire, plain.clientId, names)
      wire.close()
      return {
        name: 'passkey',
        work: passkeyWork(plain.clientId, passkeys),
        bound: passkeyBound,
      }
    },
    getuser: async () => ({
      name: 'getuser',
      work: await byToken(({ AccessToken }) => shot('GetUser', { AccessToken })),
      bound: nodeHttp(barePort),
    }),
    'listusers-by-email': async () => ({
      name: 'listusers-by-email',
      work: async (wire) => {
        const request = { UserPoolId: plain.poolId, Filter: `email = "${name()}"` }
        await answered(wire, shot('ListUsers', request))
      },
      bound: nodeHttp(barePort),
    }),
    flow: async () => ({
      name: 'flow (6 requests)',
      work: flowWork(mfa, () => Date.now() + ahead),
      bound: signatures,
    }),
    peer: async () => {
      const peer = await startPeer(password)
      const request = passwordRequest(peer.clientId, peer.username)
      const measure = (): Promise<number> => rateOf(peer.port, async (wire) => void (await answered(wire, request)))
      const work: Workload = async (wire) => void (await answered(wire, passwordRequest(plain.clientId, name())))
      const bound = { name: 'cognito-local', measure }
      return { name: 'password, once more', work, bound, close: peer.stop }
    },
  }
}

/** The scenarios that need the development server: any credentials, a mailbox or a movable clock. */
const developmentAlone: readonly string[] = ['listusers-by-email', 'flow', 'peer']

const start = async (mode: Mode, users: number): Promise<Running & { stop: () => Promise<void> }> => {
  const folder = temporaryFolder()
  const sealKeys = newSealKey()
  const parameters = mode === 'serve' ? strongArgon2 : lightArgon2
  const database = `${folder.path}/poolkeeper.db`
  const prepared = await prepare({ database, sealKeys, parameters, users })
  const extra = mode === 'serve' ? ['--metrics-port', String(await freePort())] : []
  const server = await startProcess([mode, '--database', database, '--data', folder.path, ...extra], {
    program: built,
    // All the load comes from one address.
    env: { POOLKEEPER_SEAL_KEYS: sealKeys, POOLKEEPER_LIMITS: 'off' },
  })
  const bareServer = await startBare(`${folder.path}/bare.db`)
  const stop = async (): Promise<void> => {
    bareServer.child.kill()
    await server.stop()
    folder.remove()
  }
  return { mode, users, server, prepared, barePort: bareServer.port, stop }
}

const wantedOf = (running: Running): [string, () => Promise<Scenario>][] =>
  Object.entries(scenariosOf(running)).filter(
    ([name]) => isWanted(name) && !(running.mode === 'serve' && developmentAlone.includes(name)),
  )

const measuredOf = ({ server }: Running): Measured => ({
  port: portOf(server),
  pid: server.child.pid,
  slices,
  seconds,
})

const measure = async (mode: Mode, users: number): Promise<void> => {
  const running = await start(mode, users)
  say(`\n${mode}, ${users} users`)
  try {
    for (const [, make] of wantedOf(running)) await compare(measuredOf(running), await make())
  } finally {
    await running.stop()
  }
}

/** Runs each scenario on a server with many users and on one with few. */
const measureBeside = async (mode: Mode, few: number, many: number): Promise<void> => {
  const [small, large] = [await start(mode, few), await start(mode, many)]
  say(`\n${mode}, ${many} users beside ${few}`)
  try {
    const same = scenariosOf(small)
    for (const [name, make] of wantedOf(large).filter(([wanted]) => wanted !== 'peer')) {
      const other = await same[name]?.()
      if (!other) continue
      // The connections stay open: some workloads continue where their connection stopped.
      const wires = openWires(portOf(small.server))
      const limit = async (): Promise<number> => (await slice(wires, seconds / 2, other.work)).perSecond
      await warmUp(wires, other.work)
      await compare(measuredOf(large), { ...(await make()), bound: { name: `it at ${few} users`, measure: limit } })
      for (const wire of wires) wire.close()
      other.close?.()
    }
  } finally {
    await small.stop()
    await large.stop()
  }
}

const coldStart = async (): Promise<void> => {
  say('\ncold start (second start, built program)')
  const folder = temporaryFolder()
  const words = ['dev', '--data', folder.path]
  await (await startProcess(words, { program: built })).stop()
  const ratios: number[] = []
  const times: number[] = []
  for (let round = 0; round < slices; round += 1) {
    let begun = performance.now()
    const plain = await startBare(`${folder.path}/bare.db`)
    const bareMs = performance.now() - begun
    plain.child.kill()
    begun = performance.now()
    const server = await startProcess(words, { program: built })
    const ms = performance.now() - begun
    await server.stop()
    times.push(ms)
    ratios.push(ms / bareMs)
  }
  folder.remove()
  say(`  first answer after ${median(times).toFixed(0)} ms, ${median(ratios).toFixed(2)} of a bare Node program`)
}

execFileSync(process.execPath, ['tools/build.ts', 'server'], { cwd: root, stdio: 'ignore' })
say(`Node ${process.version}; ${slices} slices of ${seconds} s, each beside its bound`)
say(`  argon2id (19 MiB, 2 passes)  ${(await argon2Limit(seconds, strongArgon2)).toFixed(0)}/s`)
say(`  RS256, one core              ${(await signatureLimit(seconds)).toFixed(0)}/s`)
say(`  RS256, all cores             ${(await signatureLimitAllCores(seconds)).toFixed(0)}/s`)
say(`  durable SQLite commits       ${(await commitLimit(seconds)).toFixed(0)}/s`)
const sizes = values.users.split(',').map(Number)
for (const mode of values.modes.split(',').filter((name): name is Mode => name === 'serve' || name === 'dev')) {
  if (values.beside) await measureBeside(mode, Math.min(...sizes), Math.max(...sizes))
  else for (const users of sizes) await measure(mode, users)
}
if (isWanted('cold-start') && !values.beside) await coldStart()
