// A wrong guess, thrown by the check of any door that guesses come through.
import { notAuthorized, type ServiceError } from '../../errors.ts'

/** A wrong password or code: counts towards the lock, and leaves the session open (protocol/authentication 3.6.5). */
export class WrongAnswer extends Error {
  readonly refusal: ServiceError

  constructor(refusal: ServiceError) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** The refusal of a wrong name, password or proof. */
export const incorrect = (reason: string): ServiceError => notAuthorized('Incorrect username or password.', reason)
