// The secrets of an app client: at most two, sealed, and shown only in the answers that must show them
// (protocol/administration 2.3).
import type { Context } from '../../context.ts'
import type { Client, ClientSecret } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** The most secrets of a client. */
export const secretLimit = 2

const idCharacters = '0123456789abcdefghijklmnopqrstuv'

/** The id of a new client: 26 base-32 digits (protocol/administration 2.1). */
export const newClientId = ({ random }: Context): string => random.text(26, idCharacters)

/** A generated secret in the clear (protocol/administration 2.1). */
export const generateSecret = ({ random }: Context): string => random.text(51, idCharacters)

// `<client id>--<epoch seconds>`; a second secret within one second gets the next number.
const nextId = ({ clock }: Context, { id, secrets }: Pick<Client, 'id' | 'secrets'>): string => {
  const taken = secrets.map((secret) => Number(secret.id.slice(id.length + 2)))
  return `${id}--${Math.max(Math.floor(clock.now() / 1000), ...taken.map((createdAt) => createdAt + 1))}`
}

/** Seals a secret for the database. */
export const newSecret = (
  context: Context,
  client: Pick<Client, 'poolId' | 'id' | 'secrets'>,
  plain: string,
): ClientSecret => ({
  id: nextId(context, client),
  sealed: context.keys.seal.sealRow(plain, sealedPlaces.clientSecret(client)),
  createdAt: context.clock.now(),
})
