// How ListUsers compares attributes: without regard to case, in every pool (spec: administration 4.3). Stored rows are
// folded by this, so that a change of it comes with a migration.

// A sigma at the end of a word has a small letter of its own; what it stands before must not count, for a prefix of a
// text to fold to a prefix of the folded text.
const foldCharacter = (character: string): string => (character === 'ς' ? 'σ' : character.toLowerCase())

/** A value as it is searched for: two that differ in case alone fold to the same text. */
export const foldSearch = (value: string): string => Array.from(value, foldCharacter).join('')
