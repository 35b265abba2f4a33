// A user's attributes in the form of trigger events.
import { withMarks } from '../../rules/attributes.ts'
import type { Pool, User } from '../../store/index.ts'

/** The attributes of an existing user, in the form of trigger events (protocol/administration 14.2). */
export const eventAttributes = ({ settings }: Pool, user: User): Record<string, string> => {
  const attributes = withMarks(user.attributes)
  const aliases = (settings.aliasAttributes ?? []).flatMap((name): [string, string][] => {
    const value = attributes[name]
    if (name === 'preferred_username' || value === undefined || attributes[`${name}_verified`] !== 'true') return []
    return [[name === 'email' ? 'cognito:email_alias' : 'cognito:phone_number_alias', value]]
  })
  return { sub: user.id, 'cognito:user_status': user.status, ...Object.fromEntries(aliases), ...attributes }
}
