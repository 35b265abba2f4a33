// Text that every database can store unchanged. PostgreSQL cannot store U+0000, and a lone surrogate has no UTF-8 form: it
// would be stored as U+FFFD, and different texts would become equal.

/** Whether a text can be stored. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** Whether all text in a JSON value can be stored, names of members included. */
export const isStorableJson = (value: unknown): boolean => {
  if (typeof value === 'string') return isStorable(value)
  if (Array.isArray(value)) return value.every(isStorableJson)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorableJson(member))
}

/** The beginning of a text, at most `length` UTF-16 units. It never splits a surrogate pair. */
export const cutText = (text: string, length: number): string =>
  text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
