// A body that comes in pieces, gathered as it comes. Pieces are not kept: each costs some two hundred bytes beside its
// content, and a sender may cut a body into pieces of one byte.

/** What has come of a body. */
export type Gathered = {
  /** Adds the next piece. It may be used for something else afterwards, unless it was the first. */
  add(piece: Uint8Array): void
  /** All that has come, in one piece. */
  whole(): Uint8Array
  /** Bytes of memory that are held: never more than twice what has come. */
  readonly heldBytes: number
}

/** Begins to gather a body. A body that comes in one piece is not copied. */
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
