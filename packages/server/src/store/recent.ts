// Keeps recently read values in memory. A change by this process is visible at once, a change by another process within
// half a second (requirement 106).

/** How old a kept value may be, in milliseconds. */
const freshMilliseconds = 500

/** The most values in memory; one more empties it. */
const keptAtMost = 10_000

/** A small memory in front of reads. */
export type Recent<Value> = {
  /** The value of a key: kept, or loaded. */
  get(key: string, load: () => Promise<Value>): Promise<Value>
  /** Forgets everything. */
  clear(): void
}

/** Makes an empty memory. Absent values are not kept, so that a new row is found at once. */
export const recent = <Value>(): Recent<Value> => {
  const kept = new Map<string, { readonly value: Value; readonly until: number }>()
  let generation = 0
  return {
    get: async (key, load) => {
      const known = kept.get(key)
      if (known && known.until > performance.now()) return known.value
      const asked = generation
      const value = await load()
      // A value that was read before a change must not be kept after it.
      if (asked !== generation || value === undefined) return value
      if (kept.size >= keptAtMost) kept.clear()
      kept.set(key, { value, until: performance.now() + freshMilliseconds })
      return value
    },
    clear: () => {
      generation += 1
      kept.clear()
    },
  }
}
