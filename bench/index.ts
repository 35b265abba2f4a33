// npm run bench: the service against the limits of the machine it runs on and against cognito-local, in slices that
// alternate, so that a machine whose speed drifts slows both. Figures are ratios of one run.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { lightArgon2, strongArgon2 } from '../packages/server/src/config.ts'
import { newSealKey } from '../packages/server/src/keys/seal.ts'
import { totpCode, totpStep } from '../packages/server/src/rules/totp.ts'
import { freePort, startProcess, temporaryFolder, type ServerProcess } from '../test/server.ts'
import { openWire, shot, slice, type Slice, type Wire } from './load.ts'
import { argon2Limit, commitLimit, signatureLimit, signatureLimitAllCores } from './machine.ts'
import { startPeer } from './peer.ts'
import { prepare, type Prepared } from './prepare.ts'
import { emailOf, password, totpSecret } from './seed.ts'

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000,100000' },
    modes: { type: 'string', default: 'serve,dev' },
    slices: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
})

const slices = Number(values.slices)
const seconds = Number(values.seconds)
const wanted = values.only === '' ? undefined : values.only.split(',')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

type Work = (wire: Wire) => Promise<void>

const answered = async (wire: Wire, request: Buffer): Promise<Record<string, unknown>> => {
  const { status, body } = await wire.send(request)
  const answer = JSON.parse(body) as Record<string, unknown>
  if (status !== 200) throw new Error(`${String(answer['__type'])}: ${String(answer['message'])}`)
  return answer
}

