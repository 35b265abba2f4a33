// The faults of a file: a skipped check, a reversed comparison, a removed condition of a query or write of a list. Only
// code that decides something is changed, never a message.
import { parseSync, type Expression, type Node } from 'oxc-parser'

/** One fault: the text from `start` to `end` (UTF-16 units) becomes `replacement`. */
export type Mutant = {
  readonly start: number
  readonly end: number
  readonly replacement: string
  /** The description of the fault, for people. */
  readonly fault: string
}

/**
 * Lists the faults of a file.
 *
 * @param file - its name, for the parser
 * @param text - TypeScript
 * @throws Error when the text does not parse
 */
export const mutantsOf = (file: string, text: string): Mutant[] => {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: Mutant[] = []
  walk(program, (node) => found.push(...faultsAt(node, text)))
  return found.toSorted((one, other) => one.start - other.start)
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

const walk = (node: Node, visit: (node: Node) => void): void => {
  // Types do not exist at run time.
  if (node.type.startsWith('TS') && !('expression' in node)) return
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit)
  }
}

const turned: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
}

const swapped: Readonly<Record<string, string>> = { some: 'every', every: 'some', min: 'max', max: 'min' }

/** Calls of a chain that narrow its result: without one, more passes. */
const narrowing = new Set(['where', 'filter', 'limit', 'slice'])

const faultsAt = (node: Node, text: string): Mutant[] => {
  const source = ({ start, end }: { start: number; end: number }): string => text.slice(start, end)
  const put = (place: { start: number; end: number }, replacement: string, fault: string): Mutant => ({
    start: place.start,
    end: place.end,
    replacement,
    fault,
  })
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return [true, false].map((value) => put(node.test, String(value), `the condition is always ${value}`))
    case 'LogicalExpression':
      if (node.operator === '??') return []
      return [
        put(node, source(node.left), `the right side of ${node.operator} is dropped`),
        put(node, source(node.right), `the left side of ${node.operator} is dropped`),
      ]
    case 'BinaryExpression': {
      const other = turned[node.operator]
      if (!other || (isArithmetic(node.operator) && !hasNumber(node))) return []
      const left = source(node.left)
      return [put(node, `${left} ${other} ${source(node.right)}`, `${node.operator} becomes ${other}`)]
    }
    case 'UnaryExpression':
      return node.operator === '!' ? [put(node, `(${source(node.argument)})`, '! is dropped')] : []
    case 'Literal':
      return typeof node.value === 'boolean' ? [put(node, String(!node.value), `${node.value} is turned`)] : []
    case 'ExpressionStatement':
      return isCall(node.expression) ? [put(node, ';', 'the call is skipped')] : []
    case 'ArrayExpression':
      return node.elements.flatMap((element) =>
        element && isWritten(element) ? [put(element, '...[]', 'the element of the list is dropped')] : [],
      )
    case 'CallExpression':
      return faultsOfCall(node, source, put)
    default:
      return []
  }
}

type Call = Extract<Node, { type: 'CallExpression' }>
type Place = { start: number; end: number }

const faultsOfCall = (
  node: Call,
  source: (place: Place) => string,
  put: (place: Place, replacement: string, fault: string) => Mutant,
): Mutant[] => {
  const { callee } = node
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return []
  const { name } = callee.property
  const other = swapped[name]
  if (other) return [put(callee.property, other, `${name} becomes ${other}`)]
  return narrowing.has(name) ? [put(node, source(callee.object), `.${name}(…) is dropped`)] : []
}

const isArithmetic = (operator: string): boolean => operator === '+' || operator === '-'

const hasNumber = ({ left, right }: { left: Node; right: Expression }): boolean =>
  [left, right].some((side) => side.type === 'Literal' && typeof side.value === 'number')

const isCall = (expression: Node): boolean =>
  expression.type === 'AwaitExpression' ? isCall(expression.argument) : expression.type === 'CallExpression'

/** An element made by a call, such as a write of a commit; plain values of a list are data. */
const isWritten = (element: Node): boolean =>
  element.type === 'SpreadElement'
    ? element.argument.type !== 'Identifier' && element.argument.type !== 'MemberExpression'
    : element.type === 'CallExpression'
