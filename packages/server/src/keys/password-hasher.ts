// Password hashes: argon2id (RFC 9106), with the parameters stored in each hash. Hashing runs in separate threads, one
// for each core. Sources share its bounded queue, so that a flood of sign-ins is refused early and delays no other work
// (requirements 2, 3, 9, 123; protocol/requirements F17).
import { timingSafeEqual } from 'node:crypto'
import type { Argon2Parameters } from '../config.ts'
import { invalidParameter } from '../errors.ts'
import { randomBytes } from '../random.ts'
import { makeComputing, type ComputingOptions } from './threads/computing.ts'
import type { JobSource } from './threads/fair-queue.ts'
import { bytesOf as latin1Bytes, latin1Of } from './threads/latin1.ts'

/** Makes and checks password hashes. */
export type PasswordHasher = {
  /**
   * @param source - where the work comes from: the queue is shared by source
   * @returns a PHC string
   * @throws ServiceError TooManyRequestsException when the source has no place in the queue, InvalidParameterException
   * for a password that is not valid Unicode
   */
  hash(password: string, source?: JobSource): Promise<string>
  /**
   * Checks a password. If `stored` is undefined, because the user does not exist or has no password, it does the same
   * work and finds no match.
   *
   * @returns `outdated` when the hash was made with parameters other than the present ones
   * @throws as `hash` does; Error when the stored text is not a hash, or its parameters would exhaust the machine
   */
  verify(
    password: string,
    stored: string | undefined,
    source?: JobSource,
  ): Promise<{ matches: boolean; outdated: boolean }>
  /** Whether the queue has a place for a hash or a check of a source now. */
  hasPlace(source?: JobSource): boolean
  /** Jobs that wait. */
  waiting(): number
  /** Ends the threads; later calls start new ones. */
  close(): void
}

/** The settings of a hasher. */
export type HasherOptions = ComputingOptions & { readonly parameters: Argon2Parameters }

const saltLength = 16
const tagLength = 32

/** Makes a hasher. */
export const makePasswordHasher = ({ parameters, ...options }: HasherOptions): PasswordHasher => {
  const computing = makeComputing('password checks', options)
  const nobody: Hash = { parameters, salt: randomBytes(saltLength), tag: randomBytes(tagLength) }

  type Work = {
    readonly message: Buffer
    readonly salt: Buffer
    readonly by: Argon2Parameters
    readonly length: number
  }
  const tagOf = async ({ message, salt, by, length }: Work, source?: JobSource): Promise<Buffer> => {
    const { parallelism, memoryKib: memory, passes } = by
    const secrets = { message: latin1Of(message), nonce: latin1Of(salt) }
    return latin1Bytes(
      await computing.run('argon2id', { ...secrets, parallelism, tagLength: length, memory, passes }, source),
    )
  }

  return {
    hash: async (password, source) => {
      const message = bytesOf(password)
      const salt = randomBytes(saltLength)
      const tag = await tagOf({ message, salt, by: parameters, length: tagLength }, source)
      return written({ parameters, salt, tag })
    },
    verify: async (password, stored, source) => {
      const message = bytesOf(password)
      const against = stored === undefined ? nobody : read(stored)
      const { salt, tag } = against
      const given = await tagOf({ message, salt, by: against.parameters, length: tag.length }, source)
      const matches = timingSafeEqual(given, tag) && stored !== undefined
      return { matches, outdated: !sameParameters(against.parameters, parameters) }
    },
    hasPlace: computing.hasPlace,
    waiting: computing.waiting,
    close: computing.close,
  }
}

type Hash = { readonly parameters: Argon2Parameters; readonly salt: Buffer; readonly tag: Buffer }

// Every byte counts, also NUL and those after the 72nd. A lone surrogate has no UTF-8 form: encoding would make different
// passwords equal.
const bytesOf = (password: string): Buffer => {
  if (!password.isWellFormed()) throw invalidParameter('The password is not valid Unicode.')
  return Buffer.from(password, 'utf8')
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

const written = ({ parameters: { memoryKib, passes, parallelism }, salt, tag }: Hash): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`

const form =
  /^\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]{0,2}),p=([1-9][0-9]?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

/** The largest memory of a stored hash, 1 GiB: an imported hash must not exhaust the machine. */
const mostMemoryKib = 1_048_576

/** The largest product of memory and passes, 4 GiB: about two seconds of one core. */
const mostWorkKib = 4_194_304

const bearable = ({ memoryKib, passes, parallelism }: Argon2Parameters): boolean =>
  // RFC 9106, 3.1: at least 8 KiB for each lane.
  memoryKib >= 8 * parallelism && memoryKib <= mostMemoryKib && memoryKib * passes <= mostWorkKib && parallelism <= 16

const decoded = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64')
  if (unpadded(bytes) !== text) throw new Error('a stored password hash has no known form')
  return bytes
}

const read = (stored: string): Hash => {
  const found = form.exec(stored)
  if (!found) throw new Error('a stored password hash has no known form')
  const [, memory, passes, parallelism, salt = '', tag = ''] = found
  const parameters = { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  if (!bearable(parameters)) throw new Error('a stored password hash asks for too much or too little work')
  return { parameters, salt: decoded(salt), tag: decoded(tag) }
}

const sameParameters = (a: Argon2Parameters, b: Argon2Parameters): boolean =>
  a.memoryKib === b.memoryKib && a.passes === b.passes && a.parallelism === b.parallelism
