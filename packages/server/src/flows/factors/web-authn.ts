// Reads and verifies the passkey data that browsers send (W3C Web Authentication, 7.1 and 7.2). This project checks the
// challenge, its single use, the origins and the signature counter; @simplewebauthn/server parses authenticator data
// and checks signatures. The library is loaded with the first passkey, so that a server starts without it.
import { isOriginOf } from '../../rules/relying-party.ts'
import type { Passkey } from '../../store/index.ts'

/** The COSE numbers of ES256 and RS256 (protocol/authentication 7.2.4). */
export const algorithms: readonly number[] = [-7, -257]

/** Why a credential is refused. */
export type PasskeyFault =
  /** The data do not have the form that browsers send. */
  | 'malformed'
  /** The origin of the page does not belong to the relying party. */
  | 'origin'
  /** The passkey belongs to another relying party. */
  | 'relying-party'
  /** The answer belongs to another challenge. */
  | 'challenge'
  /** The kind of key is not accepted, a required verification of the user is missing, or the signature is wrong. */
  | 'unacceptable'

/** The refusal of a credential; the message is for the log. */
export class CredentialFault extends Error {
  readonly fault: PasskeyFault

  constructor(fault: PasskeyFault, message: string) {
    super(message.slice(0, 200))
    this.fault = fault
  }
}

type Json = Readonly<Record<string, unknown>>

/** The client data of a ceremony, from the page and its browser. */
type ClientData = { readonly type: string; readonly challenge: string; readonly origin: string }

/** The common part of both ceremonies, unverified. */
type Credential = {
  readonly id: string
  readonly response: Json
  readonly clientData: ClientData
  readonly attachment: string | undefined
}

/** A new passkey from a browser, unverified. */
export type Registration = Credential & { readonly attestation: string; readonly transports: readonly string[] }

/** Reads RegistrationResponseJSON. @throws CredentialFault malformed, or origin within a frame of another origin */
export const readRegistration = (value: unknown): Registration => {
  const credential = credentialIn(value)
  return {
    ...credential,
    attestation: base64urlIn(credential.response, 'attestationObject'),
    transports: transportsIn(credential.response),
  }
}

const malformed = (message: string): CredentialFault => new CredentialFault('malformed', message)

const objectIn = (value: unknown, what: string): Json => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw malformed(`${what} is no object`)
}

// The longest credential id has 1,023 bytes (WebAuthn, 6.5.1), and the other texts are far shorter than this limit.
const longestText = 65_536

const base64urlIn = (object: Json, name: string): string => {
  const value = object[name]
  if (typeof value === 'string' && value.length <= longestText && /^[A-Za-z0-9_-]+$/.test(value)) return value
  throw malformed(`${name} is not in Base64url`)
}

const clientDataOf = (response: Json): ClientData => {
  const text = Buffer.from(base64urlIn(response, 'clientDataJSON'), 'base64url').toString('utf8')
  const parsed = ((): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      throw malformed('clientDataJSON is no JSON')
    }
  })()
  const { type, challenge, origin, crossOrigin } = objectIn(parsed, 'clientDataJSON')
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string') {
    throw malformed('clientDataJSON lacks type, challenge or origin')
  }
  if (crossOrigin === true) throw new CredentialFault('origin', 'made within a page of another origin')
  return { type, challenge, origin }
}

const attachments: readonly unknown[] = ['platform', 'cross-platform']

const credentialIn = (value: unknown): Credential => {
  const credential = objectIn(value, 'the credential')
  const id = base64urlIn(credential, 'id')
  if (base64urlIn(credential, 'rawId') !== id) throw malformed('id and rawId differ')
  if (credential['type'] !== 'public-key') throw malformed('type is not public-key')
  const response = objectIn(credential['response'], 'response')
  const attachment = credential['authenticatorAttachment']
  return {
    id,
    response,
    clientData: clientDataOf(response),
    attachment: attachments.includes(attachment) ? (attachment as string) : undefined,
  }
}

const transportsIn = ({ transports }: Json): string[] =>
  Array.isArray(transports)
    ? transports.filter((one): one is string => typeof one === 'string' && /^[a-z-]{1,20}$/.test(one)).slice(0, 10)
    : []

/** A signature of a passkey from a browser, unverified. */
export type Assertion = Credential & {
  readonly authenticatorData: string
  readonly signature: string
  readonly userHandle: string | undefined
}

/** Reads AuthenticationResponseJSON. @throws CredentialFault malformed, or origin within a frame of another origin */
export const readAssertion = (value: unknown): Assertion => {
  const credential = credentialIn(value)
  const { response } = credential
  const userHandle = response['userHandle']
  return {
    ...credential,
    authenticatorData: base64urlIn(response, 'authenticatorData'),
    signature: base64urlIn(response, 'signature'),
    userHandle: userHandle === undefined || userHandle === null ? undefined : base64urlIn(response, 'userHandle'),
  }
}

/** The values that the data of a ceremony must match. */
export type Ceremony = {
  readonly challenge: string
  readonly relyingParty: string
  readonly requireUserVerification: boolean
}

