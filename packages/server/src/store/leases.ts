// Leases: only one of several servers does a piece of work at a time. When an owner dies, the others wait until its
// lease ends.
import { prepare, type Database, type Write } from './database/index.ts'

/** The work, its owner and the end of the lease. */
export type Lease = {
  readonly name: string
  readonly owner: string
  readonly now: number
  readonly milliseconds: number
}

export type Leases = {
  /** Takes a lease, or extends the owner's lease; refused while another owner has it. */
  take(lease: Lease, refused: () => Error): Write
  /** Gives a lease back, if the owner still has it. */
  release(lease: Pick<Lease, 'name' | 'owner'>): Write
}

/** The table of leases. */
export const leases = ({ dialect }: Pick<Database, 'dialect'>): Leases => {
  // A lease that ends later than a new one would was taken by a server whose clock was ahead: it is ignored.
  const take = prepare<{ name: string; owner: string; now: number; until: number }>(dialect, (db, slot) =>
    db
      .insertInto('leases')
      .values({ name: slot('name'), owner: slot('owner'), until_at: slot('until') })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet((eb) => ({ owner: eb.ref('excluded.owner'), until_at: eb.ref('excluded.until_at') }))
          .where((eb) =>
            eb.or([
              eb('leases.owner', '=', slot('owner')),
              eb('leases.until_at', '<', slot('now')),
              eb('leases.until_at', '>', slot('until')),
            ]),
          ),
      ),
  )
  const release = prepare<{ name: string; owner: string }>(dialect, (db, slot) =>
    db.deleteFrom('leases').where('name', '=', slot('name')).where('owner', '=', slot('owner')),
  )
  return {
    take: ({ name, owner, now, milliseconds }, otherwise) => ({
      statement: take({ name, owner, now, until: now + milliseconds }),
      rows: 1,
      otherwise,
    }),
    release: ({ name, owner }) => ({
      statement: release({ name, owner }),
      rows: 'any',
      otherwise: () => new Error('unreachable'),
    }),
  }
}
