// Limits the requests per minute of each source, client and pool, in the memory of this server (requirement 123). A
// source that floods reaches its own limit. When many sources use up the share of a client or a pool, every other
// source still has a small spare share, so that no flood keeps out a source with few requests. The tables are bounded:
// a full table forgets the holder that has been idle longest.
import { noShareLimits, type ShareHolder, type ShareKind, type ShareLimits, type ShareName } from '../../config.ts'
import { tooManyRequests } from '../../errors.ts'
import { bucketAt, taken, type Bucket } from '../../rules/rate.ts'

/** The source of a request, and the client and pool that it names. */
export type Asker = {
  /** The network of the source; '' when it is unknown. */
  readonly source: string
  /** The client and its pool; undefined when the request names no existing client. */
  readonly clientId: string | undefined
  readonly poolId: string | undefined
}

/** The shares of one server. */
export type Shares = {
  /** Refuses a source that has used up its own share, before any read of the database. @throws as `take` does */
  check(kinds: readonly ShareKind[], source: string, now: number): void
  /**
   * Takes one request of each kind from the shares of the asker; when one share refuses, nothing is taken.
   *
   * @throws ServiceError TooManyRequestsException that names the share
   */
  take(kinds: readonly ShareKind[], asker: Asker, now: number): void
  /** The number of entries in all tables. */
  readonly size: number
}

/** The most holders in a table. A forgotten holder has sent nothing while this many others did. */
const rememberedAtMost = 16_384

/** Makes shares of which nothing is used. */
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
    // The spare share replaces the one that is used up; without a spare share, the used-up one refuses.
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

/** One request and the bucket of one holder: `bucket` is the bucket after the request, undefined when it is used up. */
type Try = { readonly table: Table; readonly id: string; readonly bucket: Bucket | undefined }

const isTry = (tried: Try | undefined): tried is Try => tried !== undefined

const refuseUsedUp = (tries: readonly Try[]): void => {
  const refused = tries.find(({ bucket }) => bucket === undefined)
  if (!refused) return
  const { name, perMinute } = refused.table
  throw tooManyRequests(name, `the share ${name} is used up: ${perMinute} requests a minute`)
}

/** The buckets of the holders of one share, the least recently used first. */
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
    // Each request checks two old entries and adds at most one, so that the table shrinks in use.
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
