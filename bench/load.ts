// A client that uses little processor time: keep-alive sockets, with one request at a time on each.
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A request, ready to be sent. */
export type Shot = Buffer

const target = 'AWSCognitoIdentityProviderService.'

const signature =
  'AWS4-HMAC-SHA256 Credential=any/20260102/zz-local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0'

/** A request of the API. @param authorization - a signature; the development server accepts any */
export const shot = (operation: string, input: unknown, headers: Readonly<Record<string, string>> = {}): Shot => {
  const body = JSON.stringify(input)
  const all = {
    host: '127.0.0.1',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': target + operation,
    authorization: signature,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST / HTTP/1.1\r\n${head.join('')}\r\n${body}`)
}

/** One connection. */
export type Wire = {
  /** Sends a request. @returns status and body */
  send(request: Shot): Promise<{ status: number; body: string }>
  close(): void
}

/** Opens a connection. */
export const openWire = (port: number): Wire => {
  const socket: Socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  let waiting:
    | { resolve: (answer: { status: number; body: string }) => void; reject: (error: Error) => void }
    | undefined
  let buffered = ''
  socket.on('data', (chunk) => {
    buffered += chunk.toString('latin1')
    const end = buffered.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(buffered)?.[1] ?? 0)
    if (buffered.length < end + 4 + length) return
    const answer = { status: Number(buffered.slice(9, 12)), body: buffered.slice(end + 4, end + 4 + length) }
    buffered = buffered.slice(end + 4 + length)
    waiting?.resolve(answer)
  })
  const fail = (error: Error): void => waiting?.reject(error)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        if (socket.destroyed) fail(new Error('the connection was closed'))
        else socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

/** The number of connections: enough that the server always has work waiting. */
const connections = 64

/** Opens them all. */
export const openWires = (port: number): Wire[] => Array.from({ length: connections }, () => openWire(port))

/** The results of a slice of load. */
export type Slice = {
  readonly perSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly failed: number
  /** The change of the meter for each turn. */
  readonly metered: number
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** The milliseconds of load before the measurement begins. */
const rampMs = 250

/**
 * Repeats a piece of work on several connections. It counts turns only while all connections are busy, not at the
 * beginning or the end.
 *
 * @param work - does the work once on a connection; a rejection counts as a failure
 * @param meter - read at the beginning and the end of the measurement
 */
export const slice = async (
  wires: readonly Wire[],
  seconds: number,
  work: (wire: Wire) => Promise<void>,
  meter: () => number = () => 0,
): Promise<Slice> => {
  let times: number[] = []
  let failed = 0
  let over = false
  const worker = async (wire: Wire): Promise<void> => {
    while (!over) {
      const from = performance.now()
      await work(wire).then(
        () => times.push(performance.now() - from),
        () => (failed += 1),
      )
    }
  }
  const workers = wires.map(worker)
  await pause(rampMs)
  times = []
  const [before, begun] = [meter(), performance.now()]
  await pause(seconds * 1000)
  const [after, elapsed] = [meter(), (performance.now() - begun) / 1000]
  const counted = times.toSorted((a, b) => a - b)
  over = true
  await Promise.all(workers)
  return {
    perSecond: counted.length / elapsed,
    medianMs: at(counted, 0.5),
    p99Ms: at(counted, 0.99),
    failed,
    metered: (after - before) / counted.length,
  }
}
