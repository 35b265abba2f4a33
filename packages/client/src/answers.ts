// The handling of answers: one function for each step, which returns the next state.
import { call } from './call.ts'
import { hashAs, type Context } from './context.ts'
import { refusedState } from './refusal.ts'
import {
  authenticator,
  begin,
  chooseFactor,
  chooseFirstFactor,
  continueSignUp,
  recover,
  respond,
  sentTo,
  startOf,
} from './sign-in.ts'
import type { Answers, OpenStep, SentTo, State, States } from './state.ts'

type Delivered = { readonly CodeDeliveryDetails?: { readonly Destination: string; readonly DeliveryMedium: string } }

/** Runs work for a state. @returns the next state, or the state after a refusal */
export const attempt = async (context: Context, state: State, work: () => Promise<State>): Promise<State> => {
  try {
    return await work()
  } catch (error) {
    return refusedState(state, startOf(context, state.username), error)
  }
}

/** The members of a request that names its user. */
const forUser = async (context: Context, username: string): Promise<Record<string, string>> => ({
  ClientId: context.clientId,
  Username: username,
  ...(await hashAs(context, 'SecretHash', username)),
})

const deliveredTo = ({ CodeDeliveryDetails: details }: Delivered): { sentTo?: SentTo } =>
  details ? { sentTo: sentTo(details.Destination, details.DeliveryMedium) } : {}

/** User attributes, in the list form of the service. */
const listed = (attributes: Readonly<Record<string, string>> = {}): { Name: string; Value: string }[] =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))

/** Begins a sign-in, with the password if it is known. @returns the next state */
export const enter = async (context: Context, username: string, password?: string): Promise<State> => {
  const start = startOf(context, username)
  return password === undefined && start.step === 'password'
    ? start
    : attempt(context, start, () => begin(context, username, password))
}

const signUp = async (context: Context, { username, password, attributes }: Answers['sign-up']): Promise<State> => {
  const answer = await call<Delivered & { UserConfirmed: boolean }>(context.open, 'SignUp', {
    ...(await forUser(context, username)),
    Password: password,
    UserAttributes: listed(attributes),
  })
  return answer.UserConfirmed
    ? enter(context, username, password)
    : { step: 'confirm-sign-up', username, ...deliveredTo(answer) }
}

const confirmSignUp = async (
  context: Context,
  { username }: States['confirm-sign-up'],
  { code, password }: Answers['confirm-sign-up'],
): Promise<State> => {
  const input = { ...(await forUser(context, username)), ConfirmationCode: code }
  const { Session } = await call<{ Session?: string }>(context.open, 'ConfirmSignUp', input)
  if (password !== undefined) return enter(context, username, password)
  const start = startOf(context, username)
  return Session !== undefined && context.flow === 'choice'
    ? attempt(context, start, () => continueSignUp(context, username, Session))
    : start
}

const resetPassword = async (
  context: Context,
  { username }: States['reset-password'],
  { code, password }: Answers['reset-password'],
): Promise<State> => {
  const input = { ...(await forUser(context, username)), ConfirmationCode: code, Password: password }
  await call(context.open, 'ConfirmForgotPassword', input)
  return enter(context, username, password)
}

const setUpTotp = async (
  context: Context,
  state: States['set-up-totp'],
  { code, device }: Answers['set-up-totp'],
): Promise<State> => {
  const key = 'tokens' in state ? { AccessToken: state.tokens.accessToken } : { Session: state.session }
  const input = { ...key, UserCode: code, FriendlyDeviceName: device }
  const { Session: session = '' } = await call<{ Session?: string }>(context.open, 'VerifySoftwareToken', input)
  if (!('tokens' in state)) return respond(context, { ...state, session }, 'MFA_SETUP', {})
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await call(context.open, 'SetUserMFAPreference', { ...key, SoftwareTokenMfaSettings })
  return { step: 'signed-in', username: state.username, tokens: state.tokens }
}

const newPasswordResponses = ({ password, attributes = {} }: Answers['new-password']): Record<string, string> => ({
  NEW_PASSWORD: password,
  ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`userAttributes.${name}`, value])),
})

const steps: {
  readonly [Step in OpenStep]: (context: Context, state: States[Step], answer: Answers[Step]) => Promise<State>
} = {
  'sign-up': (context, _, answer) => signUp(context, answer),
  'confirm-sign-up': confirmSignUp,
  password: (context, { username }, { password }) => begin(context, username, password),
  start: (context, { username }, { password }) => begin(context, username, password),
  'reset-password': resetPassword,
  'new-password': (context, state, answer) =>
    respond(context, state, 'NEW_PASSWORD_REQUIRED', newPasswordResponses(answer)),
  'set-up-totp': setUpTotp,
  'enter-totp': (context, state, answer) =>
    'recoveryCode' in answer
      ? recover(context, state, answer.recoveryCode)
      : respond(context, state, 'SOFTWARE_TOKEN_MFA', { SOFTWARE_TOKEN_MFA_CODE: answer.code }),
  'enter-code': (context, state, answer) =>
    'recoveryCode' in answer
      ? recover(context, state, answer.recoveryCode)
      : respond(context, state, state.challenge, { [`${state.challenge}_CODE`]: answer.code }),
  'select-mfa': (context, state, { choice }) => chooseFactor(context, state, choice),
  'select-challenge': (context, state, answer) =>
    chooseFirstFactor(context, state, answer.choice, answer.choice === 'password' ? answer.password : undefined),
  'use-passkey': (context, state, { credential }) =>
    respond(context, state, 'WEB_AUTHN', { CREDENTIAL: JSON.stringify(credential) }),
  'custom-challenge': (context, state, { answer }) => respond(context, state, 'CUSTOM_CHALLENGE', { ANSWER: answer }),
}

/** Answers a state. @returns the next state */
export const answerState = <Step extends OpenStep>(
  context: Context,
  step: Step,
  state: States[Step],
  answer: Answers[Step],
): Promise<State> => attempt(context, state, () => steps[step](context, state, answer))

/** Signs a user up. @returns the next state */
export const enrol = (context: Context, answer: Answers['sign-up']): Promise<State> => {
  const { username, attributes = {} } = answer
  return answerState(context, 'sign-up', { step: 'sign-up', username, attributes }, answer)
}

/** Sends the code of a sign-up or of a new password again. @returns the state, with the new destination */
export const resend = (context: Context, state: States['confirm-sign-up' | 'reset-password']): Promise<State> =>
  attempt(context, state, async () => {
    const { step, username } = state
    const operation = step === 'confirm-sign-up' ? 'ResendConfirmationCode' : 'ForgotPassword'
    const answer = await call<Delivered>(context.open, operation, await forUser(context, username))
    return { step, username, ...deliveredTo(answer) }
  })

/** Sends a code for a new password. @returns the state that takes the code, or the start with the refusal */
export const forget = async (context: Context, username: string): Promise<State> => {
  const state = await resend(context, { step: 'reset-password', username })
  return state.step === 'reset-password' && state.refused
    ? { ...startOf(context, username), refused: state.refused }
    : state
}

/** Begins the set-up of an authenticator for a signed-in user. */
export const setUp = (context: Context, { username, tokens }: States['signed-in']): Promise<State> =>
  attempt(context, { step: 'signed-in', username, tokens }, async () => {
    const input = { AccessToken: tokens.accessToken }
    const { SecretCode: secret } = await call<{ SecretCode: string }>(context.open, 'AssociateSoftwareToken', input)
    return { step: 'set-up-totp', username, tokens, ...authenticator(context, username, secret) }
  })
