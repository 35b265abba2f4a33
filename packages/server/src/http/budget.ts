// The budget of bytes in flight: it limits the sum of all request bodies that are being read or answered. Small bodies
// are always read, so that a few large uploads never keep a sign-in out.

/** The limits of the budget, in bytes. */
export type BudgetLimits = {
  /** The first bytes of each body, which are not counted. */
  readonly smallBodyBytes: number
  /** The sum of all bytes that are counted. */
  readonly bodiesBytes: number
}

/** The bytes that one body has taken from the budget. */
export type BodyShare = {
  /** Takes bytes for more of the body. @returns false when the budget is used up; then nothing was taken */
  grow(bytes: number): boolean
  /** Gives all bytes back; a second call changes nothing. */
  release(): void
}

/** Makes the budget of a server. @returns a function that opens the share of one body */
export const makeBudget = ({ smallBodyBytes, bodiesBytes }: BudgetLimits): (() => BodyShare) => {
  let held = 0
  return () => {
    let size = 0
    const counted = (bytes: number): number => Math.max(0, bytes - smallBodyBytes)
    return {
      grow: (bytes) => {
        const more = counted(size + bytes) - counted(size)
        if (more > 0 && held + more > bodiesBytes) return false
        held += more
        size += bytes
        return true
      },
      release: () => {
        held -= counted(size)
        size = 0
      },
    }
  }
}
