// The plain values that pass between the HTTP server and the doors: one request and one answer. They are cheap to build,
// because every request needs them.

/** One request, read to its end. */
export type Incoming = {
  readonly method: string
  /** The path as it was sent, without the query. */
  readonly path: string
  /** The text after the question mark, or an empty string. */
  readonly query: string
  /** A header's value by its lower-case name. */
  header(name: string): string | undefined
  readonly body: Uint8Array
  readonly remoteAddress: string | undefined
}

/** One answer. The server adds the content length when it sends the answer. */
export type HttpAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Set-Cookie values, one header for each; `setCookie` of cookies.ts makes them. */
  readonly cookies?: readonly string[]
  readonly body: string | Uint8Array
}

/** Answers one request. Never rejects. */
export type Exchange = (incoming: Incoming) => Promise<HttpAnswer>

/** An answer in JSON. */
export const jsonAnswer = (status: number, value: unknown): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
