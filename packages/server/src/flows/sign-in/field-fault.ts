// A value of a start or an answer that the sign-in cannot take. The sign-in knows the value by a plain name; the door,
// which knows how it was sent, words the refusal.
import { ServiceError } from '../../errors.ts'

/** A value that a caller sends. */
export type Field =
  | 'name'
  | 'password'
  | 'public-value'
  | 'signature'
  | 'time'
  | 'device-key'
  | 'code'
  | 'factor'
  | 'address'
  | 'new-password'
  | 'credential'
  | 'answer'
  | 'opening'
  | 'target'
  | 'access-token'
  | 'max-age'

/** What is wrong with it: not sent, too long, no JSON, no value of its kind, or none that this sign-in allows. */
export type Fault = 'missing' | 'too-long' | 'no-json' | 'malformed' | 'unavailable'

/** The refusal of a value. Its message is for the doors alone. */
export class FieldFault extends ServiceError {
  readonly field: Field
  readonly fault: Fault

  constructor(field: Field, fault: Fault, reason?: string) {
    super('InvalidParameterException', `${field}: ${fault}`, reason)
    this.field = field
    this.fault = fault
  }
}

/** A text that must have been sent. @throws FieldFault when it is empty */
export const required = (value: string, field: Field): string => {
  if (value === '') throw new FieldFault(field, 'missing')
  return value
}
