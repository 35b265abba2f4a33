// A TCP proxy on loopback whose network can fail: what passes through it is swallowed without a word, in both
// directions, as by a cut cable or a firewall that forgot a connection.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { closing } from './closing.ts'

/** A proxy that runs until its test ends. */
export type SilentProxy = {
  readonly port: number
  /** From now on nothing passes; connections are taken, and stay silent. */
  silence(): void
  /** New connections lead through again. Those that were there stay silent for good. */
  heal(): void
}

/** Starts a proxy in front of a port of this machine, which ends after a test, or whatever else has an end. */
export const startSilentProxy = async (t: Pick<TestContext, 'after'>, target: number): Promise<SilentProxy> => {
  let silent = false
  const sockets = new Set<Socket>()
  const kept = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  const deaf = (socket: Socket): void => {
    socket.unpipe()
    socket.removeAllListeners('end')
    socket.on('data', () => {})
  }
  // The other side is told of an end only while the network is there.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    kept(near)
    if (silent) {
      deaf(near)
      return
    }
    const far = kept(connect({ port: target, host: '127.0.0.1', allowHalfOpen: true }))
    near.pipe(far)
    far.pipe(near)
    far.on('close', () => !silent && near.destroy())
    near.on('close', () => !silent && far.destroy())
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closing(t, () => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => void server.close(resolve))
  })
  return {
    port: (server.address() as AddressInfo).port,
    silence: () => {
      silent = true
      for (const socket of sockets) deaf(socket)
    },
    heal: () => void (silent = false),
  }
}
