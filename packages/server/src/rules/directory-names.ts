// The names that lead to a user. The directory holds exactly these names, so that a change of a user is the difference of
// two lists (protocol/authentication 2.1; protocol/administration 1.6).
import { foldName, type NameSettings } from './user-names.ts'

/** The kind of a name that leads to a user. */
export type NameKind = 'username' | 'sub' | 'email' | 'phone_number' | 'preferred_username'

/** A name that leads to a user, folded for comparison in its pool. */
export type DirectoryName = { readonly name: string; readonly kind: NameKind }

/** The parts of a user that determine its names. */
export type NamedUser = {
  readonly id: string
  readonly username: string
  readonly confirmed: boolean
  readonly attributes: Readonly<Record<string, string>>
}

/** All names that lead to a user, each once. */
export const directoryNames = (settings: NameSettings, user: NamedUser): DirectoryName[] => {
  const names = new Map<string, NameKind>([[user.id, 'sub']])
  const add = (kind: NameKind, value: string | undefined): void => {
    if (value) names.set(foldName(settings, value), kind)
  }
  for (const kind of ['email', 'phone_number'] as const) {
    if (leads(settings, user, kind)) add(kind, user.attributes[kind])
  }
  if (settings.aliasAttributes?.includes('preferred_username') && user.confirmed) {
    add('preferred_username', user.attributes['preferred_username'])
  }
  add('username', user.username)
  return [...names].map(([name, kind]) => ({ name, kind }))
}

const verified = (user: NamedUser, attribute: string): boolean => user.attributes[`${attribute}_verified`] === 'true'

// An alias counts once it is verified (protocol/authentication 2.1.6); a sign-in address counts at once
// (protocol/authentication 2.1.4); preferred_username is never verified, and counts once the user is confirmed
// (protocol/authentication 2.1.7).
const leads = (settings: NameSettings, user: NamedUser, kind: 'email' | 'phone_number'): boolean =>
  (settings.usernameAttributes ?? []).includes(kind) ||
  ((settings.aliasAttributes ?? []).includes(kind) && verified(user, kind))
