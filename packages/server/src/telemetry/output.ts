// Standard output and standard error, line by line. Writing never blocks the event loop and never throws. If a disk is
// full or a reader has stopped, lines beyond the buffer are dropped and counted.
import { fstatSync, write as writeFile } from 'node:fs'

/** A sink for lines. */
export type Output = {
  /** Writes a line, which includes its line break. */
  readonly write: (line: string | Uint8Array) => void
  /** The number of lines lost so far. */
  readonly lost: () => number
  /** Resolves when all lines are written, or after `milliseconds`; the remaining lines are then lost. */
  end(milliseconds: number): Promise<void>
}

/** Writes bytes; like `fs.write`, it may write fewer bytes than it gets. */
export type WriteBytes = (bytes: Buffer, written: (error: NodeJS.ErrnoException | null, count: number) => void) => void

/** The settings of an output. */
export type OutputParts = {
  readonly write: WriteBytes
  /** Makes the line that reports lost lines; it is written when there is room again. */
  readonly lostLine: (count: number) => string
  /** The size of the buffer, in bytes. */
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

// Writes to a file or terminal run in another thread.
const toFile =
  (descriptor: 1 | 2): WriteBytes =>
  (bytes, written) =>
    writeFile(descriptor, bytes, written)

// A pipe whose reader has stopped would block that thread, and the process could not end. A stream waits without a
// thread.
const toStream = (descriptor: 1 | 2): WriteBytes => {
  const stream = descriptor === 1 ? process.stdout : process.stderr
  // The callback of each write receives the error as well.
  stream.on('error', () => {})
  return (bytes, written) => void stream.write(bytes, (error) => written(error ?? null, bytes.length))
}

/** One write: whole lines, or the line that reports lost lines. */
type Batch = { readonly bytes: Buffer; readonly lines: number; readonly told: number }

/** Makes an output. */
export const makeOutput = ({ write, lostLine, bytesAtMost = bytesWaiting }: OutputParts): Output => {
  let waiting: Buffer[] = []
  let size = 0
  let lost = 0
  let untold = 0
  let writing = false
  /** Whether the output ends in the middle of a line, because a write failed. */
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

  // The batch and all waiting lines are lost. The next line starts a new write.
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
