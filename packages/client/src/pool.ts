// The interface of a user pool for applications: every function takes a state and returns the next one. The client keeps
// nothing between calls; the application keeps the state.
import { answerState, enrol, enter, forget, resend, setUp } from './answers.ts'
import { call } from './call.ts'
import { newContext, type PoolOptions } from './context.ts'
import { passwordChanged, refreshed, signedOut, userOf } from './signed-in.ts'
import type { Answers, AnswerTo, OpenState, OpenStep, State, States, User } from './state.ts'

type SignedIn = States['signed-in']

/**
 * The functions of a pool.
 *
 * Every function throws PoolError for an answer that is not a state (a wrong setting, a fault of the service), and the error
 * of `fetch` when the service cannot be reached. The given state can then be tried again.
 */
export type UserPool = {
  /** Signs a user up. Leads to `confirm-sign-up`, or to the sign-in if the pool confirms the user itself. */
  signUp(answer: Answers['sign-up']): Promise<State>
  /** Begins a sign-in. Without the password that the flow begins with, it returns the state that asks for it. */
  signIn(user: { readonly username: string; readonly password?: string }): Promise<State>
  /** Answers a state. */
  answer<S extends OpenState>(state: S, answer: AnswerTo<S>): Promise<State>
  /** Sends the code of a sign-up or of a new password again. */
  resendCode(state: States['confirm-sign-up' | 'reset-password']): Promise<State>
  /** Sends a code for a new password. Leads to `reset-password`. */
  forgotPassword(username: string): Promise<State>
  /** Gets new tokens for a signed-in user, or returns the start when the sign-in has ended. Throws on a passing fault. */
  refresh(state: SignedIn): Promise<State>
  /** Ends this sign-in, or all sign-ins of the user. Throws unless the service has confirmed it. */
  signOut(state: SignedIn, scope?: { readonly everywhere?: boolean }): Promise<States['password' | 'start']>
  /** Gets the signed-in user. */
  getUser(state: SignedIn): Promise<User>
  /** Changes the password. */
  changePassword(state: SignedIn, change: { readonly previous?: string; readonly password: string }): Promise<State>
  /** Begins the set-up of an authenticator app. Leads to `set-up-totp`, and back to `signed-in`. */
  setUpTotp(state: SignedIn): Promise<State>
  /** Calls any operation, signed if the pool was opened with credentials. Names and shapes are those of the service. */
  call<Output>(operation: string, input: object): Promise<Output>
}

/**
 * Opens a pool. It is cheap and makes no call: open one for each request if credentials change.
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
