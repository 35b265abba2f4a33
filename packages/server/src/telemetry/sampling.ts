// Refusals in the log of the production server: a caller who is refused in a loop does not fill the disk with lines.
// Each source has so many in a while, all sources together so many; what is left out is counted and told.
import type { Log } from '../context.ts'

/** How many refusals are written. */
export type SamplingLimits = {
  readonly windowMilliseconds: number
  /** Of one source in a window. */
  readonly perSource: number
  /** Of all sources in a window. */
  readonly together: number
}

/** The limits of every server: a source that a person drives never meets them. */
export const samplingLimits: SamplingLimits = { windowMilliseconds: 10_000, perSource: 50, together: 300 }

/** A log that leaves refusals out. */
export type SampledLog = {
  readonly log: Log
  /** Begins a window, and tells how many were left out of the last. */
  flush(): void
}

type SourceCount = { written: number; leftOut: number }

/**
 * Makes a log of which the refusals, lines at info with the message `refused`, are sampled by their field `source`. All
 * other lines are written.
 */
export const sampledLog = (log: Log, { perSource, together }: SamplingLimits = samplingLimits): SampledLog => {
  let sources = new Map<string, SourceCount>()
  let written = 0
  /** Of sources of which no line was written, since all together had reached the bound. */
  let others = 0

  const mayWrite = (source: string): boolean => {
    const counted = sources.get(source)
    if (written < together && (counted?.written ?? 0) < perSource) {
      written += 1
      sources.set(source, { written: (counted?.written ?? 0) + 1, leftOut: counted?.leftOut ?? 0 })
      return true
    }
    if (counted) counted.leftOut += 1
    else others += 1
    return false
  }

  const tell = (leftOut: number, source: string | undefined): void => {
    if (leftOut > 0) log.warn({ ...(source === undefined ? {} : { source }), leftOut }, 'refusals left out of the log')
  }

  return {
    log: {
      debug: (fields, message) => log.debug(fields, message),
      info: (fields, message) => {
        if (message !== 'refused' || mayWrite(String(fields['source'] ?? ''))) log.info(fields, message)
      },
      warn: (fields, message) => log.warn(fields, message),
      error: (fields, message) => log.error(fields, message),
    },
    flush: () => {
      const last = sources
      const unnamed = others
      sources = new Map()
      written = 0
      others = 0
      for (const [source, { leftOut }] of last) tell(leftOut, source)
      tell(unnamed, undefined)
    },
  }
}
