// The open operations that count against the shares of sign-in, sign-up or messages (requirement 123). Only their input
// decides, so that the counts reveal nothing about users. Refreshing does not count. Operations by access token do not
// count here either; those that send codes count a message themselves, when they know the client.
import type { ShareKind } from '../config.ts'
import type { RequestContext } from '../context.ts'
import { takeShare, type SlowWork } from '../flows/callers/take-share.ts'
import type { Inputs, OperationName } from '../wire/model.gen.ts'
import { choosesMessage, flowNamed, prefersMessage } from './sign-in/challenge-answers.ts'

type Kinds<Name extends OperationName> = (input: Inputs[Name]) => readonly ShareKind[]

const signIn = (sendsMessage: boolean): readonly ShareKind[] => (sendsMessage ? ['sign-in', 'message'] : ['sign-in'])

const withSession = ({ Session }: { readonly Session?: string | undefined }): readonly ShareKind[] =>
  Session === undefined ? [] : ['sign-in']

/** The kinds that each operation counts as. The client is ClientId, if the input has one. */
export const kindsOf: { readonly [Name in OperationName]?: Kinds<Name> } = {
  AssociateSoftwareToken: withSession,
  ConfirmForgotPassword: () => ['sign-in'],
  ConfirmSignUp: () => ['sign-up'],
  ForgotPassword: () => ['message'],
  GetClientToken: () => ['sign-in'],
  InitiateAuth: ({ AuthFlow, AuthParameters }) =>
    flowNamed(AuthFlow) === 'refresh' ? [] : signIn(prefersMessage(AuthParameters)),
  ResendConfirmationCode: () => ['message'],
  RespondToAuthChallenge: ({ ChallengeResponses }) => signIn(choosesMessage(ChallengeResponses)),
  RespondWithRecoveryCode: () => ['sign-in'],
  SignUp: () => ['sign-up', 'message'],
  VerifySoftwareToken: withSession,
}

/** The slow work with which an operation begins, depending on its input. */
const beginsOf: { readonly [Name in OperationName]?: (input: Inputs[Name]) => SlowWork | undefined } = {
  InitiateAuth: ({ AuthFlow }) => workOf(flowNamed(AuthFlow)),
  SignUp: ({ Password }) => (Password === undefined ? undefined : 'passwords'),
}

const workOf = (flow: ReturnType<typeof flowNamed>): SlowWork | undefined => {
  if (flow === 'password') return 'passwords'
  return flow === 'srp' ? 'powers' : undefined
}

/** Wraps the operations of a table, so that each takes its share before it runs. */
export const withShares = <Operations extends Readonly<Record<string, Run | 'later'>>>(
  operations: Operations,
): Operations =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, sharing(name, operation)]),
  ) as Operations

/** Any operation. */
type Run = (context: RequestContext, input: never) => Promise<unknown>

const sharing = (name: string, operation: Run | 'later'): Run | 'later' => {
  const kinds: ((input: never) => readonly ShareKind[]) | undefined = kindsOf[name as OperationName]
  const begins: ((input: never) => SlowWork | undefined) | undefined = beginsOf[name as OperationName]
  if (kinds === undefined || operation === 'later') return operation
  return async (context, input) => {
    const { ClientId: clientId } = input as { readonly ClientId?: string }
    await takeShare(context, { kinds: kinds(input), clientId, begins: begins?.(input) })
    return operation(context, input)
  }
}
