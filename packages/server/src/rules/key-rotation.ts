// Key rotation: decides which key of a pool signs, and which keys are published. A new key is published for an hour, the
// lifetime of a cached key set, before it signs; an old key stays until the last token that it signed has expired
// (requirement 51).

/** The parts of a signing key that determine its rotation. */
export type RotatedKey = {
  readonly use: 'access' | 'id'
  /** The instant at which the next key takes over; undefined for the newest key. */
  readonly retiredAt: number | undefined
}

/** How long a new key is published before it signs. */
export const publishedAheadMilliseconds = 3_600_000

/** Access and ID tokens live a day at most (protocol/authentication 6.2). */
const longestTokenMilliseconds = 86_400_000

/** The key that signs now: of the keys that are not retired, the one that retires first. */
export const signingKeyOf = <Key extends RotatedKey>(
  keys: readonly Key[],
  use: RotatedKey['use'],
  now: number,
): Key | undefined =>
  keys
    .filter((key) => key.use === use && (key.retiredAt === undefined || key.retiredAt > now))
    .toSorted((a, b) => (a.retiredAt ?? Infinity) - (b.retiredAt ?? Infinity))[0]

/** Whether a key still verifies tokens. */
export const isPublished = ({ retiredAt }: RotatedKey, now: number): boolean =>
  retiredAt === undefined || now < retiredAt + longestTokenMilliseconds
