#!/usr/bin/env node
// The entry point of the program. It checks the version of Node before it loads the other modules.
import { nodeFault } from './node-version.ts'

const fault = nodeFault(process.versions.node, process.execPath)
if (fault === undefined) await import('./program.ts')
else {
  process.stderr.write(`poolkeeper: ${fault}\n`)
  process.exitCode = 1
}
