// Reads a request's body: a JSON object in valid UTF-8, of limited depth (protocol/authentication 1.9, 1.11;
// requirements 89, 90, 92, 96).
import { isUtf8 } from 'node:buffer'
import { limits } from '../config.ts'
import { ServiceError } from '../errors.ts'

/** A parsed JSON object. All members are own properties, also `__proto__`; read them with Object.hasOwn. */
export type JsonObject = { readonly [name: string]: unknown }

const quoteByte = 0x22
const backslash = 0x5c

/** A SerializationException; `reason` tells the log where the fault is. */
export const unreadable = (message: string, reason?: string): ServiceError =>
  new ServiceError('SerializationException', message, reason)

/** Whether a parsed value is a JSON object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads a body.
 *
 * @throws ServiceError SerializationException when it is not UTF-8, not JSON, not an object, nested deeper than 64, or
 * holds a lone surrogate
 */
export const parseBody = (bytes: Uint8Array): JsonObject => {
  if (!isUtf8(bytes)) throw unreadable('The request body is not valid UTF-8.')
  if (isDeeperThan(bytes, limits.jsonDepth)) throw unreadable('The request body is nested too deeply.')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const value = parse(text)
  if (!isObject(value)) throw unreadable('Expected map')
  // Valid UTF-8 can hold a lone surrogate only as an escape.
  if (text.includes('\\u') && !isWellFormed(value)) throw unreadable('The request body holds half a surrogate pair.')
  return value
}

/** Whether brackets outside strings nest deeper than `limit`. It counts before parsing, so that depth costs nothing. */
const isDeeperThan = (bytes: Uint8Array, limit: number): boolean => {
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (inString) {
      if (byte === backslash) at += 1
      else if (byte === quoteByte) inString = false
    } else if (byte === quoteByte) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > limit) return true
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
  }
  return false
}

const isWellFormed = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isWellFormed)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member))
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('The request body is not valid JSON.')
  }
}
