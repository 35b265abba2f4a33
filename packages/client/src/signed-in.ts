// The actions of a signed-in user: refresh, sign out, get the user, change the password (protocol/authentication 2.6, 6.3,
// 6.4).
import { attempt } from './answers.ts'
import { call, PoolError } from './call.ts'
import type { Context } from './context.ts'
import { refusedState, whyOf } from './refusal.ts'
import { factorsOf, signedIn, startOf, type AuthAnswer } from './sign-in.ts'
import type { State, States, User } from './state.ts'

type SignedIn = States['signed-in']
type Start = States['password' | 'start']

// The refusals that end the sign-in. A throttled or failed refresh does not end it, and is thrown
// (protocol/authentication 7.5.6).
const endsSignIn = (error: unknown): boolean => {
  if (!(error instanceof PoolError)) return false
  const why = whyOf(error)
  return why
    ? ['session-expired', 'user-disabled', 'user-not-found'].includes(why)
    : ['PasswordResetRequiredException', 'UserNotConfirmedException'].includes(error.name)
}

/**
 * Gets new tokens, by the operation that works with and without rotation of refresh tokens
 * (protocol/authentication 6.3.2).
 *
 * @returns the signed-in state with the new tokens, or the start
 * @throws PoolError when the service fails; the old tokens are then still valid
 */
export const refreshed = async (context: Context, { username, tokens }: SignedIn): Promise<State> => {
  try {
    const answer = await call<AuthAnswer>(context.open, 'GetTokensFromRefreshToken', {
      RefreshToken: tokens.refreshToken,
      ClientId: context.clientId,
      ClientSecret: context.clientSecret,
    })
    const fresh = signedIn(context, username, answer, tokens.refreshToken)
    if (fresh) return fresh
    throw new PoolError('UnsupportedChallenge', 'The service answered a refresh without tokens.', 200)
  } catch (error) {
    const start = startOf(context, username)
    if (endsSignIn(error)) return refusedState(start, start, error)
    throw error
  }
}

/**
 * Ends this sign-in by its refresh token, or all sign-ins of the user.
 *
 * @throws PoolError when the service did not do it
 */
export const signedOut = async (context: Context, state: SignedIn, everywhere: boolean): Promise<Start> => {
  const { open, clientId: ClientId, clientSecret: ClientSecret } = context
  const { accessToken, refreshToken } = state.tokens
  if (everywhere) await call(open, 'GlobalSignOut', { AccessToken: accessToken })
  else await call(open, 'RevokeToken', { Token: refreshToken, ClientId, ClientSecret })
  return startOf(context, state.username)
}

/** Gets the user of the access token. @throws PoolError, also when the token has expired */
export const userOf = async ({ open }: Context, { tokens }: SignedIn): Promise<User> => {
  const answer = await call<{
    Username: string
    UserAttributes: readonly { Name: string; Value?: string }[]
    UserMFASettingList?: readonly string[]
    PreferredMfaSetting?: string
  }>(open, 'GetUser', { AccessToken: tokens.accessToken })
  const [preferredFactor] = factorsOf([answer.PreferredMfaSetting ?? ''])
  return {
    username: answer.Username,
    attributes: Object.fromEntries(answer.UserAttributes.map(({ Name, Value }) => [Name, Value ?? ''])),
    factors: factorsOf(answer.UserMFASettingList ?? []),
    ...(preferredFactor && { preferredFactor }),
  }
}

/** Changes the password of a signed-in user. @returns the signed-in state, with the refusal if it was refused */
export const passwordChanged = (
  context: Context,
  { username, tokens }: SignedIn,
  { previous, password }: { readonly previous?: string; readonly password: string },
): Promise<State> => {
  const state = { step: 'signed-in', username, tokens } as const
  return attempt(context, state, async () => {
    const input = { AccessToken: tokens.accessToken, PreviousPassword: previous, ProposedPassword: password }
    await call(context.open, 'ChangePassword', input)
    return state
  })
}
