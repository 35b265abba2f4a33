// The model's regular expressions as tests of a whole value, in time linear in its length (requirements 93, 96).

/** Whether a value has the form that a pattern describes. */
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
 * Patterns whose backtracking would take quadratic time or worse, and tests that take the same values in one pass.
 * One that JavaScript writes differently is here too.
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
 * Makes the test of a pattern of the model. The pattern covers the value whole, and counts in characters, not in
 * UTF-16 units (model/vectors/validation-messages.json, `matching`).
 */
export const patternTest = (pattern: string): PatternTest => rewritten[pattern] ?? whole(pattern)
