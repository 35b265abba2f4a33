// What every function of the flow is handed: the pool's settings and the way to the service.
import type { Caller } from './call.ts'
import { secretHash } from './secret-hash.ts'
import type { Credentials } from './sigv4.ts'

/** Which pool, which app client, and how users sign in. */
export type PoolOptions = {
  /** `<region>_<name>`; the region and the name that SRP proves are read from it. */
  readonly userPoolId: string
  readonly clientId: string
  /** Only on a server, for an app client that has one. */
  readonly clientSecret?: string
  /** The address of Poolkeeper; Amazon Cognito in the pool's region unless given. */
  readonly endpoint?: string
  /** Only on a server: sign-in goes by the signed Admin operations. */
  readonly credentials?: Credentials
  /**
   * How a sign-in begins: with the password by SRP (the default of a public client), with the password itself (the
   * default with credentials), with a choice of factors (USER_AUTH), or as the pool's triggers ask (CUSTOM_AUTH).
   */
  readonly flow?: 'srp' | 'password' | 'choice' | 'custom'
  /** The name that authenticator apps show; the pool id unless given. */
  readonly issuer?: string
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** The present instant in epoch milliseconds, where the machine's clock is not to be trusted. */
  readonly now?: () => number
}

/** The settings, with everything that follows from them. */
export type Context = {
  readonly userPoolId: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly poolName: string
  readonly flow: 'srp' | 'password' | 'choice' | 'custom'
  readonly issuer: string
  /** Calls with the credentials, and calls without. */
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

/** A member that carries the secret hash over a user name; none for a client without a secret. */
export const hashAs = async <Name extends string>(
  { clientId, clientSecret }: Context,
  name: Name,
  username: string,
): Promise<{ [K in Name]?: string }> =>
  (clientSecret === undefined ? {} : { [name]: await secretHash({ username, clientId, clientSecret }) }) as {
    [K in Name]?: string
  }
