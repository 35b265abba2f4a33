// Text that every database can keep as it is. PostgreSQL has no place for U+0000, and half a surrogate pair has no form
// in UTF-8: it would be kept as U+FFFD, and two texts would become one.

/** Whether text can be kept. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** Whether all text in a JSON value can be kept, the names of members included. */
export const isStorableJson = (value: unknown): boolean => {
  if (typeof value === 'string') return isStorable(value)
  if (Array.isArray(value)) return value.every(isStorableJson)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorableJson(member))
}

/** The beginning of a text, at most `length` UTF-16 units, never half a surrogate pair. */
export const cutText = (text: string, length: number): string =>
  text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
