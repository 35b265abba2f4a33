// The outbox worker: leases a message, sends it, and notes it as sent. The lease of a worker that dies expires, and
// another worker sends the message. While a mail server is down, messages wait; none is given up before its code has
// expired (requirements 108 to 110; protocol/requirements F9, F10).
import type { Context } from '../context.ts'
import type { Message } from '../store/index.ts'
import { Unreachable, type Outgoing, type Transport, type Transports } from './transport.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

/** The result of a try. */
export type DeliveryOutcome = 'sent' | 'failed' | 'given up'

/** The settings of a worker. */
export type DeliveryOptions = {
  readonly context: Pick<Context, 'store' | 'keys' | 'clock' | 'log' | 'random'>
  readonly transports: Transports
  /** The pause between two readings of the outbox, in milliseconds. */
  readonly pollMilliseconds: number
  /** The time-out of a try, in milliseconds; shorter than a lease, so that a message has one sender at a time. */
  readonly sendMilliseconds?: number
  /** The time after which `stop` aborts tries under way, in milliseconds. */
  readonly graceMilliseconds?: number
  /** Called after each try, with its result. */
  readonly noted?: (channel: Message['channel'], outcome: DeliveryOutcome) => void
}

/** A worker at work. */
export type Delivery = {
  /** Reads the outbox now; resolves when all due messages have been tried. Never rejects. */
  run(): Promise<void>
  /** Takes no more messages, finishes those under way, and gives back those that take too long. */
  stop(): Promise<void>
}

/** The length of a lease. */
const leaseMilliseconds = 60_000
/** The most messages of one channel under way at once. */
const lanesAtMost = 5
const batch = 20
const firstPauseMilliseconds = 1000
const longestPauseMilliseconds = 300_000
/** The longest pause after a transport was unreachable. */
const longestOutageMilliseconds = 30_000

const notMine = new Error('another worker has the message')

/** Starts a worker. Several, in one process or many, share one outbox. */
export const startDelivery = (options: DeliveryOptions): Delivery => {
  const { context, transports, pollMilliseconds, graceMilliseconds = 4000 } = options
  let over = false
  const stopping = new AbortController()
  const channels = (['email', 'sms'] as const).map((channel): Channel => {
    const transport = transports[channel]
    const channelOptions = { ...options, channel, stopped: () => over }
    return transport ? startChannel(channelOptions, transport, stopping.signal) : watchChannel(channelOptions)
  })
  const run = async (): Promise<void> => {
    const ends = await Promise.allSettled(channels.map((channel) => channel.run()))
    for (const end of ends) {
      if (end.status === 'rejected') context.log.error({ err: end.reason }, 'the outbox cannot be read')
    }
  }
  const timer = setInterval(() => void run(), pollMilliseconds)
  timer.unref()
  return {
    run,
    stop: async () => {
      over = true
      clearInterval(timer)
      const grace = setTimeout(() => stopping.abort(), graceMilliseconds)
      await run()
      clearTimeout(grace)
    },
  }
}

/** The pause after a failure: it doubles each time, and varies by a quarter. @param chance - from 0 to 1 */
const pauseOf = (failures: number, longest: number, chance: number): number =>
  Math.min(longest, firstPauseMilliseconds * 2 ** Math.min(failures, 20)) * (0.75 + chance / 2)

const contentOf = ({ keys }: DeliveryOptions['context'], message: Message): Outgoing => {
  const opened = keys.seal.openRow(message.content, sealedPlaces.message(message)).toString('utf8')
  const content = JSON.parse(opened) as Omit<Outgoing, 'id' | 'to'>
  return { id: message.id, to: message.recipient, ...content }
}

/** The loggable part of a failure: without the server's message, which repeats addresses. */
const faultOf = (error: unknown): Record<string, unknown> => {
  const cause = error instanceof Unreachable && error.cause ? error.cause : error
  const { name, code, responseCode } = cause as { name?: string; code?: string; responseCode?: number }
  return { fault: code ?? name, ...(responseCode ? { reply: responseCode } : {}) }
}

/** One channel of a worker. */
type Channel = { run(): Promise<void> }

type ChannelOptions = DeliveryOptions & { readonly channel: Message['channel']; readonly stopped: () => boolean }

