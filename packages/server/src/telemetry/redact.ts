// Redaction of log fields (requirement 112). It hides secrets and addresses by the name of their field, at any depth;
// hides e-mail addresses and phone numbers in any text; and keeps only those properties of an error that hold no values.

const hidden = '[secret]'
const depthAtMost = 6
const itemsAtMost = 50
const charactersAtMost = 4096

/** A field is secret if its name contains one of these words, as `AccessToken` and `client_secret` do. */
const secretParts =
  /password|secret|token|session|authorization|cookie|credential|signature|verifier|assertion|recipient|destination|e_?mail|phone/i

/** A field is secret, or an address, if this is its whole name. */
const secretNames = new Set([
  'code',
  'usercode',
  'user_code',
  'confirmationcode',
  'confirmation_code',
  'otp',
  'to',
  'address',
  'body',
])

const isSecret = (name: string): boolean => secretParts.test(name) || secretNames.has(name.toLowerCase())

const emailAddress = /[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,63}/gu
const phoneNumber = /\+\d{7,15}/g

/** The fields of a line, without secrets. */
export const redactedFields = (fields: object, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isSecret(name) && value !== undefined ? hidden : redacted(value, depth + 1),
    ]),
  )

/**
 * A copy of a value without secrets.
 *
 * @param depth - the nesting depth of the value; values deeper than six are left out
 */
export const redacted = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return plainText(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value
  if (depth > depthAtMost) return '[deeper]'
  if (value instanceof Error) return errorFields(value, depth)
  if (ArrayBuffer.isView(value)) return hidden
  if (Array.isArray(value)) return value.slice(0, itemsAtMost).map((item) => redacted(item, depth + 1))
  return redactedFields(value, depth)
}

// A refusal may quote the caller, such as the user name in "Resend not possible".
const withoutAddresses = (text: string): string =>
  text.includes('@') || text.includes('+')
    ? text.replaceAll(emailAddress, '[address]').replaceAll(phoneNumber, '[address]')
    : text

/** Text without addresses, cut to a length: a request with many wrong values makes a long message. */
const plainText = (text: string): string => {
  const plain = withoutAddresses(text)
  return plain.length > charactersAtMost ? `${plain.slice(0, charactersAtMost).toWellFormed()}…` : plain
}

/** The properties of an error that are logged. Databases and mail servers put values into its other properties. */
const errorFields = (error: Error, depth: number): Record<string, unknown> => {
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    message: plainText(message),
    ...(stack === undefined ? {} : { stack: plainText(stack) }),
    ...(typeof code === 'string' ? { fault: code } : {}),
    ...(cause === undefined ? {} : { cause: redacted(cause, depth + 1) }),
  }
}
