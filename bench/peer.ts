// cognito-local, the emulator from npm, in the same run as the service: the same sign-in by password.
import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { freePort } from '../packages/server/testing/ports.ts'
import { temporaryFolder } from '../packages/server/testing/folders.ts'
import { openWire, shot } from './load.ts'

/** A running peer. */
export type Peer = { readonly port: number; readonly clientId: string; readonly username: string; stop(): void }

const entry = createRequire(import.meta.url).resolve('cognito-local/lib/bin/start.js')

const ready = async (port: number): Promise<void> => {
  const health = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      () => true,
      () => false,
    )
  while (!(await health())) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Starts cognito-local with one pool, one client and one confirmed user. */
export const startPeer = async (password: string): Promise<Peer> => {
  const folder = temporaryFolder()
  const port = await freePort()
  const child: ChildProcess = spawn(process.execPath, [entry], {
    cwd: folder.path,
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: 'ignore',
  })
  await ready(port)
  const wire = openWire(port)
  const call = async (operation: string, input: unknown): Promise<Record<string, Record<string, string>>> =>
    JSON.parse((await wire.send(shot(operation, input))).body) as Record<string, Record<string, string>>
  const pool = await call('CreateUserPool', { PoolName: 'bench' })
  const UserPoolId = pool['UserPool']?.['Id'] ?? ''
  const client = await call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'bench',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  })
  const username = 'jane@example.com'
  const TemporaryPassword = password
  await call('AdminCreateUser', {
    UserPoolId,
    Username: username,
    TemporaryPassword,
    UserAttributes: [],
    MessageAction: 'SUPPRESS',
  })
  await call('AdminSetUserPassword', { UserPoolId, Username: username, Password: password, Permanent: true })
  wire.close()
  return {
    port,
    clientId: client['UserPoolClient']?.['ClientId'] ?? '',
    username,
    stop: () => {
      child.kill()
      folder.remove()
    },
  }
}
