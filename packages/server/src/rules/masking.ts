// Masks addresses in answers to callers who may not know them (protocol/authentication 2.2.4;
// model/vectors/masking.json).

/** Masks an e-mail address or a phone number. A number of four digits or fewer is masked completely. */
export const maskDestination = (address: string): string => {
  const at = address.lastIndexOf('@')
  if (at >= 0) return `${firstOf(address)}***@${firstOf(address.slice(at + 1))}***`
  const digits = address.slice(1)
  const shown = digits.length > 4 ? digits.slice(-4) : ''
  return `+${'*'.repeat(digits.length - shown.length)}${shown}`
}

const firstOf = (text: string): string => Array.from(text)[0] ?? ''
