// Gathers a body that arrives in pieces into one buffer. Keeping the pieces would cost some two hundred bytes each in
// addition to their content, and a sender may send a body in pieces of one byte.

/** The received part of a body. */
export type Gathered = {
  /** Adds the next piece. The caller may reuse its memory afterwards, except that of the first piece. */
  add(piece: Uint8Array): void
  /** The received bytes, in one piece. */
  whole(): Uint8Array
  /** The allocated bytes: at most twice the received ones. */
  readonly heldBytes: number
}

/** Begins to gather a body. A body that arrives in one piece is not copied. */
export const gather = (): Gathered => {
  let held: Uint8Array = new Uint8Array(0)
  let size = 0
  return {
    add: (piece) => {
      const grown = size + piece.length
      if (size === 0) held = piece
      else if (grown > held.length) {
        const larger = Buffer.allocUnsafeSlow(grown * 2)
        larger.set(held.subarray(0, size))
        held = larger
      }
      if (size > 0) held.set(piece, size)
      size = grown
    },
    whole: () => held.subarray(0, size),
    get heldBytes() {
      return held.length
    },
  }
}
