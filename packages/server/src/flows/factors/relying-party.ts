// The relying party of a pool's passkeys, and the passkeys of a user that are valid for it (protocol/authentication
// 7.2.5).
import type { Context } from '../../context.ts'
import { allowedFirstFactors } from '../../rules/pool-settings.ts'
import type { Passkey, Pool, User } from '../../store/index.ts'

/**
 * The relying party that a pool names. On the development server, a pool that names none has `localhost`.
 *
 * @returns undefined when the pool cannot have passkeys
 */
export const relyingPartyOf = ({ settings }: Pick<Context, 'settings'>, pool: Pool): string | undefined =>
  pool.settings.webAuthnConfiguration?.relyingPartyId ?? (settings.mode === 'dev' ? 'localhost' : undefined)

/** Whether a pool allows sign-in by passkey. */
export const allowsPasskeys = ({ settings }: Pool): boolean => allowedFirstFactors(settings).includes('passkey')

/** The passkeys a user can sign in with now: those of the pool's relying party, where the pool allows passkeys. */
export const passkeysFor = async (context: Context, pool: Pool, user: User): Promise<Passkey[]> => {
  if (!allowsPasskeys(pool)) return []
  const relyingParty = relyingPartyOf(context, pool)
  const passkeys = await context.store.passkeys.list(pool.id, user.id)
  return passkeys.filter((passkey) => passkey.relyingParty === relyingParty)
}

/** Whether a pool requires authenticators to verify their user. */
export const userVerificationOf = ({ settings }: Pool): 'required' | 'preferred' =>
  settings.webAuthnConfiguration?.userVerification ?? 'preferred'
