// The type of operations: functions from the context of a request and its validated input to its output.
import type { RequestContext } from '../context.ts'
import type { Inputs, OperationName, Outputs } from '../wire/model.gen.ts'

/**
 * An operation. Its input satisfies the constraints of the model. Its output is sent unchanged, without undefined members.
 * It throws a ServiceError to refuse.
 */
export type Operation<Name extends OperationName> = (
  context: RequestContext,
  input: Inputs[Name],
) => Promise<Outputs[Name]>

/**
 * An instant in the form of the wire.
 *
 * @param instantAt - epoch milliseconds
 * @returns epoch seconds with up to three decimals (protocol/authentication 1.3)
 */
export const seconds = (instantAt: number): number => Math.round(instantAt) / 1000

/** Like `seconds`, for instants that may be absent. */
export const secondsIfAny = (instantAt: number | null | undefined): number | undefined =>
  instantAt === null || instantAt === undefined ? undefined : seconds(instantAt)
