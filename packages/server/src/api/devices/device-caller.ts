// The two operations on devices whose access token the model leaves optional: without one there is nobody to ask for.
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { openAccessToken, type Caller } from '../../flows/callers/access-token.ts'

/** Who asks. @throws ServiceError InvalidParameterException without an access token */
export const deviceCaller = (context: RequestContext, accessToken: string | undefined): Promise<Caller> => {
  if (accessToken === undefined) throw invalidParameter('Missing required parameter AccessToken')
  return openAccessToken(context, accessToken)
}
