// Time-based one-time passwords: HMAC-SHA-1, six digits, 30 seconds, counted from 1970 (RFC 6238; RFC 4226, 5.3).
import { createHmac, timingSafeEqual } from 'node:crypto'

const stepMilliseconds = 30_000

/** The number of accepted steps before and after the present one (protocol/authentication 5.1.4). */
const window = 1

/** The time step of an instant. */
export const totpStep = (at: number): number => Math.floor(at / stepMilliseconds)

/** The code of a time step (RFC 4226, 5.3: dynamic truncation). */
export const totpCode = (secret: Uint8Array, step: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

/**
 * Finds the time step of a code: the present one, the one before or the one after. It compares every step completely, so
 * that its duration reveals nothing.
 *
 * @returns the step, or undefined for a wrong code or anything but six ASCII digits
 */
export const matchTotp = (secret: Uint8Array, code: string, at: number): number | undefined => {
  if (!/^[0-9]{6}$/.test(code)) return undefined
  const given = Buffer.from(code, 'ascii')
  const now = totpStep(at)
  let matched: number | undefined
  for (let step = Math.max(0, now - window); step <= now + window; step += 1) {
    if (timingSafeEqual(Buffer.from(totpCode(secret, step), 'ascii'), given)) matched = step
  }
  return matched
}

/** The number of steps that `explainTotp` tries in each direction: ten minutes. */
const explained = 20

/**
 * Explains a refused code, for the log only: how many steps ago or ahead its time step is, if within ten minutes.
 *
 * @returns a phrase such as `the code is of 3 steps ago`
 */
export const explainTotp = (secret: Uint8Array, code: string, at: number): string => {
  if (!/^[0-9]{6}$/.test(code)) return 'not six digits'
  const now = totpStep(at)
  for (let away = 1; away <= explained; away += 1) {
    if (now >= away && totpCode(secret, now - away) === code) return `the code is of ${away} steps ago`
    if (totpCode(secret, now + away) === code) return `the code is of ${away} steps ahead`
  }
  return 'the code is of no step within ten minutes'
}
