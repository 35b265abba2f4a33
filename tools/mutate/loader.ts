// Loaded before a test run: puts the fault into its file while the file is loaded, in every thread and child process. The
// file on disk does not change.
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Mutant } from './mutants.ts'

const { file, start, end, replacement } = JSON.parse(process.env['POOLKEEPER_MUTANT'] ?? '{}') as Mutant & {
  file: string
}
const url = pathToFileURL(file).href

registerHooks({
  load: (asked, context, nextLoad) => {
    if (asked !== url) return nextLoad(asked, context)
    const text = readFileSync(file, 'utf8')
    const source = stripTypeScriptTypes(`${text.slice(0, start)}${replacement}${text.slice(end)}`)
    return { format: 'module', source, shortCircuit: true }
  },
})
