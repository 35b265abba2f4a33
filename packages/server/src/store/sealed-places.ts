// The sealed values of the database and their rows. Each value is bound to its row and column: copied to another place,
// it does not open. (keys/seal.ts seals. Sealed texts that leave the service, such as a Session, are bound only to
// their purpose.)

/** The place of a sealed value: its purpose and its row. */
export type SealedPlace = { readonly purpose: string; readonly row: readonly string[] }

type UserKey = { readonly poolId: string; readonly id: string }

const ofUser = (purpose: string, { poolId, id }: UserKey, ...more: string[]): SealedPlace => ({
  purpose,
  row: [poolId, id, ...more],
})

/** The places of sealed values, by kind. */
export const sealedPlaces = {
  accessKey: ({ id }: { readonly id: string }): SealedPlace => ({ purpose: 'access-key', row: [id] }),
  clientSecret: ({ poolId, id }: { readonly poolId: string; readonly id: string }): SealedPlace => ({
    purpose: 'client-secret',
    row: [poolId, id],
  }),
  signingKey: ({ poolId, kid }: { readonly poolId: string; readonly kid: string }): SealedPlace => ({
    purpose: 'signing-key',
    row: [poolId, kid],
  }),
  srpVerifier: (user: UserKey): SealedPlace => ofUser('srp-verifier', user),
  softwareToken: (user: UserKey): SealedPlace => ofUser('software-token', user),
  deviceVerifier: (device: { readonly poolId: string; readonly userId: string; readonly key: string }): SealedPlace =>
    ofUser('device-verifier', { poolId: device.poolId, id: device.userId }, device.key),
  passkeyRegistration: (user: UserKey): SealedPlace => ofUser('passkey-registration', user),
  pendingAddress: (user: UserKey, attribute: string): SealedPlace => ofUser('pending-address', user, attribute),
  /** The destination of a sign-in's code, in its session. */
  signInCode: (user: UserKey): SealedPlace => ofUser('sign-in-code', user),
  /** The private parameters of a custom challenge, in its session. */
  customChallenge: (user: UserKey): SealedPlace => ofUser('custom-challenge', user),
  message: (message: { readonly poolId: string; readonly userId: string; readonly id: string }): SealedPlace =>
    ofUser('outbox', { poolId: message.poolId, id: message.userId }, message.id),
} as const
