// The outbox worker: leases a message, sends it, notes it sent. A worker that dies leaves a lease that ends; a server
// that is down costs waiting, and nothing is lost before its code has expired (requirements 108 to 110; faults F9).
import type { Context } from '../context.ts'
import type { Message } from '../store/index.ts'
import type { Outgoing, Transports } from './transport.ts'

/** What a worker works with. */
export type DeliveryOptions = {
  readonly context: Pick<Context, 'store' | 'keys' | 'clock' | 'log' | 'random'>
  readonly transports: Transports
  /** How often the outbox is looked at, in milliseconds. */
  readonly pollMilliseconds: number
}

/** A worker at work. */
export type Delivery = {
  /** Looks at the outbox now; resolves when all that was due has been tried. */
  run(): Promise<void>
  /** Finishes what is under way and stops. */
  stop(): Promise<void>
}

const leaseMilliseconds = 60_000
const batch = 20
const firstPauseMilliseconds = 1000
const longestPauseMilliseconds = 300_000

const notMine = new Error('another worker has the message')

/** The pause before try `attempts` + 1: doubling, with jitter of a quarter. */
const pauseOf = (attempts: number, jitter: number): number =>
  Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** Math.min(attempts, 20)) * (0.75 + jitter / 2)

const contentOf = ({ keys }: DeliveryOptions['context'], message: Message): Outgoing => {
  const content = JSON.parse(keys.seal.open(message.content, 'outbox').toString('utf8')) as {
    subject: string
    body: string
  }
  return { id: message.id, to: message.recipient, ...content }
}

/** Starts a worker. Several, in one process or many, share one outbox. */
export const startDelivery = ({ context, transports, pollMilliseconds }: DeliveryOptions): Delivery => {
  const { store, clock, log, random } = context
  const jitter = (): number => random.bytes(1).readUInt8(0) / 255

  const lease = async (message: Message): Promise<boolean> => {
    const now = clock.now()
    const taken = store.outbox.lease(message, now + leaseMilliseconds, now, () => notMine)
    return store.commit([taken]).then(
      () => true,
      (error: unknown) => {
        if (error === notMine) return false
        throw error
      },
    )
  }

  const giveUp = async (message: Message): Promise<void> => {
    log.warn({ messageId: message.id, attempts: message.attempts }, 'message given up: what it carries has expired')
    await store.commit([store.outbox.giveUp(message)])
  }

  const deliver = async (message: Message): Promise<void> => {
    const transport = transports[message.channel]
    if (!transport || !(await lease(message))) return
    if (message.expiresAt <= clock.now()) return giveUp(message)
    try {
      await transport.send(contentOf(context, message))
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string }
      log.warn({ messageId: message.id, attempts: message.attempts + 1, fault: code ?? name }, 'message not sent yet')
      await store.commit([store.outbox.failed(message, clock.now() + pauseOf(message.attempts, jitter()))])
      return
    }
    await store.commit([store.outbox.sent(message, clock.now())])
  }

  const look = async (channel: Message['channel']): Promise<void> => {
    const due = await store.outbox.due(channel, clock.now(), batch)
    await Promise.all(due.map(deliver))
    if (due.length === batch) await look(channel)
  }
  const channels = (['email', 'sms'] as const).filter((channel) => transports[channel])

  let running: Promise<void> | undefined
  const run = (): Promise<void> => {
    running ??= Promise.all(channels.map(look))
      .then(() => undefined)
      .catch((error: unknown) => log.error({ err: error }, 'the outbox cannot be read'))
      .finally(() => {
        running = undefined
      })
    return running
  }
  const timer = setInterval(() => void run(), pollMilliseconds)
  timer.unref()
  return {
    run,
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}
