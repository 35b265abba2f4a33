// The form of the constraints in model.gen.ts, which wire/validate.ts interprets.
import type { ErrorName } from '../errors.ts'

/** Any JSON value: the type of members whose content the model does not define. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue }

/** The credential that an operation requires (protocol/authentication 1.A). */
export type Auth = 'none' | 'accessToken' | 'accessTokenOrSession' | 'sigv4'

/** An operation of the model: its class, its shapes (null when it answers an empty object), its errors. */
export type OperationShape = {
  readonly auth: Auth
  readonly in: string
  readonly out: string | null
  readonly errors: readonly ErrorName[]
  /** The service name in the target of an operation that Amazon Cognito does not have. */
  readonly service?: string
}

/** A structure; `m` names the shape of each member. */
export type StructureShape = {
  readonly t: 'structure'
  readonly m: Readonly<Record<string, string>>
  readonly req?: readonly string[]
  readonly sensitive?: true
}

/** A list; `min` and `max` count its members. */
export type ListShape = { readonly t: 'list'; readonly of: string; readonly min?: number; readonly max?: number }

/** A map; `min` and `max` count its entries. */
export type MapShape = {
  readonly t: 'map'
  readonly key: string
  readonly value: string
  readonly min?: number
  readonly max?: number
  readonly sensitive?: true
}

/** A string; `min` and `max` count its characters, `pattern` covers it whole. */
export type StringShape = {
  readonly t: 'string'
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: true
}

/** A blob, base64 on the wire; `min` and `max` count its bytes. */
export type BlobShape = { readonly t: 'blob'; readonly min?: number; readonly max?: number }

/** A number; `min` and `max` bound its value. Timestamps are epoch seconds. */
export type NumberShape = {
  readonly t: 'integer' | 'long' | 'number' | 'timestamp'
  readonly min?: number
  readonly max?: number
}

/** A shape of the model. `document` takes any JSON value. */
export type Shape =
  | StructureShape
  | ListShape
  | MapShape
  | StringShape
  | BlobShape
  | NumberShape
  | { readonly t: 'boolean' }
  | { readonly t: 'document' }
