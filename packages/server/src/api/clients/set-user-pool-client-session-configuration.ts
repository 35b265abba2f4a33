import { invalidParameter } from '../../errors.ts'
import { changeClient, openClientOf } from '../../flows/callers/app-client.ts'
import { sessionTrackingOf } from '../../flows/tokens/session-tracking.ts'
import { checkTier } from '../../rules/tiers.ts'
import type { Operation } from '../operation.ts'
import { requireWhole } from '../whole-number.ts'
import { clientSessionConfiguration } from './client-session-configuration.ts'

/** Ninety days. */
const mostMinutes = 129_600

/** Sets how long a client reuses a session of the managed login (protocol/authentication 7.4.2). */
export const setUserPoolClientSessionConfiguration: Operation<'SetUserPoolClientSessionConfiguration'> = async (
  context,
  input,
) => {
  const { pool, client } = await openClientOf(context, input.UserPoolId, input.ClientId)
  const { MaxValidityMinutes: maxValidityMinutes } = input.SSOSession
  requireWhole('sSOSession.maxValidityMinutes', maxValidityMinutes, { least: 0, most: mostMinutes })
  const tracking = sessionTrackingOf(pool)
  checkTier({ ...pool.settings, sessionTracking: { ...tracking, enabled: true } })
  if (!tracking.enabled) throw invalidParameter('Session tracking is not enabled for this user pool.')
  const settings = { ...client.settings, ssoSession: { maxValidityMinutes } }
  await context.store.commit([changeClient(context, client, { settings })])
  return clientSessionConfiguration({ ...client, settings })
}
