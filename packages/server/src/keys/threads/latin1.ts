// Bytes as text, one character each (ISO 8859-1). A text crosses to a thread at a fraction of the cost of a buffer.

/** Bytes, one character each. */
export type Latin1 = string

/** Bytes as text. */
export const latin1Of = (bytes: Uint8Array): Latin1 =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** Text as bytes. */
export const bytesOf = (text: Latin1): Buffer => Buffer.from(text, 'latin1')
