// The refresh token: it has the five parts of a JWE, as clients expect, and holds the sealed key of a sign-in
// (protocol/authentication 6.1.12).
import type { Context } from '../../context.ts'

/** The content of a refresh token. */
export type RefreshToken = {
  readonly poolId: string
  readonly userId: string
  readonly originJti: string
  /** The number of this refresh token within its sign-in; the first is 1. */
  readonly generation: number
}

/** {"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}, the header that clients have always seen. */
const header = 'eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ'

const nonceLength = 12
const tagLength = 16

/** Writes a refresh token. */
export const writeRefreshToken = ({ keys }: Context, token: RefreshToken): string => {
  const plain = JSON.stringify([token.poolId, token.userId, token.originJti, token.generation])
  const [keyId = '', sealed = ''] = keys.seal.seal(plain, 'refresh-token').split('.')
  const bytes = Buffer.from(sealed, 'base64url')
  const parts = [
    Buffer.from(keyId, 'utf8'),
    bytes.subarray(0, nonceLength),
    bytes.subarray(nonceLength, -tagLength),
    bytes.subarray(-tagLength),
  ]
  return [header, ...parts.map((part) => part.toString('base64url'))].join('.')
}

/** Reads a refresh token; undefined when it was changed, or not written by this service. */
export const readRefreshToken = ({ keys }: Context, text: string): RefreshToken | undefined => {
  const [first, keyId, ...rest] = text.split('.')
  if (first !== header || keyId === undefined || rest.length !== 3) return undefined
  const sealed = Buffer.concat(rest.map((part) => Buffer.from(part, 'base64url'))).toString('base64url')
  try {
    const plain = keys.seal.open(`${Buffer.from(keyId, 'base64url').toString('utf8')}.${sealed}`, 'refresh-token')
    const [poolId, userId, originJti, generation] = JSON.parse(plain.toString('utf8')) as [
      string,
      string,
      string,
      number,
    ]
    return { poolId, userId, originJti, generation }
  } catch {
    return undefined
  }
}
