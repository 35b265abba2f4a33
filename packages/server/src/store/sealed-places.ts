// What is sealed in the database, and to which row each value is bound: moved to another row, or to another column, it
// does not open. (keys/seal.ts seals; what leaves the service sealed, such as a Session, is bound to its purpose alone.)

/** The place of a sealed value: what it is for, and the row that it belongs to. */
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
  /** The address that a sign-in's code went to, in its session. */
  signInCode: (user: UserKey): SealedPlace => ofUser('sign-in-code', user),
  /** The private parameters of a challenge of the pool's own, in its session. */
  customChallenge: (user: UserKey): SealedPlace => ofUser('custom-challenge', user),
  message: (message: { readonly poolId: string; readonly userId: string; readonly id: string }): SealedPlace =>
    ofUser('outbox', { poolId: message.poolId, id: message.userId }, message.id),
} as const
