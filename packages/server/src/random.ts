// Randomness from the operating system.
import { randomFillSync, randomInt, randomUUID } from 'node:crypto'

/** The source of randomness: cryptographically secure, except in tests. */
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

// Asking the system takes longer than most uses of a nonce, so 4,096 bytes are drawn at once. Bytes that were handed out
// are erased here.
const ahead = Buffer.alloc(4096)
let used = ahead.length

/** Draws `length` random bytes; no byte is handed out twice. */
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
