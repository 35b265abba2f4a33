// Fills a database quickly with users who share a password: one hash serves all, and few users need an SRP verifier.
import type { Context } from '../packages/server/src/context.ts'
import { sealedPlaces } from '../packages/server/src/store/sealed-places.ts'
import { userRow } from '../packages/server/testing/records.ts'

/** The password of every seeded user. */
export const password = 'Correct-horse-7'

/** The secret of every seeded authenticator app. */
export const totpSecret: Buffer = Buffer.alloc(32, 7)

/** The e-mail address of a seeded user. */
export const emailOf = (index: number): string => `user${index}@example.com`

const batch = 500

/** The number of users who can also sign in by SRP; each verifier costs a power. */
export const srpUsers = 50

const sealedVerifier = async ({ keys }: Context, poolId: string, username: string): Promise<string> => {
  const poolName = poolId.slice(poolId.indexOf('_') + 1)
  return keys.seal.sealRow(
    JSON.stringify(await keys.makeSrpVerifier({ poolName, username, password })),
    sealedPlaces.srpVerifier({ poolId, id: username }),
  )
}

/**
 * Adds users with a password and an authenticator app.
 *
 * @param enrolled - whether the users have a verified software token
 */
export const seedUsers = async (context: Context, poolId: string, count: number, enrolled: boolean): Promise<void> => {
  const { store, keys, random, clock } = context
  const passwordHash = await keys.passwords.hash(password)
  const now = clock.now()
  const taken = (): Error => new Error('seeded twice')
  for (let from = 0; from < count; from += batch) {
    const ids = Array.from({ length: Math.min(batch, count - from) }, () => random.uuid())
    const verifiers = await Promise.all(
      ids.slice(0, Math.max(0, srpUsers - from)).map((id) => sealedVerifier(context, poolId, id)),
    )
    const writes = ids.flatMap((id, offset) => {
      const email = emailOf(from + offset)
      const attributes = { email, email_verified: 'true' }
      const user = userRow({ poolId, id, attributes, passwordHash, srpSealed: verifiers[offset], createdAt: now })
      const secret = keys.seal.sealRow(totpSecret, sealedPlaces.softwareToken(user))
      const token = { poolId, userId: id, secret: undefined, pending: secret, friendlyName: undefined, lastStep: 0 }
      return [
        store.directory.add(user, { name: email, kind: 'email' }, taken),
        store.directory.add(user, { name: id, kind: 'username' }, taken),
        ...store.users.add(user),
        ...(enrolled
          ? [
              store.softwareTokens.begin(user, secret),
              store.softwareTokens.verify(
                { ...token, verifiedAt: undefined },
                { secret, step: 1, friendlyName: undefined },
                now,
              ),
            ]
          : []),
      ]
    })
    await store.commit(writes)
  }
}
