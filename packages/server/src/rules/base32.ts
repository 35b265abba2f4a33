// Base32 without padding (RFC 4648, section 6): the form of secrets for authenticator apps.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Writes bytes in Base32, without padding. */
export const encodeBase32 = (bytes: Uint8Array): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')
}

/**
 * Reads Base32 without padding.
 *
 * @throws Error for a character outside the alphabet, or left-over bits that make no byte
 */
export const decodeBase32 = (text: string): Uint8Array => {
  const bits = Array.from(text, (character) => {
    const value = alphabet.indexOf(character)
    if (value < 0) throw new Error('not Base32')
    return value.toString(2).padStart(5, '0')
  }).join('')
  const length = Math.floor(bits.length / 8)
  const rest = bits.slice(length * 8)
  if (rest.length >= 5 || rest.includes('1')) throw new Error('not Base32')
  return Uint8Array.from({ length }, (_, index) => Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2))
}
