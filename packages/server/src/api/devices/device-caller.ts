// The caller of the two device operations whose access token is optional in the model, but required here.
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { openAccessToken, type Caller } from '../../flows/callers/access-token.ts'

/** Finds the caller. @throws ServiceError InvalidParameterException without an access token */
export const deviceCaller = (context: RequestContext, accessToken: string | undefined): Promise<Caller> => {
  if (accessToken === undefined) throw invalidParameter('Missing required parameter AccessToken')
  return openAccessToken(context, accessToken)
}
