// Bytes in flight: what the bodies of all requests that are being read or answered may hold together. Small bodies are
// always read, so that a few senders of large ones never keep a sign-in out.

/** How much the bodies may hold. */
export type BudgetLimits = {
  /** What of each body is not counted. */
  readonly smallBodyBytes: number
  /** What all bodies may hold beyond that. */
  readonly bodiesBytes: number
}

/** What one body holds. */
export type BodyShare = {
  /** Makes room for more of the body. @returns false where there is none, and then nothing was taken */
  grow(bytes: number): boolean
  /** Gives all of it back; calling it again changes nothing. */
  release(): void
}

/** Makes the budget of a server. @returns begins the share of a body */
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
