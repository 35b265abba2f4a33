// The comparison of attributes in ListUsers, which ignores case in every pool (protocol/administration 4.3). Stored rows
// are folded by this function, so a change of it needs a migration.

// Each character folds by itself, so that a prefix of a text folds to a prefix of the folded text. A sigma has a second
// small letter for the end of a word.
const foldCharacter = (character: string): string => (character === 'ς' ? 'σ' : character.toLowerCase())

/** Folds a value for searching: values that differ only in case fold to the same text. */
export const foldSearch = (value: string): string => Array.from(value, foldCharacter).join('')
