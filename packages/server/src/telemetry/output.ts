// Where lines go: standard output and standard error. Writing never blocks the event loop and never fails its caller;
// lines for which there is no room, on a full disk or before a reader that has stopped, are lost and counted.
import { fstatSync, write as writeFile } from 'node:fs'

/** Takes lines. */
export type Output = {
  /** Takes a line, its line break included. */
  readonly write: (line: string | Uint8Array) => void
  /** How many lines were lost so far. */
  readonly lost: () => number
  /** Resolves when all that was taken is written, or when `milliseconds` have passed; what is left then is lost. */
  end(milliseconds: number): Promise<void>
}

/** Writes bytes; as `fs.write` does, it may write fewer than it is given. */
export type WriteBytes = (bytes: Buffer, written: (error: NodeJS.ErrnoException | null, count: number) => void) => void

/** What an output is made of. */
export type OutputParts = {
  readonly write: WriteBytes
  /** The line that tells of lost ones, once there is room again. */
  readonly lostLine: (count: number) => string
  /** How much waits at most. */
  readonly bytesAtMost?: number
}

const bytesWaiting = 1_048_576
const linesAtOnce = 256
const lineBreak = 0x0a
const retryMilliseconds = 100

/** An output that writes to a file descriptor: 1 is standard output, 2 standard error. */
export const descriptorOutput = (descriptor: 1 | 2, lostLine: OutputParts['lostLine']): Output =>
  makeOutput({ write: isPipe(descriptor) ? toStream(descriptor) : toFile(descriptor), lostLine })

const isPipe = (descriptor: number): boolean => {
  try {
    const status = fstatSync(descriptor)
    return status.isFIFO() || status.isSocket()
  } catch {
    return false
  }
}

// A file or a terminal is written by another thread.
const toFile =
  (descriptor: 1 | 2): WriteBytes =>
  (bytes, written) =>
    writeFile(descriptor, bytes, written)

// A pipe would keep that thread for as long as its reader has stopped, and with it the process from ending. Its stream
// waits without a thread.
const toStream = (descriptor: 1 | 2): WriteBytes => {
  const stream = descriptor === 1 ? process.stdout : process.stderr
  // Each write hears of the fault as well.
  stream.on('error', () => {})
  return (bytes, written) => void stream.write(bytes, (error) => written(error ?? null, bytes.length))
}

/** What is written at once: whole lines, or the line that tells of so many lost ones. */
type Batch = { readonly bytes: Buffer; readonly lines: number; readonly told: number }

/** Makes an output. */
export const makeOutput = ({ write, lostLine, bytesAtMost = bytesWaiting }: OutputParts): Output => {
  let waiting: Buffer[] = []
  let size = 0
  let lost = 0
  let untold = 0
  let writing = false
  /** Whether the output ends in the middle of a line, because the rest of it could not be written. */
  let broken = false
  let whenIdle = (): void => {}

  const lose = (lines: number): void => {
    lost += lines
    untold += lines
  }

  const nextBatch = (): Batch | undefined => {
    const start = broken ? [Buffer.from('\n')] : []
    if (untold > 0) return { bytes: Buffer.concat([...start, Buffer.from(lostLine(untold))]), lines: 0, told: untold }
    const lines = waiting.splice(0, linesAtOnce)
    if (lines.length === 0) return undefined
    const bytes = Buffer.concat([...start, ...lines])
    size -= bytes.length - start.length
    return { bytes, lines: lines.length, told: 0 }
  }

  const next = (): void => {
    const batch = nextBatch()
    writing = batch !== undefined
    if (batch) send(batch)
    else whenIdle()
  }

  const send = (batch: Batch): void => {
    write(batch.bytes, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(() => send(batch), retryMilliseconds).unref()
      else if (error) fail(batch)
      else if (count < batch.bytes.length) {
        broken = batch.bytes[count - 1] !== lineBreak
        send({ ...batch, bytes: batch.bytes.subarray(count) })
      } else {
        broken = false
        untold -= batch.told
        next()
      }
    })
  }

  // All that waits is lost with the batch. The next line tries anew.
  const fail = (batch: Batch): void => {
    lose(batch.lines + waiting.length)
    waiting = []
    size = 0
    writing = false
    whenIdle()
  }

  return {
    write: (line) => {
      const bytes = Buffer.from(line)
      if (size + bytes.length > bytesAtMost) {
        lose(1)
        return
      }
      waiting.push(bytes)
      size += bytes.length
      if (!writing) next()
    },
    lost: () => lost,
    end: (milliseconds) =>
      new Promise((resolve) => {
        if (!writing) {
          resolve()
          return
        }
        const late = setTimeout(resolve, milliseconds)
        whenIdle = () => {
          clearTimeout(late)
          resolve()
        }
      }),
  }
}
