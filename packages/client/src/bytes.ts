// Bytes and their encodings: UTF-8, hex, Base64; SHA-256 and HMAC by WebCrypto. Nothing here is specific to Cognito.

/** Bytes, in the type that WebCrypto accepts. */
export type Bytes = Uint8Array<ArrayBuffer>

/** The UTF-8 bytes of a text. */
export const utf8 = (text: string): Bytes => new TextEncoder().encode(text)

/** Concatenates the bytes of several pieces; a text is encoded in UTF-8. */
export const join = (...pieces: readonly (string | Bytes)[]): Bytes => {
  const parts = pieces.map((piece) => (typeof piece === 'string' ? utf8(piece) : piece))
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0)
  return joined
}

/** Lower-case hex. */
export const toHex = (bytes: Bytes): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The bytes of a hex text of even length. */
export const fromHex = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))

/** Standard Base64 with padding. */
export const toBase64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes))

/** The bytes of a Base64 text, in the standard or the URL-safe alphabet, with padding or without. */
export const fromBase64 = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

/** SHA-256. */
export const sha256 = async (data: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', data))

/** HMAC-SHA-256 (RFC 2104). */
export const hmac = async (key: Bytes, data: Bytes): Promise<Bytes> => {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, data))
}
