// A bounded queue that its sources share fairly (requirement 123). Sources take turns, and when it is full the source
// that has most waiting gives way: a source that floods delays and loses its own jobs. Many sources that flood together
// are told from those that ask little: busy sources, quiet ones and signed calls, which are the operator's own, have an
// equal part of the turns and places each, where all three wait.

/** The source of a job, by which the queue is shared. */
export type JobSource = {
  /** Whether the caller signed the request. */
  readonly signed: boolean
  /** The access key of a signed call, else the network that it came from. Jobs of unknown sources share one: ''. */
  readonly source: string
}

/** The source of jobs of which none is known. */
export const unknownSource: JobSource = { signed: false, source: '' }

/** A queue of jobs. */
export type FairQueue<Job> = {
  /** Jobs that wait. */
  readonly size: number
  /** Whether a job of a source would find a place now. Where it would not, it is counted as one that was refused. */
  hasPlace(asker: JobSource): boolean
  /**
   * Adds a job.
   *
   * @returns the job that finds no place: the newest one of a source that has more than its part, or the given one;
   * undefined when all have a place
   */
  add(asker: JobSource, job: Job): Job | undefined
  /** Takes up to `most` jobs: the oldest of each source, the sources in turn. */
  take(most: number): Job[]
}

/**
 * Jobs taken together for each source that waits; in all, while more than three quarters of the places are taken. More
 * would make the jobs of others, which come next, wait for them.
 */
const together = 2

/** After so many jobs of one source and of no other, no other counts as kept waiting. */
const jobsUntilAlone = 4096

/** A source is quiet up to so many jobs of the last eight to sixteen thousand of all sources, refused ones included. */
const quietJobs = 8
const jobsUntilHalved = 8192

/** Sources whose jobs are counted; of more, the one that was counted first is forgotten, and is quiet again. */
const countedSources = 8192

/** The jobs of one kind of source; the source whose turn is next stands first. */
type Ring<Job> = { waiting: number; readonly sources: Map<string, Job[]> }

/** Makes a queue. @param limit - jobs that may wait */
export const makeFairQueue = <Job>(limit: number): FairQueue<Job> => {
  const ringOf = (): Ring<Job> => ({ waiting: 0, sources: new Map() })
  const [signed, quiet, busy] = [ringOf(), ringOf(), ringOf()]
  const rings = [signed, quiet, busy]
  const { count, isBusy } = countSources()
  const size = (): number => signed.waiting + quiet.waiting + busy.waiting
  let last: string | undefined
  let sinceOthers = jobsUntilAlone

  const ringFor = ({ signed: isSigned, source }: JobSource): Ring<Job> => {
    if (isSigned) return signed
    return isBusy(source) || busy.sources.has(source) ? busy : quiet
  }

  // What waits of a source that has become busy goes with it, so that its jobs keep their order.
  const note = ({ signed: isSigned, source }: JobSource): void => {
    if (isSigned) return
    count(source)
    const jobs = quiet.sources.get(source)
    if (!jobs || !isBusy(source)) return
    quiet.sources.delete(source)
    quiet.waiting -= jobs.length
    busy.sources.set(source, jobs)
    busy.waiting += jobs.length
  }

  // Two jobs more than the asker has: with one more, nothing would be won by the change.
  const givingWay = (ring: Ring<Job>, source: string): { ring: Ring<Job>; source: string } | undefined => {
    const fullest = rings.reduce((one, other) => (other.waiting > one.waiting ? other : one))
    const other = fullest.waiting >= ring.waiting + 2
    const from = other ? fullest : ring
    const largest = largestSource(from, other ? 1 : (ring.sources.get(source)?.length ?? 0) + 2)
    return largest === undefined ? undefined : { ring: from, source: largest }
  }

  const put = (ring: Ring<Job>, source: string, job: Job): void => {
    const jobs = ring.sources.get(source)
    if (jobs) jobs.push(job)
    else ring.sources.set(source, [job])
    ring.waiting += 1
  }

  const take = (): Job | undefined => {
    const ring = rings.find(({ waiting }) => waiting > 0)
    const next = ring?.sources.entries().next().value
    if (!ring || !next) return undefined
    const [source, jobs] = next
    const job = jobs.shift()
    ring.waiting -= 1
    // To the end of their turns, the source and its ring.
    ring.sources.delete(source)
    if (jobs.length > 0) ring.sources.set(source, jobs)
    rings.push(...rings.splice(rings.indexOf(ring), 1))
    sinceOthers = source === last ? sinceOthers + 1 : last === undefined ? jobsUntilAlone : 0
    last = source
    return job
  }

  return {
    get size() {
      return size()
    },
    hasPlace: (asker) => {
      if (size() < limit || givingWay(ringFor(asker), asker.source)) return true
      note(asker)
      return false
    },
    add: (asker, job) => {
      const { source } = asker
      note(asker)
      const ring = ringFor(asker)
      const full = size() >= limit
      const from = full ? givingWay(ring, source) : undefined
      if (full && !from) return job
      const dropped = from && dropNewest(from.ring, from.source)
      put(ring, source, job)
      return dropped
    },
    take: (most) => {
      const isAlone = sinceOthers >= jobsUntilAlone
      const isCrowded = size() > limit * 0.75
      const sources = rings.reduce((sum, ring) => sum + ring.sources.size, 0)
      const length = isAlone ? most : Math.min(most, isCrowded ? together : sources * together)
      return Array.from({ length }, take).filter((job) => job !== undefined)
    },
  }
}

/** The source of a ring that has most jobs, when it has at least so many. */
const largestSource = <Job>({ sources }: Ring<Job>, atLeast: number): string | undefined => {
  let largest: string | undefined
  let most = atLeast
  for (const [source, jobs] of sources) {
    if (jobs.length < most) continue
    largest = source
    most = jobs.length
  }
  return largest
}

const dropNewest = <Job>(ring: Ring<Job>, source: string): Job | undefined => {
  const jobs = ring.sources.get(source) ?? []
  const job = jobs.pop()
  if (jobs.length === 0) ring.sources.delete(source)
  ring.waiting -= 1
  return job
}

/** Counts the jobs of sources, and says which sources are busy; all counts halve from time to time. */
const countSources = (): { count(source: string): void; isBusy(source: string): boolean } => {
  const counts = new Map<string, { jobs: number; round: number }>()
  let counted = 0
  const round = (): number => Math.floor(counted / jobsUntilHalved)
  const jobsOf = (source: string): number => {
    const known = counts.get(source)
    return known ? known.jobs / 2 ** (round() - known.round) : 0
  }
  return {
    isBusy: (source) => jobsOf(source) > quietJobs,
    count: (source) => {
      counted += 1
      counts.set(source, { jobs: jobsOf(source) + 1, round: round() })
      const [first] = counts.keys()
      if (counts.size > countedSources && first !== undefined) counts.delete(first)
    },
  }
}
