// How ListUsers compares attributes: without regard to case, in every pool (protocol/administration 4.3). Stored rows
// are folded by this, so that a change of it comes with a migration.

// Each character folds by itself, so that a prefix of a text folds to a prefix of the folded text. A sigma has a second
// small letter for the end of a word.
const foldCharacter = (character: string): string => (character === 'ς' ? 'σ' : character.toLowerCase())

/** A value as it is searched for: two that differ in case alone fold to the same text. */
export const foldSearch = (value: string): string => Array.from(value, foldCharacter).join('')
