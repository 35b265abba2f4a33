import { associate } from '../../flows/sign-in/enrolment.ts'
import type { Operation } from '../operation.ts'

/** Makes the secret for an authenticator app (protocol/authentication 5.1). */
export const associateSoftwareToken: Operation<'AssociateSoftwareToken'> = async (context, input) => {
  const { secret, session } = await associate(context, { accessToken: input.AccessToken, session: input.Session })
  return { SecretCode: secret, ...(session === undefined ? {} : { Session: session }) }
}
