// Ranges of numbers that the service model states only in its documentation.
import { invalidParameter } from '../errors.ts'

/**
 * Refuses a value that is not a whole number within a range, in the words of a constraint of the model.
 *
 * @param path - the path of the member in validation messages
 * @throws ServiceError InvalidParameterException (protocol/authentication 1.12)
 */
export const requireWhole = (
  path: string,
  value: number,
  { least, most }: { readonly least: number; readonly most: number },
): void => {
  const refuse = (constraint: string): Error =>
    invalidParameter(
      `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`,
    )
  if (!Number.isInteger(value)) throw refuse('Member must be a whole number')
  if (value < least) throw refuse(`Member must have value greater than or equal to ${least}`)
  if (value > most) throw refuse(`Member must have value less than or equal to ${most}`)
}
