// What an operation is: a function from a request's context and its validated input to its output.
import type { RequestContext } from '../context.ts'
import type { Inputs, OperationName, Outputs } from '../wire/model.gen.ts'

/**
 * An operation. Its input has passed the model's constraints; its output is sent as it stands, undefined members left
 * out. It throws ServiceError to refuse.
 */
export type Operation<Name extends OperationName> = (
  context: RequestContext,
  input: Inputs[Name],
) => Promise<Outputs[Name]>

/**
 * An instant as the wire has it.
 *
 * @param instantAt epoch milliseconds
 * @returns epoch seconds with up to three decimals (protocol/authentication 1.3)
 */
export const seconds = (instantAt: number): number => Math.round(instantAt) / 1000

/** As `seconds`, for instants that may be absent. */
export const secondsIfAny = (instantAt: number | null | undefined): number | undefined =>
  instantAt === null || instantAt === undefined ? undefined : seconds(instantAt)
