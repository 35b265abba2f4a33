// The script of the page in browser.test.ts: the libraries that a front end bundles, put where a test finds them.
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

/** What the page has. */
export type App = {
  readonly Amplify: typeof Amplify
  readonly auth: typeof auth
  readonly identity: typeof identity
  readonly poolkeeper: typeof poolkeeper
  readonly refusalOf: typeof refusalOf
}

Object.assign(globalThis, { app: { Amplify, auth, identity, poolkeeper, refusalOf } satisfies App })
