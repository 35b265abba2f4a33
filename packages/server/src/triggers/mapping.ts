// The file of --triggers, which maps the ARNs that pools name to functions (protocol/administration 14.1). It holds signing
// secrets, so errors print only its ARNs, member names and paths.
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ConfigError } from '../config.ts'
import type { TriggerFunction } from './function.ts'
import { httpFunction } from './http.ts'
import { localModule } from './local-module.ts'
import type { Clock } from '../clock.ts'

/** The target of an ARN. */
type Target =
  | { readonly kind: 'module'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string; readonly secret: string }

/** The parts of the server that functions need. */
export type FunctionParts = {
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string>>
  readonly print: (text: Uint8Array) => void
}

const arnPattern = /^arn:[\w+=/,.@-]+:lambda:[\w+=/,.@-]+:\d+:function:[\w+=/,.@-]+(:[\w+=/,.@-]+)?$/

/** The least length of a secret, in characters. */
const secretLength = 32

type Plain = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads a mapping and makes its functions; none is called or loaded yet.
 *
 * @param file - path of a JSON file, or undefined for no functions; paths of modules are relative to its folder
 * @throws ConfigError in one sentence
 */
export const readFunctions = (
  file: string | undefined,
  { clock, environment, print }: FunctionParts,
): Map<string, TriggerFunction> => {
  if (file === undefined) return new Map()
  const mapping = readJson(file)
  if (!isObject(mapping)) throw new ConfigError(`The triggers file ${file} must hold an object, by ARN.`)
  const folder = dirname(resolve(file))
  const entries = Object.entries(mapping).map(([arn, entry]): [string, TriggerFunction] => {
    const target = targetOf(arn, entry, folder)
    return target.kind === 'url'
      ? [arn, httpFunction({ ...target, clock })]
      : [arn, localModule({ arn, path: target.path, environment, print })]
  })
  return new Map(entries)
}

const requireMembers = (arn: string, entry: Plain, known: readonly string[]): void => {
  const other = Object.keys(entry).find((name) => !known.includes(name))
  if (other !== undefined) {
    throw new ConfigError(`The triggers file has an unknown member ${JSON.stringify(other)} for ${arn}.`)
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

const moduleOf = (arn: string, entry: Plain, folder: string): Target => {
  requireMembers(arn, entry, ['module'])
  const { module: given } = entry
  if (typeof given !== 'string' || given === '') {
    throw new ConfigError(`The module of ${arn} in the triggers file must be a path.`)
  }
  const path = resolve(folder, given)
  if (!isFile(path)) throw new ConfigError(`The module of ${arn} is not there: ${path}.`)
  return { kind: 'module', path }
}

const isFunctionUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}

const urlOf = (arn: string, entry: Plain): Target => {
  requireMembers(arn, entry, ['url', 'secret'])
  const { url, secret } = entry
  if (typeof url !== 'string' || !isFunctionUrl(url)) {
    throw new ConfigError(
      `The url of ${arn} in the triggers file must begin with http:// or https:// and hold no user name or password.`,
    )
  }
  if (typeof secret !== 'string' || secret.length < secretLength) {
    throw new ConfigError(
      `The secret of ${arn} in the triggers file, by which calls are signed, must be text of ${secretLength} characters or more.`,
    )
  }
  return { kind: 'url', url, secret }
}

const targetOf = (arn: string, entry: unknown, folder: string): Target => {
  if (!arnPattern.test(arn)) {
    throw new ConfigError(
      `The triggers file maps ARNs of functions, such as arn:aws:lambda:zz-local-1:000000000000:function:NAME, and ${JSON.stringify(arn)} is none.`,
    )
  }
  if (!isObject(entry) || 'url' in entry === 'module' in entry) {
    throw new ConfigError(`The triggers file must give ${arn} either a module, or a url and a secret.`)
  }
  return 'module' in entry ? moduleOf(arn, entry, folder) : urlOf(arn, entry)
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`The triggers file ${file} cannot be used: ${(error as Error).message}.`)
  }
}

const readJson = (file: string): unknown => {
  const text = readText(file)
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which may hold a secret.
    throw new ConfigError(`The triggers file ${file} is not JSON.`)
  }
}
