// A bounded queue that sources share fairly (requirement 123). Sources take turns. When the queue is full, the source
// with the most waiting jobs loses its newest: a flooding source delays and loses its own jobs only. Sources belong to
// three rings: busy sources, quiet sources, and signed calls, which come from the operator. Rings with waiting jobs have
// equal parts of turns and places, so that many flooding sources do not crowd out quiet ones.

/** The source of a job. */
export type JobSource = {
  /** Whether the caller signed the request. */
  readonly signed: boolean
  /** The access key of a signed call, else the network of the caller; '' for all jobs of unknown sources. */
  readonly source: string
}

/** The source of all jobs whose source is not known. */
export const unknownSource: JobSource = { signed: false, source: '' }

/** A queue of jobs. */
export type FairQueue<Job> = {
  /** The number of jobs that wait. */
  readonly size: number
  /** Whether the queue has a place for a job of a source now. If not, the question counts as a refused job. */
  hasPlace(asker: JobSource): boolean
  /**
   * Adds a job.
   *
   * @returns the job that loses its place: the newest one of a source that has more than its part, or the given job;
   * undefined when all jobs have a place
   */
  add(asker: JobSource, job: Job): Job | undefined
  /** Takes up to `most` jobs: sources take turns, and each gives its oldest job. */
  take(most: number): Job[]
}

/**
 * The most jobs that `take` takes for each waiting source, and the most in all while the queue is more than three
 * quarters full. Larger lists would delay the jobs of other sources that come next.
 */
const together = 2

/** After this many jobs of one source in a row, `take` no longer limits its lists for the sake of other sources. */
const jobsUntilAlone = 4096

/** A quiet source has at most this many of the last 8,192 to 16,384 jobs of all sources, refused jobs included. */
const quietJobs = 8
const jobsUntilHalved = 8192

/** The number of sources whose jobs are counted; beyond it the oldest one is forgotten, and counts as quiet again. */
const countedSources = 8192

/** The jobs of one kind of source. The first source has the next turn. */
type Ring<Job> = { waiting: number; readonly sources: Map<string, Job[]> }

/** Makes a queue. @param limit - the number of jobs that may wait */
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

  // When a source becomes busy, its waiting jobs move to the busy ring with it and keep their order.
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

  // The source that loses a job must have two more than the asker: with one more, the change would gain nothing.
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
    // The source moves to the end of its ring, and the ring to the end of the rings.
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

/** The source with the most jobs in a ring, if it has at least `atLeast`. */
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

/** Counts the jobs of sources, and says which sources are busy. All counts halve with every 8,192 jobs. */
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
