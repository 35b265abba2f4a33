// A function in a local module, written as for AWS Lambda. It runs in a separate thread of the server's process, so that a
// function that throws, hangs, loops or exits ends that thread only. It could still use up the memory of the process:
// only trusted functions belong here. A module is loaded at its first call (protocol/administration 14.1).
import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { answerBytes, answerMilliseconds, FunctionThrew, NotInvoked, timedOut, UnusableAnswer } from './function.ts'
import type { TriggerFunction } from './function.ts'

/** The module, and the surroundings of the function. */
export type LocalModuleOptions = {
  readonly arn: string
  /** Absolute path of a JavaScript or TypeScript file. */
  readonly path: string
  /** The environment variables of the function. */
  readonly environment: Readonly<Record<string, string>>
  /** Receives the output of the function. */
  readonly print: (text: Uint8Array) => void
  readonly timeoutMilliseconds?: number
}

type Invocation = { readonly id: string; readonly event: string }
type CallResult = { readonly id: string } & (
  | { readonly answer: string | undefined }
  | { readonly threw: string }
  | { readonly unloadable: string }
  | { readonly unreadable: string }
)

// The program of the thread is a string, because the bundled server consists of one file.
const source = `
const { parentPort, workerData: { url, arn, milliseconds } } = require('node:worker_threads')

const messageOf = (error) => String(error?.message ?? error)

const isFunction = (value) => typeof value === 'function'

const load = async () => {
  const module = await import(url)
  const found = [module.handler, module.default, module.default?.handler].find(isFunction)
  if (!found) throw new Error('the module exports no function as default or as handler')
  return found
}

const contextOf = (id, done) => {
  const began = process.uptime()
  return {
    awsRequestId: id,
    functionName: arn.split(':')[6],
    invokedFunctionArn: arn,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, milliseconds - (process.uptime() - began) * 1000),
    done,
    succeed: (result) => done(null, result),
    fail: (error) => done(error ?? 'failed'),
  }
}

const called = (handler, id, event) => new Promise((resolve, reject) => {
  const done = (error, result) => (error === null || error === undefined ? resolve(result) : reject(error))
  const returned = handler(event, contextOf(id, done), done)
  if (isFunction(returned?.then)) returned.then(resolve, reject)
})

let loading

const answerTo = async ({ id, event }) => {
  let handler
  try {
    handler = await (loading ??= load())
  } catch (error) {
    return { id, unloadable: messageOf(error) }
  }
  let answer
  try {
    answer = await called(handler, id, JSON.parse(event))
  } catch (error) {
    return { id, threw: messageOf(error) }
  }
  try {
    return { id, answer: JSON.stringify(answer) }
  } catch (error) {
    return { id, unreadable: messageOf(error) }
  }
}

parentPort.on('message', async (ask) => parentPort.postMessage(await answerTo(ask)))
`

/** The thread ends when its memory grows beyond this limit. */
const resourceLimits = { maxOldGenerationSizeMb: 256 }

/**
 * A function in a module: its default export or `handler`, called with event, context and callback. It answers through
 * the promise that it returns, or through the callback.
 */
export const localModule = (options: LocalModuleOptions): TriggerFunction => {
  const milliseconds = options.timeoutMilliseconds ?? answerMilliseconds
  const threads = new Set<FunctionThread>()
  let current: FunctionThread | undefined

  const open = (): FunctionThread => {
    const thread = startThread(options, milliseconds)
    threads.add(thread)
    thread.worker.once('exit', () => {
      threads.delete(thread)
      if (current === thread) current = undefined
    })
    return thread
  }

  // After a call has hung or the module failed to load, the thread gets no more calls; it ends after those it has.
  const retire = (thread: FunctionThread): void => {
    if (current === thread) current = undefined
  }
  const endIfIdle = (thread: FunctionThread): void => {
    if (current !== thread && thread.waiting.size === 0) void thread.worker.terminate()
  }

  const told = (thread: FunctionThread, ask: Invocation): Promise<CallResult> => {
    const { promise, resolve, reject } = Promise.withResolvers<CallResult>()
    const limit = setTimeout(() => {
      retire(thread)
      reject(timedOut(`no answer from ${options.path}: no promise was settled and no callback called`))
    }, milliseconds)
    thread.waiting.set(ask.id, {
      tell: resolve,
      crashed: (status) =>
        reject(new FunctionThrew(`RequestId: ${ask.id} Error: Runtime exited with error: exit status ${status}`)),
    })
    thread.worker.postMessage(ask)
    return promise.finally(() => {
      clearTimeout(limit)
      thread.waiting.delete(ask.id)
      endIfIdle(thread)
    })
  }

  return {
    invoke: async (event) => {
      current ??= open()
      const thread = current
      const answer = await told(thread, { id: randomUUID(), event })
      if ('unloadable' in answer) {
        retire(thread)
        endIfIdle(thread)
      }
      return answerIn(answer)
    },
    close: async () => {
      current = undefined
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

type WaitingCall = { readonly tell: (told: CallResult) => void; readonly crashed: (status: number) => void }

type FunctionThread = { readonly worker: Worker; readonly waiting: Map<string, WaitingCall> }

const startThread = (options: LocalModuleOptions, milliseconds: number): FunctionThread => {
  const { arn, path, environment, print } = options
  const worker = new Worker(source, {
    eval: true,
    name: 'function',
    env: { ...environment },
    execArgv: [],
    workerData: { url: pathToFileURL(path).href, arn, milliseconds },
    resourceLimits,
    stdout: true,
    stderr: true,
  })
  const waiting = new Map<string, WaitingCall>()
  worker.stdout.on('data', print)
  worker.stderr.on('data', print)
  worker.on('message', (told: CallResult) => waiting.get(told.id)?.tell(told))
  // An uncaught exception; the event 'exit' follows.
  worker.on('error', () => {})
  worker.on('exit', (status) => {
    for (const each of waiting.values()) each.crashed(status)
  })
  worker.unref()
  return { worker, waiting }
}

const answerIn = (told: CallResult): string => {
  if ('threw' in told) throw new FunctionThrew(told.threw)
  if ('unloadable' in told) {
    throw new NotInvoked('the module of the function cannot be loaded', { again: false, reason: told.unloadable })
  }
  if ('unreadable' in told) throw new UnusableAnswer(`the answer cannot be written as JSON: ${told.unreadable}`)
  // Lambda answers `null` for a function without a result.
  const answer = told.answer ?? 'null'
  if (Buffer.byteLength(answer) > answerBytes) throw new UnusableAnswer('the answer is longer than 6 MB')
  return answer
}
