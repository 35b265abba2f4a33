// Password hashes: argon2id (RFC 9106), parameters stored with each hash. Hashing has a limiter of its own, one job
// per core and a bounded queue, so that a flood of sign-ins is refused early and starves nothing else
// (requirements 2, 3, 9; faults F17).
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Argon2Parameters } from '../config.ts'
import { ServiceError } from '../errors.ts'

/** Makes and checks password hashes. */
export type PasswordHasher = {
  /** @returns a PHC string. @throws ServiceError TooManyRequestsException when the queue is full */
  hash(password: string): Promise<string>
  /**
   * Checks a password. For `undefined`, which is a user who does not exist or has no password, it does the same work
   * and finds no match.
   *
   * @returns `outdated` when the hash was made with other parameters than those of now
   */
  verify(password: string, stored: string | undefined): Promise<{ matches: boolean; outdated: boolean }>
  /** Jobs that wait. */
  readonly waiting: number
}

/** What a hasher is made of. */
export type HasherOptions = {
  readonly parameters: Argon2Parameters
  /** Jobs that run at once. */
  readonly cores: number
  /** Jobs that may wait; one more is refused. */
  readonly queueLimit: number
}

const saltLength = 16
const tagLength = 32

type Hash = { readonly parameters: Argon2Parameters; readonly salt: Buffer; readonly tag: Buffer }

const run = promisify(argon2)

const tagOf = (password: string, salt: Buffer, parameters: Argon2Parameters, length: number): Promise<Buffer> =>
  run('argon2id', {
    message: Buffer.from(password, 'utf8'),
    nonce: salt,
    parallelism: parameters.parallelism,
    tagLength: length,
    memory: parameters.memoryKib,
    passes: parameters.passes,
  })

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

const written = ({ parameters: { memoryKib, passes, parallelism }, salt, tag }: Hash): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`

const form =
  /^\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

/** Memory of a stored hash at most, 1 GiB: a hash from elsewhere must not exhaust the machine. */
const mostMemoryKib = 1_048_576

const read = (stored: string): Hash => {
  const found = form.exec(stored)
  if (!found) throw new Error('a stored password hash has no known form')
  const [, memory, passes, parallelism, salt = '', tag = ''] = found
  const parameters = { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  if (parameters.memoryKib > mostMemoryKib) throw new Error('a stored password hash asks for too much memory')
  return { parameters, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
}

const sameParameters = (a: Argon2Parameters, b: Argon2Parameters): boolean =>
  a.memoryKib === b.memoryKib && a.passes === b.passes && a.parallelism === b.parallelism

/** Makes a hasher. */
export const makePasswordHasher = ({ parameters, cores, queueLimit }: HasherOptions): PasswordHasher => {
  const queue: (() => void)[] = []
  let running = 0

  const turn = async (): Promise<void> => {
    if (running < cores) {
      running += 1
      return
    }
    if (queue.length >= queueLimit) {
      throw new ServiceError('TooManyRequestsException', 'Too many requests', 'too many password checks wait')
    }
    await new Promise<void>((resolve) => queue.push(resolve))
  }
  // The place of a job that is done goes to the next one; only without one does it become free.
  const done = (): void => {
    const next = queue.shift()
    if (next) next()
    else running -= 1
  }
  const limited = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await turn()
    try {
      return await work()
    } finally {
      done()
    }
  }

  const nobody: Hash = { parameters, salt: randomBytes(saltLength), tag: randomBytes(tagLength) }

  return {
    hash: (password) =>
      limited(async () => {
        const salt = randomBytes(saltLength)
        return written({ parameters, salt, tag: await tagOf(password, salt, parameters, tagLength) })
      }),
    verify: async (password, stored) => {
      const against = stored === undefined ? nobody : read(stored)
      const { salt, tag } = against
      const given = await limited(() => tagOf(password, salt, against.parameters, tag.length))
      const matches = timingSafeEqual(given, tag) && stored !== undefined
      return { matches, outdated: !sameParameters(against.parameters, parameters) }
    },
    get waiting() {
      return queue.length
    },
  }
}
