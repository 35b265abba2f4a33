// Which open operations take a share of sign-in, sign-up or messages (requirement 123). Their input alone decides, so
// that what is counted tells nothing about users. Refreshing takes none. Operations by access token take none either,
// but those that send codes take one of messages themselves, once they know the client.
import type { ShareKind } from '../config.ts'
import type { RequestContext } from '../context.ts'
import { takeShare, type SlowWork } from '../flows/callers/take-share.ts'
import type { Inputs, OperationName } from '../wire/model.gen.ts'
import { choosesMessage, flowNamed, prefersMessage } from './sign-in/challenge-answers.ts'

type Kinds<Name extends OperationName> = (input: Inputs[Name]) => readonly ShareKind[]

const signIn = (sendsMessage: boolean): readonly ShareKind[] => (sendsMessage ? ['sign-in', 'message'] : ['sign-in'])

const withSession = ({ Session }: { readonly Session?: string | undefined }): readonly ShareKind[] =>
  Session === undefined ? [] : ['sign-in']

/** What each operation counts as. The client is ClientId, where the input has one. */
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

/** The slow work by which an operation begins, where its input says so. */
const beginsOf: { readonly [Name in OperationName]?: (input: Inputs[Name]) => SlowWork | undefined } = {
  InitiateAuth: ({ AuthFlow }) => workOf(flowNamed(AuthFlow)),
  SignUp: ({ Password }) => (Password === undefined ? undefined : 'passwords'),
}

const workOf = (flow: ReturnType<typeof flowNamed>): SlowWork | undefined => {
  if (flow === 'password') return 'passwords'
  return flow === 'srp' ? 'powers' : undefined
}

/** The operations of a table, each taking its share before it runs. */
export const withShares = <Operations extends Readonly<Record<string, Run | 'later'>>>(
  operations: Operations,
): Operations =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [name, sharing(name, operation)]),
  ) as Operations

/** Any operation; its input has passed the constraints of its own. */
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
