// A bounded queue that its sources share fairly (requirement 123): they take turns, and when it is full the source that
// has most waiting gives way. So a source that floods delays and loses its own jobs, and a source that asks little is
// always served. Signed calls are the operator's own: when both wait, they and the open calls have half of it each.

/** The source of a job, by which the queue is shared. */
export type Share = {
  /** Whether the caller signed the request. */
  readonly signed: boolean
  /** The access key of a signed call, else the network that it came from. Jobs of unknown sources share one: ''. */
  readonly source: string
}

/** The share of jobs whose source is not known. */
export const unknownSource: Share = { signed: false, source: '' }

/** A queue of jobs. */
export type FairQueue<Job> = {
  /** Jobs that wait. */
  readonly size: number
  /**
   * Adds a job.
   *
   * @returns the job that finds no place: the newest one of the source with most jobs, or the given one; undefined
   * when all have a place
   */
  add(share: Share, job: Job): Job | undefined
  /** Takes up to `most` jobs: the oldest of each source, the sources in turn. */
  take(most: number): Job[]
}

/**
 * Jobs taken together for each source that waits. More would make the jobs of others, which come next, wait for them.
 */
const togetherPerSource = 2

/** After so many jobs of one source and of no other, no other counts as kept waiting. */
const jobsUntilAlone = 4096

/** The jobs of one kind of caller, by source; the source whose turn is next stands first. */
type Ring<Job> = { waiting: number; readonly sources: Map<string, Job[]> }

/** Makes a queue. @param limit - jobs that may wait */
export const makeFairQueue = <Job>(limit: number): FairQueue<Job> => {
  const open: Ring<Job> = { waiting: 0, sources: new Map() }
  const signed: Ring<Job> = { waiting: 0, sources: new Map() }
  const otherThan = (ring: Ring<Job>): Ring<Job> => (ring === open ? signed : open)
  const size = (): number => open.waiting + signed.waiting
  let turn = open
  let last: string | undefined
  let sinceOthers = jobsUntilAlone

  const put = (ring: Ring<Job>, source: string, job: Job): void => {
    const jobs = ring.sources.get(source)
    if (jobs) jobs.push(job)
    else ring.sources.set(source, [job])
    ring.waiting += 1
  }

  // Where the others have more than their half of the queue and this ring less than its own, they give way; else the
  // largest source of the ring, if it has more than the one that asks will have.
  const makePlace = (ring: Ring<Job>, source: string): Job | undefined => {
    const other = otherThan(ring)
    const fromOthers = ring.waiting < Math.floor(limit / 2) && other.waiting > limit / 2
    if (fromOthers) return dropNewest(other, 1)
    return dropNewest(ring, (ring.sources.get(source)?.length ?? 0) + 2)
  }

  const take = (): Job | undefined => {
    const ring = turn.waiting > 0 ? turn : otherThan(turn)
    const next = ring.sources.entries().next().value
    const job = next?.[1].shift()
    if (next === undefined || job === undefined) return undefined
    const [source, jobs] = next
    ring.waiting -= 1
    ring.sources.delete(source)
    if (jobs.length > 0) ring.sources.set(source, jobs)
    turn = otherThan(ring)
    sinceOthers = source === last ? sinceOthers + 1 : last === undefined ? jobsUntilAlone : 0
    last = source
    return job
  }

  return {
    get size() {
      return size()
    },
    add: ({ signed: isSigned, source }, job) => {
      const ring = isSigned ? signed : open
      const full = size() >= limit
      const dropped = full ? makePlace(ring, source) : undefined
      if (full && dropped === undefined) return job
      put(ring, source, job)
      return dropped
    },
    take: (most) => {
      const sources = open.sources.size + signed.sources.size
      const together = sinceOthers < jobsUntilAlone ? Math.min(most, sources * togetherPerSource) : most
      return Array.from({ length: together }, take).filter((job) => job !== undefined)
    },
  }
}

/** Drops the newest job of the source that has most, when that is `atLeast` so many. @returns the job */
const dropNewest = <Job>(ring: Ring<Job>, atLeast: number): Job | undefined => {
  let largest: readonly [source: string, jobs: Job[]] | undefined
  for (const entry of ring.sources) if (entry[1].length >= (largest?.[1].length ?? atLeast)) largest = entry
  if (!largest) return undefined
  const [source, jobs] = largest
  const job = jobs.pop()
  if (jobs.length === 0) ring.sources.delete(source)
  ring.waiting -= 1
  return job
}
