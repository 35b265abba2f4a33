// Sealing: AES-256-GCM under a key ring that can rotate, so that a copy of the database reveals no secret. A sealed
// value is bound to its purpose and its row: it cannot be used for another purpose or in another row (requirement 103).
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { closeSync, fstatSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ConfigError, sealKeysText } from '../config.ts'
import { randomBytes } from '../random.ts'

/** One key of the ring. */
export type SealKey = { readonly id: string; readonly key: Buffer }

/** The purposes of sealed tokens, which callers get and send back. */
export type TokenPurpose = 'session' | 'refresh-token' | 'page'

/** The row that a sealed value belongs to, and its purpose there. */
export type SealedPlace = { readonly purpose: string; readonly row: readonly string[] }

/** Seals and opens; makes and compares keyed hashes. */
export type SealRing = {
  readonly activeKeyId: string
  /** Seals a token under the active key. @returns `<key id>.<Base64url of nonce, ciphertext and tag>` */
  seal(plain: string | Uint8Array, purpose: TokenPurpose): string
  /** Opens a token that this ring sealed for this purpose. @throws Error when it did not, or the text was changed */
  open(sealed: string, purpose: TokenPurpose): Buffer
  /** Seals a value of the database under the active key. @returns `<key id>.row.<Base64url>` */
  sealRow(plain: string | Uint8Array, place: SealedPlace): string
  /**
   * Opens a value of the database that this ring sealed for this place. A value from before rows were bound opens by its
   * purpose alone.
   *
   * @throws Error when it did not, or the text was changed
   */
  openRow(sealed: string, place: SealedPlace): Buffer
  /**
   * Seals a value anew that is bound to no row, or sealed under a key that is not the active one.
   *
   * @returns undefined when it is sealed as it would be now
   * @throws Error when it does not open
   */
  sealAgain(sealed: string, place: SealedPlace): string | undefined
  /** A keyed hash (HMAC-SHA-256). @returns `<key id>.<Base64url>` */
  mac(data: string, purpose: string): string
  /** Whether a keyed hash was made from this data, in constant time. */
  macMatches(data: string, purpose: string, stored: string): boolean
}

const keyLength = 32
const nonceLength = 12
const tagLength = 16

/** The part between the key id and the text of a value that is bound to a row. */
const rowMark = '.row.'

/** Makes a fresh key, in the form of POOLKEEPER_SEAL_KEYS. */
export const newSealKey = (): string =>
  `k${randomBytes(3).toString('hex')}:${randomBytes(keyLength).toString('base64')}`

/**
 * Reads a key ring: `id:Base64 of 32 bytes`, separated by commas, the active key first.
 *
 * @param source - where the text comes from, for the error
 * @throws ConfigError that names no key
 */
export const readSealKeys = (text: string, source: string = 'POOLKEEPER_SEAL_KEYS'): SealKey[] => {
  const keys = text.split(',').map((entry) => {
    const [id = '', base64 = ''] = entry.trim().split(/:(.*)/s)
    const key = Buffer.from(base64, 'base64')
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id) || key.length !== keyLength || key.toString('base64') !== base64) {
      throw new ConfigError(`${source} must be id:key pairs separated by commas, each key 32 bytes in Base64.`)
    }
    return { id, key }
  })
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new ConfigError(`${source} names a key id twice.`)
  }
  return keys
}

/**
 * Reads the key file of the development server, and makes it on first use, readable by its owner alone.
 *
 * @throws ConfigError when others can read it
 */
export const sealKeyFile = (path: string): SealKey[] => {
  // The file is written under another name and then linked: if two programs start at once, one link fails, and both read
  // the whole file.
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(aside, `${newSealKey()}\n`, { mode: 0o600, flag: 'wx' })
    linkSync(aside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
  const file = openSync(path, 'r')
  try {
    // Windows has no such permissions.
    if (process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0) {
      throw new ConfigError(`${path} holds the sealing key and can be read by others: chmod 600 it.`)
    }
    return readSealKeys(readFileSync(file, 'utf8').trim(), path)
  } finally {
    closeSync(file)
  }
}

const noSealKey =
  'The production server seals secrets and needs a key for it. Make one with poolkeeper seal-key, and start with\nPOOLKEEPER_SEAL_KEYS set to it. Keep it: without it the database cannot be read.'

/**
 * The sealing keys of a server: those of the environment. Without them the development server uses the key file of its
 * data folder, or a fresh key that is never stored.
 *
 * @throws ConfigError when the production server has none
 */
export const sealKeysOf = ({
  mode,
  dataFolder,
}: {
  readonly mode: 'dev' | 'serve'
  readonly dataFolder: string | undefined
}): SealKey[] => {
  const text = sealKeysText()
  if (text !== undefined) return readSealKeys(text)
  if (mode === 'serve') throw new ConfigError(noSealKey)
  return dataFolder === undefined ? readSealKeys(newSealKey()) : sealKeyFile(`${dataFolder}/seal.key`)
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
  // Only the exact text that was written opens, no other text that decodes to the same bytes.
  const split = (text: string): { id: string; bytes: Buffer } | undefined => {
    const [id = '', base64url = '', ...rest] = text.split('.')
    const bytes = Buffer.from(base64url, 'base64url')
    return rest.length === 0 && bytes.toString('base64url') === base64url ? { id, bytes } : undefined
  }
  const encrypt = (plain: string | Uint8Array, bound: string): string => {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', keyOf(sealing, active.id), nonce)
    cipher.setAAD(Buffer.from(bound))
    const body = Buffer.concat([cipher.update(plain), cipher.final()])
    return `${active.id}.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`
  }
  const decrypt = (sealed: string, bound: string): Buffer => {
    const parts = split(sealed)
    if (!parts || parts.bytes.length < nonceLength + tagLength) throw new Error('not sealed by this ring')
    const { id, bytes } = parts
    const decipher = createDecipheriv('aes-256-gcm', keyOf(sealing, id), bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    })
    decipher.setAAD(Buffer.from(bound))
    decipher.setAuthTag(bytes.subarray(-tagLength))
    return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()])
  }
  // No purpose of a token begins with a bracket.
  const boundTo = ({ purpose, row }: SealedPlace): string => JSON.stringify([purpose, ...row])
  const sealRow: SealRing['sealRow'] = (plain, place) => encrypt(plain, boundTo(place)).replace('.', rowMark)
  const openRow: SealRing['openRow'] = (sealed, place) =>
    sealed.includes(rowMark)
      ? decrypt(sealed.replace(rowMark, '.'), boundTo(place))
      : // Values of before: the same as a token.
        decrypt(sealed, place.purpose)
  const macWith = (id: string, data: string, purpose: string): Buffer =>
    createHmac('sha256', keyOf(hashing, id))
      .update(JSON.stringify([purpose, data]))
      .digest()

  return {
    activeKeyId: active.id,
    seal: encrypt,
    open: decrypt,
    sealRow,
    openRow,
    sealAgain: (sealed, place) =>
      sealed.startsWith(`${active.id}${rowMark}`) ? undefined : sealRow(openRow(sealed, place), place),
    mac: (data, purpose) => `${active.id}.${macWith(active.id, data, purpose).toString('base64url')}`,
    macMatches: (data, purpose, stored) => {
      const parts = split(stored)
      if (!parts || !hashing.has(parts.id)) return false
      const expected = macWith(parts.id, data, purpose)
      return parts.bytes.length === expected.length && timingSafeEqual(parts.bytes, expected)
    },
  }
}
