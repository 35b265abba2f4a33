// How an address is shown to someone who may not know it (spec: authentication 2.2.4; vectors/masking.json).

/** Masks an e-mail address or a phone number. */
export const maskDestination = (address: string): string => {
  const at = address.lastIndexOf('@')
  if (at >= 0) return `${firstOf(address)}***@${firstOf(address.slice(at + 1))}***`
  return `+${address.slice(1, -4).replaceAll(/./gu, '*')}${address.slice(-4)}`
}

const firstOf = (text: string): string => Array.from(text)[0] ?? ''
