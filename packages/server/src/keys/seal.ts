// Sealing: AES-256-GCM under a key ring that can rotate, so that a copy of the database tells no secret. The purpose
// is bound to what is sealed: a secret of one kind cannot be passed off as another (requirement 103).
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../config.ts'

/** One key of the ring. */
export type SealKey = { readonly id: string; readonly key: Buffer }

/** Seals and opens; makes and compares keyed hashes. */
export type SealRing = {
  readonly activeKeyId: string
  /** Seals under the active key. @returns `<key id>.<Base64url of nonce, ciphertext and tag>` */
  seal(plain: string | Uint8Array, purpose: string): string
  /** Opens what this ring sealed for this purpose. @throws Error when it did not, or the text was changed */
  open(sealed: string, purpose: string): Buffer
  /** A keyed hash (HMAC-SHA-256). @returns `<key id>.<Base64url>` */
  mac(data: string, purpose: string): string
  /** Whether a keyed hash is of this data, in constant time. */
  macMatches(data: string, purpose: string, stored: string): boolean
}

const keyLength = 32
const nonceLength = 12
const tagLength = 16

/** Makes a fresh key, in the form of POOLKEEPER_SEAL_KEYS. */
export const newSealKey = (): string =>
  `k${randomBytes(3).toString('hex')}:${randomBytes(keyLength).toString('base64')}`

/**
 * Reads a key ring: `id:Base64 of 32 bytes`, separated by commas, the active key first.
 *
 * @throws ConfigError that names no key
 */
export const readSealKeys = (text: string): SealKey[] => {
  const keys = text.split(',').map((entry) => {
    const [id = '', base64 = ''] = entry.trim().split(/:(.*)/s)
    const key = Buffer.from(base64, 'base64')
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id) || key.length !== keyLength) {
      throw new ConfigError(
        'POOLKEEPER_SEAL_KEYS must be id:key pairs separated by commas, each key 32 bytes in Base64.',
      )
    }
    return { id, key }
  })
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new ConfigError('POOLKEEPER_SEAL_KEYS names a key id twice.')
  }
  return keys
}

/**
 * Reads the key file of the development server, and makes it on first use, readable by its owner alone.
 *
 * @throws ConfigError when others can read it
 */
export const sealKeyFile = (path: string): SealKey[] => {
  try {
    writeFileSync(path, `${newSealKey()}\n`, { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new ConfigError(`${path} holds the sealing key and can be read by others: chmod 600 it.`)
  }
  return readSealKeys(readFileSync(path, 'utf8').trim())
}

const derived = (key: Buffer, use: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `poolkeeper ${use}`, keyLength))

/** Makes a ring; the first key seals, every key opens. */
export const makeSealRing = (keys: readonly SealKey[]): SealRing => {
  const [active] = keys
  if (!active) throw new ConfigError('A sealing key is needed.')
  const sealing = new Map(keys.map(({ id, key }) => [id, derived(key, 'seal')]))
  const hashing = new Map(keys.map(({ id, key }) => [id, derived(key, 'mac')]))

  const keyOf = (ring: ReadonlyMap<string, Buffer>, id: string): Buffer => {
    const key = ring.get(id)
    if (!key) throw new Error('sealed under a key that this ring does not have')
    return key
  }
  const split = (text: string): [string, Buffer] => {
    const dot = text.indexOf('.')
    return [text.slice(0, dot), Buffer.from(text.slice(dot + 1), 'base64url')]
  }
  const macWith = (id: string, data: string, purpose: string): Buffer =>
    createHmac('sha256', keyOf(hashing, id))
      .update(JSON.stringify([purpose, data]))
      .digest()

  return {
    activeKeyId: active.id,
    seal: (plain, purpose) => {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', keyOf(sealing, active.id), nonce)
      cipher.setAAD(Buffer.from(purpose))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return `${active.id}.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`
    },
    open: (sealed, purpose) => {
      const [id, bytes] = split(sealed)
      if (bytes.length < nonceLength + tagLength) throw new Error('not sealed by this ring')
      const decipher = createDecipheriv('aes-256-gcm', keyOf(sealing, id), bytes.subarray(0, nonceLength), {
        authTagLength: tagLength,
      })
      decipher.setAAD(Buffer.from(purpose))
      decipher.setAuthTag(bytes.subarray(-tagLength))
      return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()])
    },
    mac: (data, purpose) => `${active.id}.${macWith(active.id, data, purpose).toString('base64url')}`,
    macMatches: (data, purpose, stored) => {
      const [id, mac] = split(stored)
      if (!hashing.has(id)) return false
      const expected = macWith(id, data, purpose)
      return mac.length === expected.length && timingSafeEqual(mac, expected)
    },
  }
}
