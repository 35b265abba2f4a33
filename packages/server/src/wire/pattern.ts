// The model's regular expressions as tests of a whole value, in linear time (requirements 93, 96).

/** Whether a value matches a pattern. */
export type PatternTest = (value: string) => boolean

const whole = (expression: string, flags = 'u'): PatternTest => {
  const compiled = new RegExp(`^(?:${expression})$`, flags)
  return (value) => compiled.test(value)
}

const printable = '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]'
const text = '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*'
const isText = whole(text)
const holdsCode: PatternTest = (value) => value.includes('{####}') && isText(value)

/**
 * Tests for the patterns whose backtracking would take quadratic time or more: they accept the same values in one pass.
 * One pattern is here because JavaScript has no `(?s)`.
 */
const rewritten: Readonly<Record<string, PatternTest>> = {
  '^[\\S]+.*[\\S]+$': whole('\\S.*\\S'),
  '(?s).*': () => true,
  [`${printable}+@${printable}+`]: whole(`(?=${printable}+$)[^][^@]*@[^]+`),
  [`${text}\\{####\\}${text}`]: holdsCode,
  [`${text}\\{##${text}##\\}${text}`]: (value) => {
    const opening = value.indexOf('{##')
    return opening !== -1 && value.lastIndexOf('##}') >= opening + 3 && isText(value)
  },
}

/**
 * Makes the test of a pattern of the model. The pattern must match the whole value, and counts characters, not UTF-16
 * units (model/vectors/validation-messages.json, `matching`).
 */
export const patternTest = (pattern: string): PatternTest => rewritten[pattern] ?? whole(pattern)
