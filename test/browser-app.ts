// The script of the page in browser tests: the libraries that a front end bundles, put where a test finds them.
import * as poolkeeper from '@poolkeeper/client'
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'
import * as identity from 'amazon-cognito-identity-js'

/** The name and the message of a refusal; undefined for an answer. */
const refusalOf = async (call: Promise<unknown>): Promise<{ name: string; message: string } | undefined> => {
  try {
    await call
    return undefined
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { name: error.name, message: error.message }
  }
}

// The browser's, which no library here declares.
type CredentialJson = { readonly id: string; readonly [member: string]: unknown }
type Ask = (ask: { readonly publicKey: object }) => Promise<{ toJSON(): CredentialJson }>
type Browser = {
  readonly navigator: { readonly credentials: { readonly create: Ask; readonly get: Ask } }
  readonly PublicKeyCredential: {
    parseCreationOptionsFromJSON(options: unknown): object
    parseRequestOptionsFromJSON(options: unknown): object
  }
}

const browser = globalThis as unknown as Browser

/** Makes a passkey by what StartWebAuthnRegistration gave. */
const createPasskey = async (options: unknown): Promise<CredentialJson> => {
  const publicKey = browser.PublicKeyCredential.parseCreationOptionsFromJSON(options)
  return (await browser.navigator.credentials.create({ publicKey })).toJSON()
}

/** Signs by a passkey what CREDENTIAL_REQUEST_OPTIONS asks. */
const getPasskey = async (options: unknown): Promise<CredentialJson> => {
  const publicKey = browser.PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return (await browser.navigator.credentials.get({ publicKey })).toJSON()
}

/** What the page has. */
export type App = {
  readonly createPasskey: typeof createPasskey
  readonly getPasskey: typeof getPasskey
  readonly Amplify: typeof Amplify
  readonly auth: typeof auth
  readonly identity: typeof identity
  readonly poolkeeper: typeof poolkeeper
  readonly refusalOf: typeof refusalOf
}

const app: App = { createPasskey, getPasskey, Amplify, auth, identity, poolkeeper, refusalOf }

Object.assign(globalThis, { app })
