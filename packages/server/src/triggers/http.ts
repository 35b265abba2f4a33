// A function at a URL: posts the event as JSON and reads the answer as JSON. The body and the time are signed
// (HMAC-SHA-256), so that the function can verify the caller and refuse a replay (protocol/administration 14.1).
import { createHmac } from 'node:crypto'
import { answerBytes, answerMilliseconds, FunctionThrew, NotInvoked, timedOut, UnusableAnswer } from './function.ts'
import type { TriggerFunction } from './function.ts'
import type { Clock } from '../clock.ts'

/** The URL of the function, and the signing of calls. */
export type HttpFunctionOptions = {
  readonly url: string
  /** Key of the signature, as text. */
  readonly secret: string
  /** The real time: the receiver compares it with its clock. */
  readonly clock: Clock
  readonly timeoutMilliseconds?: number
}

/**
 * A function that is called by HTTP. The header `x-poolkeeper-signature` is `t=<epoch seconds>,v1=<hex>`, the HMAC of
 * the seconds, a dot and the body. An answer `{"errorMessage": "…"}` counts as a thrown error, whatever its status. Any
 * other answer without a 2xx status is a failed call; 429 and 5xx are tried again. Redirects are not followed.
 */
export const httpFunction = (options: HttpFunctionOptions): TriggerFunction => {
  const { url, secret, clock, timeoutMilliseconds = answerMilliseconds } = options

  const post = async (body: string): Promise<{ status: number; text: string }> => {
    const seconds = Math.floor(clock.now() / 1000)
    const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-poolkeeper-signature': `t=${seconds},v1=${mac}` }
    const signal = AbortSignal.timeout(timeoutMilliseconds)
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    return { status: response.status, text: await read(response) }
  }

  return {
    invoke: async (event) => {
      const { status, text } = await post(event).catch((error: unknown) => {
        if (error instanceof UnusableAnswer) throw error
        if (isTimeout(error)) throw timedOut()
        throw new NotInvoked('the function cannot be reached', { again: true, reason: causeOf(error) })
      })
      const message = thrownIn(text)
      if (message !== undefined) throw new FunctionThrew(message)
      if (status >= 200 && status < 300) return text
      throw new NotInvoked(`HTTP status ${status}`, { again: again(status) })
    },
    close: async () => {},
  }
}

const read = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > answerBytes) throw new UnusableAnswer('the answer is longer than 6 MB')
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text)
  } catch {
    throw new UnusableAnswer('the answer is not UTF-8')
  }
}

const causeOf = (error: unknown): string => {
  const { cause } = error as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : 'no connection'
}

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError'

/** The message of a thrown error, in the form of Lambda's Invoke API; undefined for any other answer. */
const thrownIn = (text: string): string | undefined => {
  if (!text.includes('errorMessage')) return undefined
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer !== 'object' || answer === null || 'userPoolId' in answer) return undefined
    const { errorMessage } = answer as { errorMessage?: unknown }
    return typeof errorMessage === 'string' ? errorMessage : undefined
  } catch {
    return undefined
  }
}

const again = (status: number): boolean => status === 429 || status >= 500