/** The verified data of a new passkey. */
export type NewPasskey = Pick<Passkey, 'id' | 'publicKey' | 'counter'> & { readonly aaguid: string }

/**
 * Verifies a registration (WebAuthn, 7.1).
 *
 * @throws CredentialFault
 */
export const verifyRegistration = async (registration: Registration, ceremony: Ceremony): Promise<NewPasskey> => {
  checkClientData(registration.clientData, { ...ceremony, type: 'webauthn.create' })
  const { registrationInfo: info } = await checkedRegistration(registration, ceremony)
  if (!info) throw new CredentialFault('unacceptable', 'the attestation does not hold')
  const { id, publicKey, counter } = info.credential
  if (id !== sameText(registration.id)) throw malformed('the id is not the authenticator’s')
  return { id, publicKey: base64url(publicKey), counter, aaguid: info.aaguid }
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

// Several Base64url texts decode to the same bytes when their unused last bits differ; ids are compared as text, so
// this makes them canonical.
const sameText = (text: string): string => base64url(Buffer.from(text, 'base64url'))

const checkClientData = (
  { type, challenge, origin }: ClientData,
  wanted: { readonly type: string; readonly challenge: string; readonly relyingParty: string },
): void => {
  if (type !== wanted.type) throw malformed(`made by ${type}, not by ${wanted.type}`)
  if (challenge !== wanted.challenge) throw new CredentialFault('challenge', 'it answers another challenge')
  if (isOriginOf(origin, wanted.relyingParty)) return
  throw new CredentialFault('origin', `${origin} does not speak for ${wanted.relyingParty}`)
}

// The library throws plain errors for all faults; only the one about the relying party has a name.
const faultOf = (error: unknown): CredentialFault => {
  const { name, message } = error as Error
  return new CredentialFault(name === 'UnexpectedRPIDHash' ? 'relying-party' : 'unacceptable', message)
}

// Attestation is not used. The statement is replaced by an empty one, so that the library never parses a foreign
// certificate or fetches an address from it (WebAuthn, 7.1, steps 22 to 24).
const withoutStatement = async (attestation: string): Promise<string> => {
  const { decodeAttestationObject, isoCBOR } = await import('@simplewebauthn/server/helpers')
  const bytes = new Uint8Array(Buffer.from(attestation, 'base64url'))
  const authData = decodeAttestationObject(bytes).get('authData')
  const none = new Map<string, string | Map<string, string> | Uint8Array>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', authData],
  ])
  return base64url(isoCBOR.encode(none))
}

const checkedRegistration = async (registration: Registration, ceremony: Ceremony) => {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const { id, clientData, response } = registration
  try {
    return await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64urlIn(response, 'clientDataJSON'),
          attestationObject: await withoutStatement(registration.attestation),
        },
      },
      expectedChallenge: clientData.challenge,
      expectedOrigin: clientData.origin,
      expectedRPID: ceremony.relyingParty,
      requireUserVerification: ceremony.requireUserVerification,
      supportedAlgorithmIDs: [...algorithms],
    })
  } catch (error) {
    throw faultOf(error)
  }
}

/** The verified data of a signature. */
export type Signed = { readonly counter: number; readonly userVerified: boolean }

/**
 * Verifies a signature of a passkey (WebAuthn, 7.2). The caller checks the counter.
 *
 * @throws CredentialFault
 */
export const verifyAssertion = async (assertion: Assertion, passkey: Passkey, ceremony: Ceremony): Promise<Signed> => {
  checkClientData(assertion.clientData, { ...ceremony, type: 'webauthn.get' })
  const { verified, authenticationInfo: info } = await checkedAssertion(assertion, passkey, ceremony)
  if (!verified) throw new CredentialFault('unacceptable', 'the signature does not hold')
  return { counter: info.newCounter, userVerified: info.userVerified }
}

const checkedAssertion = async (assertion: Assertion, passkey: Passkey, ceremony: Ceremony) => {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const { id, clientData, response, authenticatorData, signature } = assertion
  try {
    return await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: base64urlIn(response, 'clientDataJSON'), authenticatorData, signature },
      },
      expectedChallenge: clientData.challenge,
      expectedOrigin: clientData.origin,
      expectedRPID: ceremony.relyingParty,
      requireUserVerification: ceremony.requireUserVerification,
      // The caller checks the counter, after the signature has been verified.
      credential: { id, publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')), counter: 0 },
    })
  } catch (error) {
    throw faultOf(error)
  }
}

/** Whether the user handle of an assertion, if present, is that of the user (WebAuthn, 7.2, step 6). */
export const isOfUser = ({ userHandle }: Assertion, userId: string): boolean =>
  userHandle === undefined || sameText(userHandle) === userHandleOf(userId)

/** The user handle, by which authenticators identify a user (protocol/authentication 7.2.2). */
export const userHandleOf = (userId: string): string => Buffer.from(userId, 'utf8').toString('base64url')
