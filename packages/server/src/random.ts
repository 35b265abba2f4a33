// Randomness from the operating system.
import { randomFillSync, randomInt, randomUUID } from 'node:crypto'

/** Where randomness comes from. Always a cryptographically secure source outside tests. */
export type Random = {
  /** `length` random bytes. */
  bytes(length: number): Buffer
  /** A random UUID, version 4. */
  uuid(): string
  /** A decimal code of exactly `length` digits, evenly distributed. */
  digits(length: number): string
  /** `length` characters drawn evenly from `alphabet`. */
  text(length: number, alphabet: string): string
}

// Asking the system takes longer than most of what is done with a nonce, so it is asked for many at once. What is
// handed out is forgotten here.
const ahead = Buffer.alloc(4096)
let used = ahead.length

/** `length` random bytes, which nobody else was or will be given. */
export const randomBytes = (length: number): Buffer => {
  if (length > ahead.length) return randomFillSync(Buffer.alloc(length))
  if (used + length > ahead.length) {
    randomFillSync(ahead)
    used = 0
  }
  const bytes = Buffer.from(ahead.subarray(used, used + length))
  ahead.fill(0, used, used + length)
  used += length
  return bytes
}

/** The one source of randomness outside tests. */
export const systemRandom: Random = {
  bytes: randomBytes,
  uuid: () => randomUUID(),
  digits: (length) => String(randomInt(10 ** length)).padStart(length, '0'),
  text: (length, alphabet) => Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join(''),
}
