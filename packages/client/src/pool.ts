// A user pool as an application sees it: every function takes a state and gives the next one. Nothing is kept between
// calls; where the state lives is the application's matter.
import { answerState, enrol, enter, forget, resend, setUp } from './answers.ts'
import { call } from './call.ts'
import { newContext, type PoolOptions } from './context.ts'
import { passwordChanged, refreshed, signedOut, userOf } from './signed-in.ts'
import type { Answers, AnswerTo, OpenState, OpenStep, State, States, User } from './state.ts'

type SignedIn = States['signed-in']

/**
 * What can be done with a pool.
 *
 * Every function throws PoolError for what no state stands for (a wrong setting, a fault of the service), and whatever
 * `fetch` throws when the service cannot be reached; the state that was given is then still good to try again.
 */
export type UserPool = {
  /** Signs a user up. Goes on to `confirm-sign-up`, or into the sign-in where the pool confirms by itself. */
  signUp(answer: Answers['sign-up']): Promise<State>
  /** Begins a sign-in. Without a password, in a flow that begins with one, it answers the state that asks for it. */
  signIn(user: { readonly username: string; readonly password?: string }): Promise<State>
  /** Answers a state. */
  answer<S extends OpenState>(state: S, answer: AnswerTo<S>): Promise<State>
  /** Sends the code of a sign-up, or of a new password, once more. */
  resendCode(state: States['confirm-sign-up' | 'reset-password']): Promise<State>
  /** Sends a code for a new password. Goes on to `reset-password`. */
  forgotPassword(username: string): Promise<State>
  /** New tokens for a signed-in user; where to begin again once that is over. Throws on a passing fault. */
  refresh(state: SignedIn): Promise<State>
  /** Ends this sign-in, or every one of the user. Throws unless the service has done it. */
  signOut(state: SignedIn, scope?: { readonly everywhere?: boolean }): Promise<States['password' | 'start']>
  /** The signed-in user. */
  getUser(state: SignedIn): Promise<User>
  /** Changes the password. */
  changePassword(state: SignedIn, change: { readonly previous?: string; readonly password: string }): Promise<State>
  /** Begins the set-up of an authenticator app. Goes on to `set-up-totp`, and back to `signed-in`. */
  setUpTotp(state: SignedIn): Promise<State>
  /** Calls any operation, signed when the pool was opened with credentials; names and shapes are the service's own. */
  call<Output>(operation: string, input: object): Promise<Output>
}

/**
 * Opens a pool. Costs nothing and calls nobody: open one for each request if credentials change.
 *
 * @throws TypeError when the pool id has no region
 */
export const openPool = (options: PoolOptions): UserPool => {
  const context = newContext(options)
  return {
    signUp: (answer) => enrol(context, answer),
    signIn: ({ username, password }) => enter(context, username, password),
    // AnswerTo pairs every state with its own answers, which the compiler cannot follow into the table of steps.
    answer: (state, answer) => answerState<OpenStep>(context, state.step, state, answer as Answers[OpenStep]),
    resendCode: (state) => resend(context, state),
    forgotPassword: (username) => forget(context, username),
    refresh: (state) => refreshed(context, state),
    signOut: (state, scope) => signedOut(context, state, scope?.everywhere ?? false),
    getUser: (state) => userOf(context, state),
    changePassword: (state, change) => passwordChanged(context, state, change),
    setUpTotp: (state) => setUp(context, state),
    call: (operation, input) => call(context.signed, operation, input),
  }
}
