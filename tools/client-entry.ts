// What the client's package.json exports: its source in this repository, its build in the published package. npm runs
// this in the client's folder around packing, with `build` before and `source` after.
import { readFileSync, writeFileSync } from 'node:fs'

const manifest = 'package.json'

const entries: Readonly<Record<string, string>> = {
  source: '"./src/index.ts"',
  build: '{ "types": "./dist/index.d.ts", "default": "./dist/index.js" }',
}

const wanted = entries[process.argv[2] ?? '']
if (wanted === undefined) throw new Error(`say one of ${Object.keys(entries).join(', ')}`)

const text = readFileSync(manifest, 'utf8')
const present = Object.values(entries).find((entry) => text.includes(`".": ${entry}`))
if (present === undefined) throw new Error('package.json has neither entry')
writeFileSync(manifest, text.replace(`".": ${present}`, `".": ${wanted}`))
