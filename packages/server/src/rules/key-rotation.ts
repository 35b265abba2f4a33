// Which key of a pool signs, and which are published. A new key is published an hour before it signs, longer than
// anybody keeps a key set; an old one stays until the last token it signed has expired (requirement 51).

/** What of a signing key bears on its rotation. */
export type RotatedKey = {
  readonly use: 'access' | 'id'
  /** When the next key takes over; undefined for the newest. */
  readonly retiredAt: number | undefined
}

/** How long a new key is published before it signs. */
export const publishedAheadMilliseconds = 3_600_000

/** Access and ID tokens live a day at most (protocol/authentication 6.2). */
const longestTokenMilliseconds = 86_400_000

/** The key that signs now: of those whose time is not over the one whose time is over first. */
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