/** Alternates a scenario with its bound. @returns the median ratio, and the figures of the median slice */
const compare = async (
  name: string,
  connections: number,
  port: number,
  work: Work,
  bound: { readonly name: string; readonly measure: () => Promise<number> },
): Promise<number> => {
  const wires = Array.from({ length: connections }, () => openWire(port))
  await slice(wires, seconds / 2, work)
  const ratios: number[] = []
  const figures: Slice[] = []
  for (let round = 0; round < slices; round += 1) {
    const limit = await bound.measure()
    const figure = await slice(wires, seconds, work)
    figures.push(figure)
    ratios.push(figure.perSecond / limit)
  }
  for (const wire of wires) wire.close()
  const rate = median(figures.map(({ perSecond }) => perSecond))
  const middle = median(figures.map(({ medianMs }) => medianMs))
  const late = median(figures.map(({ p99Ms }) => p99Ms))
  const failed = figures.reduce((sum, figure) => sum + figure.failed, 0)
  const parts = [
    `  ${name.padEnd(22)} ${rate.toFixed(0).padStart(7)}/s`,
    `${median(ratios).toFixed(3)} of ${bound.name}`,
    `median ${middle.toFixed(2)} ms, p99 ${late.toFixed(2)} ms (${(late / middle).toFixed(1)}x)`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  say(parts.join('   '))
  return rate
}

const bare = fileURLToPath(new URL('bare-http.ts', import.meta.url))

const startBare = async (file: string): Promise<{ port: number; child: ChildProcess }> => {
  const port = await freePort()
  const child = spawn(process.execPath, [bare, String(port), file], { stdio: 'ignore' })
  while (
    !(await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{}' }).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 5))
  return { port, child }
}

const clockTicks = 100

/** Seconds of processor time that a process has used. */
const cpuSeconds = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / clockTicks
}

type Mode = 'serve' | 'dev'

const scenarios = async (mode: Mode, users: number): Promise<void> => {
  const folder = temporaryFolder()
  const sealKeys = newSealKey()
  const parameters = mode === 'serve' ? strongArgon2 : lightArgon2
  const database = `${folder.path}/poolkeeper.db`
  const prepared: Prepared = await prepare({ database, sealKeys, parameters, users })
  const extra = mode === 'serve' ? ['--metrics-port', String(await freePort())] : []
  const server: ServerProcess = await startProcess([mode, '--database', database, '--data', folder.path, ...extra], {
    env: { POOLKEEPER_SEAL_KEYS: sealKeys },
  })
  const port = Number(new URL(server.url).port)
  const plain = await startBare(`${folder.path}/bare.db`)
  say(`\n${mode}, ${users} users`)
  const argon = { name: 'argon2id', measure: () => argon2Limit(seconds / 2, parameters) }
  const signatures = { name: 'two signatures, one core', measure: async () => (await signatureLimit(seconds / 2)) / 2 }
  const signaturesAll = {
    name: 'two signatures, all cores',
    measure: async () => (await signatureLimitAllCores(seconds / 2)) / 2,
  }
  const nodeHttp = {
    name: 'bare node:http',
    measure: async () => {
      const wires = Array.from({ length: 16 }, () => openWire(plain.port))
      const request = shot('GetUser', { AccessToken: 'x'.repeat(900) })
      const { perSecond } = await slice(wires, seconds / 2, async (wire) => void (await wire.send(request)))
      for (const wire of wires) wire.close()
      return perSecond
    },
  }
  const connections = mode === 'serve' ? 4 : 16
  let turn = 0
  const nextUser = (): string => emailOf((turn += 1) % users)
  const signIn = (clientId: string, name: string): Buffer =>
    shot('InitiateAuth', {
      ClientId: clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
    })
  const passwordWork: Work = async (wire) => void (await answered(wire, signIn(prepared.plain.clientId, nextUser())))

  let ahead = 0
  let turns = 0
  // A code serves once: when every user has had a turn, the clock moves on by a step (in dev), or time does (in serve).
  const totpWork: Work = async (wire) => {
    turns += 1
    if (mode === 'dev' && turns % users === 0) {
      ahead += 30_000
      await fetch(`${server.url}/_poolkeeper/clock`, { method: 'POST', body: '{"advanceSeconds":30}' })
    }
    const name = emailOf(turns % users)
    const challenge = await answered(wire, signIn(prepared.mfa.clientId, name))
    await answered(
      wire,
      shot('RespondToAuthChallenge', {
        ClientId: prepared.mfa.clientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: challenge['Session'],
        ChallengeResponses: {
          USERNAME: name,
          SOFTWARE_TOKEN_MFA_CODE: totpCode(totpSecret, totpStep(Date.now() + ahead)),
        },
      }),
    )
  }
  const one = openWire(port)
  const tokens = (await answered(one, signIn(prepared.plain.clientId, emailOf(1))))['AuthenticationResult'] as Record<
    string,
    string
  >
  one.close()
  const refreshRequest = shot('InitiateAuth', {
    ClientId: prepared.plain.clientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: tokens['RefreshToken'] },
  })
  const getUserRequest = shot('GetUser', { AccessToken: tokens['AccessToken'] })
  const run = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    if (wanted === undefined || wanted.includes(name)) await work()
  }
  try {
    await run('password', async () => {
      const before = cpuSeconds(server.child.pid)
      const begun = performance.now()
      const rate = await compare('password', connections, port, passwordWork, mode === 'serve' ? argon : signatures)
      const used = cpuSeconds(server.child.pid) - before
      const signIns = rate * slices * seconds
      say(
        `    ${((used / signIns) * 1000).toFixed(2)} ms of processor time each, in ${((performance.now() - begun) / 1000).toFixed(0)} s`,
      )
    })
    if (mode === 'dev') {
      await run('peer', async () => {
        const peer = await startPeer(password)
        const request = signIn(peer.clientId, peer.username)
        const measure = async (): Promise<number> => {
          const wires = Array.from({ length: connections }, () => openWire(peer.port))
          const { perSecond } = await slice(wires, seconds / 2, async (wire) => void (await answered(wire, request)))
          for (const wire of wires) wire.close()
          return perSecond
        }
        await compare('password, again', connections, port, passwordWork, { name: 'cognito-local', measure })
        peer.stop()
      })
    }
    await run('totp', () => compare('totp', connections, port, totpWork, mode === 'serve' ? argon : signatures))
    await run('refresh', () =>
      compare('refresh', 8, port, async (wire) => void (await answered(wire, refreshRequest)), signaturesAll),
    )
    await run('getuser', () =>
      compare('getuser', 16, port, async (wire) => void (await answered(wire, getUserRequest)), nodeHttp),
    )
    if (mode === 'dev') {
      await run('listusers-by-email', () =>
        compare(
          'listusers-by-email',
          8,
          port,
          async (wire) => {
            const request = { UserPoolId: prepared.plain.poolId, Filter: `email = "${nextUser()}"` }
            await answered(wire, shot('ListUsers', request))
          },
          nodeHttp,
        ),
      )
      await run('flow', () =>
        compare(
          'flow (6 requests)',
          8,
          port,
          flowWork(prepared.mfa, () => Date.now() + ahead, server.url),
          signatures,
        ),
      )
    }
  } finally {
    plain.child.kill()
    await server.stop()
    folder.remove()
  }
}

