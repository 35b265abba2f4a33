import { verify } from '../../flows/sign-in/enrolment.ts'
import type { Operation } from '../operation.ts'

/** Verifies a new authenticator app by its first code (protocol/authentication 5.1, 5.2). */
export const verifySoftwareToken: Operation<'VerifySoftwareToken'> = async (context, input) => {
  const key = { accessToken: input.AccessToken, session: input.Session }
  const { session } = await verify(context, key, { code: input.UserCode, friendlyName: input.FriendlyDeviceName })
  return { Status: 'SUCCESS', ...(session === undefined ? {} : { Session: session }) }
}