const startChannel = (options: ChannelOptions, transport: Transport, stopping: AbortSignal): Channel => {
  const { context, channel, stopped, noted = () => {}, sendMilliseconds = 45_000 } = options
  const { store, clock, log, random } = context
  const chance = (): number => random.bytes(1).readUInt8(0) / 255

  // While the transport is unreachable, only one message at a time tries it, after growing pauses; the others wait.
  let outages = 0
  let restUntil = 0

  const lease = async (message: Message, until: number): Promise<boolean> => {
    const taken = store.outbox.lease(message, until, clock.now(), () => notMine)
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
    await store.commit([store.outbox.giveUp(message, clock.now())])
    noted(channel, 'given up')
  }

  const giveBack = async (message: Message, error: unknown): Promise<void> => {
    const attempts = message.attempts + 1
    log.warn({ messageId: message.id, channel, attempts, ...faultOf(error) }, 'message not sent yet')
    const wait = stopped() ? 0 : pauseOf(message.attempts, longestPauseMilliseconds, chance())
    await store.commit([store.outbox.failed(message, clock.now() + wait)])
    noted(channel, 'failed')
  }

  // Messages that were sent but not noted as sent, for example while the database restarts. They are noted later, and not
  // sent again until then.
  const underWay = new Set<string>()
  const unnoted = new Map<Message, number>()
  const noteSent = async (message: Message, leasedUntil: number): Promise<void> => {
    unnoted.set(message, leasedUntil)
    await store.commit([store.outbox.sent(message, clock.now())])
    unnoted.delete(message)
    noted(channel, 'sent')
  }
  const noteAgain = async (message: Message, leasedUntil: number): Promise<void> => {
    await noteSent(message, leasedUntil).catch(() => {
      if (clock.now() >= leasedUntil) unnoted.delete(message)
    })
    if (!unnoted.has(message)) underWay.delete(message.id)
  }

  const deliver = async (message: Message): Promise<void> => {
    const leasedUntil = clock.now() + leaseMilliseconds
    if (!(await lease(message, leasedUntil))) return
    if (message.expiresAt <= clock.now()) return giveUp(message)
    try {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(sendMilliseconds)])
      await transport.send(contentOf(context, message), signal)
    } catch (error) {
      if (error instanceof Unreachable) {
        restUntil = clock.now() + pauseOf(outages, longestOutageMilliseconds, chance())
        outages += 1
      }
      return giveBack(message, error)
    }
    outages = 0
    await noteSent(message, leasedUntil)
  }

  let candidates: Message[] = []
  let reading: Promise<void> | undefined
  const read = async (): Promise<void> => {
    try {
      candidates = (await store.outbox.due(channel, clock.now(), batch)).filter(({ id }) => !underWay.has(id))
    } catch (error) {
      log.error({ err: error, channel }, 'the outbox cannot be read')
    }
  }
  // A clock that was set back does not lengthen a pause.
  const resting = (): boolean => {
    const left = restUntil - clock.now()
    return stopped() || (left > 0 && left <= 1.25 * longestOutageMilliseconds)
  }
  const next = async (): Promise<Message | undefined> => {
    if (resting()) return undefined
    if (candidates.length === 0) {
      reading ??= read().finally(() => {
        reading = undefined
      })
      await reading
    }
    const message = resting() ? undefined : candidates.shift()
    if (message) underWay.add(message.id)
    return message
  }

  // A message that waits for its server blocks only its own lane.
  const lanes = new Set<Promise<void>>()
  const work = async (): Promise<void> => {
    for (let message = await next(); message; message = await next()) {
      const { id } = message
      await deliver(message).catch((error: unknown) =>
        log.error({ err: error, messageId: id }, 'message left to its lease'),
      )
      if (!unnoted.has(message)) underWay.delete(id)
    }
  }
  const open = (): void => {
    const lane: Promise<void> = work().finally(() => lanes.delete(lane))
    lanes.add(lane)
  }
  return {
    run: async () => {
      await Promise.all([...unnoted].map(([message, leasedUntil]) => noteAgain(message, leasedUntil)))
      while (lanes.size < (outages > 0 ? 1 : lanesAtMost)) open()
      await Promise.all(lanes)
    },
  }
}

/** A channel without a transport: its messages wait, and the log says so once. */
const watchChannel = ({ context, channel }: ChannelOptions): Channel => {
  const { store, clock, log } = context
  let said = false
  return {
    run: async () => {
      if (said) return
      const [waiting] = await store.outbox.due(channel, clock.now(), 1)
      if (!waiting || said) return
      said = true
      log.warn({ channel }, `messages wait: this server has no way to send ${channel === 'sms' ? 'SMS' : 'e-mail'}`)
    },
  }
}