let newcomers = 0

const flowWork =
  (mfa: { poolId: string; clientId: string }, now: () => number, url: string): Work =>
  async (wire) => {
    const Username = `newcomer${(newcomers += 1)}@example.com`
    const ClientId = mfa.clientId
    await answered(wire, shot('SignUp', { ClientId, Username, Password: password }))
    const mail = await (await fetch(`${url}/_poolkeeper/mailbox?to=${Username}`)).text()
    const ConfirmationCode = /code is (\d{6})/.exec(mail)?.[1] ?? ''
    await answered(wire, shot('ConfirmSignUp', { ClientId, Username, ConfirmationCode }))
    const start = await answered(
      wire,
      shot('AdminInitiateAuth', {
        UserPoolId: mfa.poolId,
        ClientId,
        AuthFlow: 'ADMIN_NO_SRP_AUTH',
        AuthParameters: { USERNAME: Username, PASSWORD: password },
      }),
    )
    const associated = await answered(wire, shot('AssociateSoftwareToken', { Session: start['Session'] }))
    const secret = decode(String(associated['SecretCode']))
    const UserCode = totpCode(secret, totpStep(now()))
    const verified = await answered(wire, shot('VerifySoftwareToken', { Session: associated['Session'], UserCode }))
    await answered(
      wire,
      shot('AdminRespondToAuthChallenge', {
        UserPoolId: mfa.poolId,
        ClientId,
        ChallengeName: 'MFA_SETUP',
        Session: verified['Session'],
        ChallengeResponses: { USERNAME: Username },
      }),
    )
  }

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const decode = (text: string): Buffer => {
  const bits = Array.from(text, (character) => alphabet.indexOf(character).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
}

const root = fileURLToPath(new URL('..', import.meta.url))
const built = fileURLToPath(new URL('../packages/server/dist/cli/index.js', import.meta.url))

const coldStart = async (): Promise<void> => {
  say('\ncold start (second start, built program)')
  execFileSync(process.execPath, ['tools/build.ts', 'server'], { cwd: root, stdio: 'ignore' })
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

say(`Node ${process.version}; ${slices} slices of ${seconds} s, each beside its bound`)
say(`  argon2id (19 MiB, 2 passes)  ${(await argon2Limit(seconds, strongArgon2)).toFixed(0)}/s`)
say(`  RS256, one core              ${(await signatureLimit(seconds)).toFixed(0)}/s`)
say(`  RS256, all cores             ${(await signatureLimitAllCores(seconds)).toFixed(0)}/s`)
say(`  durable SQLite commits       ${(await commitLimit(seconds)).toFixed(0)}/s`)
for (const mode of values.modes.split(',').filter((name): name is Mode => name === 'serve' || name === 'dev')) {
  for (const users of values.users.split(',')) await scenarios(mode, Number(users))
}
if (wanted === undefined || wanted.includes('cold-start')) await coldStart()
