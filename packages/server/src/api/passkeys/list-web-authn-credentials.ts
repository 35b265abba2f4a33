import { listPasskeys } from '../../flows/factors/passkeys.ts'
import { readPage, writePage } from '../../flows/paging.ts'
import type { Passkey } from '../../store/index.ts'
import type { WebAuthnCredentialDescription } from '../../wire/model.gen.ts'
import { seconds, type Operation } from '../operation.ts'

const pageSize = 20

/** Lists the caller's passkeys, the oldest first (protocol/authentication 7.2.7). MaxResults 0 is the largest page. */
export const listWebAuthnCredentials: Operation<'ListWebAuthnCredentials'> = async (context, input) => {
  const { user, passkeys } = await listPasskeys(context, input.AccessToken)
  const list = { operation: 'ListWebAuthnCredentials', scope: [user.poolId, user.id] }
  const after = readPage(context, list, input.NextToken) as Key | undefined
  const rest = after ? passkeys.filter((passkey) => isAfter(passkey, after)) : passkeys
  const limit = input.MaxResults || pageSize
  const shown = rest.slice(0, limit)
  const last = rest.length > limit ? shown.at(-1) : undefined
  return {
    Credentials: shown.map(descriptionOf),
    ...(last ? { NextToken: writePage(context, list, [last.createdAt, last.id]) } : {}),
  }
}

const descriptionOf = (passkey: Passkey): WebAuthnCredentialDescription => ({
  CredentialId: passkey.id,
  FriendlyCredentialName: passkey.name,
  RelyingPartyId: passkey.relyingParty,
  ...(passkey.attachment === undefined ? {} : { AuthenticatorAttachment: passkey.attachment }),
  AuthenticatorTransports: [...passkey.transports],
  CreatedAt: seconds(passkey.createdAt),
})

type Key = readonly [createdAt: number, id: string]

const isAfter = ({ createdAt, id }: Passkey, [lastAt, lastId]: Key): boolean =>
  createdAt > lastAt || (createdAt === lastAt && id > lastId)
