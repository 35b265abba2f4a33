// Randomness from the operating system.
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Random } from './context.ts'

/** The one source of randomness outside tests. */
export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
  digits: (length) => String(randomInt(10 ** length)).padStart(length, '0'),
  text: (length, alphabet) => Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join(''),
}
