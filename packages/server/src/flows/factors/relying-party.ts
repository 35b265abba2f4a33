// For whom passkeys of a pool are made, and which of a user's passkeys are good there (protocol/authentication 7.2.5).
import type { Context } from '../../context.ts'
import { allowedFirstFactors } from '../../rules/pool-settings.ts'
import type { Passkey, Pool, User } from '../../store/index.ts'

/**
 * The relying party of a pool: the one it names. Where none is named the development server has `localhost`.
 *
 * @returns undefined where the pool can have no passkeys
 */
export const relyingPartyOf = ({ settings }: Pick<Context, 'settings'>, pool: Pool): string | undefined =>
  pool.settings.webAuthnConfiguration?.relyingPartyId ?? (settings.mode === 'dev' ? 'localhost' : undefined)

/** Whether a pool lets its users sign in by passkey at all. */
export const allowsPasskeys = ({ settings }: Pool): boolean => allowedFirstFactors(settings).includes('passkey')

/** The passkeys a user can sign in with now: those of the pool's relying party, where the pool allows passkeys. */
export const passkeysFor = async (context: Context, pool: Pool, user: User): Promise<Passkey[]> => {
  if (!allowsPasskeys(pool)) return []
  const relyingParty = relyingPartyOf(context, pool)
  const passkeys = await context.store.passkeys.list(pool.id, user.id)
  return passkeys.filter((passkey) => passkey.relyingParty === relyingParty)
}

/** Whether a pool demands that authenticators verify their user. */
export const userVerificationOf = ({ settings }: Pool): 'required' | 'preferred' =>
  settings.webAuthnConfiguration?.userVerification ?? 'preferred'
