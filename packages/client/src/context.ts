// The context of every function of the flow: the pool's settings and the calls of the service.
import type { Caller } from './call.ts'
import { secretHash } from './secret-hash.ts'
import type { Credentials } from './sigv4.ts'

/** The pool, the app client, and the way in which users sign in. */
export type PoolOptions = {
  /** `<region>_<name>`; the endpoint's region and the pool name for SRP come from it. */
  readonly userPoolId: string
  readonly clientId: string
  /** Only on a server, for an app client with a secret. */
  readonly clientSecret?: string
  /** The URL of Poolkeeper; absent, Amazon Cognito in the pool's region. */
  readonly endpoint?: string
  /** Only on a server: sign-in uses the signed Admin operations. */
  readonly credentials?: Credentials
  /**
   * The first step of a sign-in: the password by SRP (the default of a public client), the password itself (the default with
   * credentials), a choice of factors (USER_AUTH), or the challenges of the pool's triggers (CUSTOM_AUTH).
   */
  readonly flow?: 'srp' | 'password' | 'choice' | 'custom'
  /** The name that authenticator apps show; absent, the pool id. */
  readonly issuer?: string
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** Returns the present instant in epoch milliseconds; replaces the machine's clock. */
  readonly now?: () => number
}

/** The settings, with the values derived from them. */
export type Context = {
  readonly userPoolId: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly poolName: string
  readonly flow: 'srp' | 'password' | 'choice' | 'custom'
  readonly issuer: string
  /** The caller with credentials, and the caller without. */
  readonly signed: Caller
  readonly open: Caller
}

/** @throws TypeError when the pool id has no region */
export const newContext = (options: PoolOptions): Context => {
  const { userPoolId, clientId, clientSecret, credentials } = options
  const [region, poolName] = userPoolId.split('_')
  if (!region || !poolName) throw new TypeError('userPoolId has the form <region>_<name>.')
  const open: Caller = {
    endpoint: options.endpoint ?? `https://cognito-idp.${region}.amazonaws.com/`,
    region,
    credentials: undefined,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now: options.now ?? Date.now,
  }
  return {
    userPoolId,
    clientId,
    clientSecret,
    poolName,
    flow: options.flow ?? (credentials ? 'password' : 'srp'),
    issuer: options.issuer ?? userPoolId,
    signed: { ...open, credentials },
    open,
  }
}

/** The member with the secret hash over a user name; empty for a client without a secret. */
export const hashAs = async <Name extends string>(
  { clientId, clientSecret }: Context,
  name: Name,
  username: string,
): Promise<{ [K in Name]?: string }> =>
  (clientSecret === undefined ? {} : { [name]: await secretHash({ username, clientId, clientSecret }) }) as {
    [K in Name]?: string
  }
