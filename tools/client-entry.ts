// Switches the exports of the client's package.json: the source in this repository, the build in the published package.
// npm runs this in the client's folder, with `build` before packing and `source` after it.
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
