// Sampling of refusals in the log of the production server, so that a caller who is refused in a loop does not fill the
// disk. Each window has a limit for each source and one for all sources; the log reports how many lines were left out.
import type { Log } from '../context.ts'

/** The limits on refusals in the log. */
export type SamplingLimits = {
  readonly windowMilliseconds: number
  /** Lines of one source in a window. */
  readonly perSource: number
  /** Lines of all sources in a window. */
  readonly together: number
}

/** The limits of every server: one person at a browser never reaches them. */
export const samplingLimits: SamplingLimits = { windowMilliseconds: 10_000, perSource: 50, together: 300 }

/** A log that leaves refusals out. */
export type SampledLog = {
  readonly log: Log
  /** Begins a new window, and reports the lines left out of the last one. */
  flush(): void
}

type SourceCount = { written: number; leftOut: number }

/**
 * Makes a log that samples refusals: lines at level info with the message `refused`, by their field `source`. It writes all
 * other lines.
 */
export const sampledLog = (log: Log, { perSource, together }: SamplingLimits = samplingLimits): SampledLog => {
  let sources = new Map<string, SourceCount>()
  let written = 0
  /** Lines of sources that wrote no line in this window, because the limit for all sources was reached. */
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
