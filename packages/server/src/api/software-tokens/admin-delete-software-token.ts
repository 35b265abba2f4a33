import { changeUser } from '../../flows/users/change-user.ts'
import { getUser } from '../../flows/users/find-user.ts'
import { tell } from '../../flows/messages/notices.ts'
import type { Operation } from '../operation.ts'

/** Removes a user's authenticator app, so that the user can enrol again (protocol/authentication 5.1.13). */
export const adminDeleteSoftwareToken: Operation<'AdminDeleteSoftwareToken'> = async (context, input) => {
  const { store } = context
  const pool = await store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const token = await store.softwareTokens.find(pool.id, user.id)
  const enabled = user.mfa.enabled.filter((factor) => factor !== 'software-token')
  const preferred = user.mfa.preferred === 'software-token' ? undefined : user.mfa.preferred
  const { writes } = changeUser(context, pool, user, { mfa: { enabled, preferred } })
  const notices = token?.secret ? tell(context, pool, user, 'authenticator-removed') : []
  await store.commit([...writes, store.softwareTokens.remove(user), ...notices])
  return {}
}
