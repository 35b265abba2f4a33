// The proof that a request comes from an app client that holds the secret (protocol/authentication 2.5).
import { hmac, toBase64, utf8 } from './bytes.ts'

/**
 * Base64(HMAC-SHA-256(client secret, user name followed by client id)).
 *
 * @param username - the name that the same request sends
 */
export const secretHash = async ({
  username,
  clientId,
  clientSecret,
}: {
  readonly username: string
  readonly clientId: string
  readonly clientSecret: string
}): Promise<string> => toBase64(await hmac(utf8(clientSecret), utf8(username + clientId)))
