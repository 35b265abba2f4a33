// What each source, client and pool may ask for in a minute, kept in the memory of this server (requirement 123). A
// source that floods meets its own limit. Sources that together use up a client's or a pool's share leave every other
// source its spare, so that no flood keeps out somebody who asks little. The tables are bounded: of the sources beyond,
// the one that rested longest is forgotten.
import { noShareLimits, type ShareHolder, type ShareKind, type ShareLimits, type ShareName } from '../../config.ts'
import { tooManyRequests } from '../../errors.ts'
import { bucketAt, taken, type Bucket } from '../../rules/rate.ts'

/** Who asks. */
export type Asker = {
  /** The network of the source; '' where it is not known. */
  readonly source: string
  /** The client and its pool; undefined where the request names none that there is. */
  readonly clientId: string | undefined
  readonly poolId: string | undefined
}

/** The shares of one server. */
export type Shares = {
  /** Refuses a source that has used up its own share, before anything is looked up. @throws as `take` does */
  check(kinds: readonly ShareKind[], source: string, now: number): void
  /**
   * Takes one request of each kind from the shares of its asker; when one is refused, none is taken.
   *
   * @throws ServiceError TooManyRequestsException that names the share
   */
  take(kinds: readonly ShareKind[], asker: Asker, now: number): void
  /** Entries in the tables. */
  readonly size: number
}

/** Holders that a table remembers. One that is forgotten had not asked while so many others did. */
const rememberedAtMost = 16_384

/** Makes shares that are all whole. */
export const makeShares = (limits: ShareLimits): Shares => {
  const tables = new Map<ShareName, Table>()
  for (const name of Object.keys(noShareLimits) as ShareName[]) {
    const perMinute = limits[name]
    if (perMinute !== undefined) tables.set(name, makeTable(name, perMinute))
  }

  const tryOf = (kind: ShareKind, holder: ShareHolder, id: string | undefined, now: number): Try | undefined => {
    const table = tables.get(`${kind}/${holder}`)
    return table === undefined || id === undefined ? undefined : { table, id, bucket: table.tried(id, now) }
  }

  const triesOf = (kind: ShareKind, { source, clientId, poolId }: Asker, now: number): Try[] => {
    const own = tryOf(kind, 'source', source, now)
    const common = [tryOf(kind, 'client', clientId, now), tryOf(kind, 'pool', poolId, now)].filter(isTry)
    const usedUp = common.find(({ bucket }) => bucket === undefined)
    const spare = usedUp && tryOf(kind, 'spare', source, now)
    // Where the spare stands in, the share that is used up is not asked; without one, it refuses.
    const instead =
      spare?.bucket === undefined ? common : [spare, ...common.filter(({ bucket }) => bucket !== undefined)]
    return [own, ...instead].filter(isTry)
  }

  return {
    check: (kinds, source, now) => refuseUsedUp(kinds.map((kind) => tryOf(kind, 'source', source, now)).filter(isTry)),
    take: (kinds, asker, now) => {
      const tries = kinds.flatMap((kind) => triesOf(kind, asker, now))
      refuseUsedUp(tries)
      for (const { table, id, bucket } of tries) if (bucket) table.set(id, bucket)
    },
    get size() {
      return [...tables.values()].reduce((sum, { size }) => sum + size(), 0)
    },
  }
}

/** A request tried on the bucket of a holder: the bucket after it; undefined when it holds none. */
type Try = { readonly table: Table; readonly id: string; readonly bucket: Bucket | undefined }

const isTry = (tried: Try | undefined): tried is Try => tried !== undefined

const refuseUsedUp = (tries: readonly Try[]): void => {
  const refused = tries.find(({ bucket }) => bucket === undefined)
  if (!refused) return
  const { name, perMinute } = refused.table
  throw tooManyRequests(name, `the share ${name} is used up: ${perMinute} requests a minute`)
}

/** The buckets of the holders of one share; those that were touched last stand last. */
type Table = {
  readonly name: ShareName
  readonly perMinute: number
  tried(id: string, now: number): Bucket | undefined
  set(id: string, bucket: Bucket): void
  size(): number
}

const whole: Bucket = { used: 0, at: 0 }

const makeTable = (name: ShareName, perMinute: number): Table => {
  const buckets = new Map<string, Bucket>()
  const touch = (id: string, bucket: Bucket): void => {
    buckets.delete(id)
    buckets.set(id, bucket)
  }
  const forgetRested = (now: number): void => {
    const rested = buckets.entries()
    // Two looked at for each that is added: the table shrinks while it is used.
    for (const { value } of [rested.next(), rested.next()]) {
      if (!value) return
      const [id, bucket] = value
      if (buckets.size > rememberedAtMost || bucketAt(bucket, now, perMinute).used === 0) buckets.delete(id)
    }
  }
  return {
    name,
    perMinute,
    tried: (id, now) => {
      const known = buckets.get(id)
      const bucket = bucketAt(known ?? whole, now, perMinute)
      if (known) touch(id, bucket)
      return taken(bucket, perMinute)
    },
    set: (id, bucket) => {
      touch(id, bucket)
      forgetRested(bucket.at)
    },
    size: () => buckets.size,
  }
}
