#!/usr/bin/env node
// Where the program begins. It loads nothing of the rest before it knows that this Node can run it.
import { nodeFault } from './node-version.ts'

const fault = nodeFault(process.versions.node, process.execPath)
if (fault === undefined) await import('./program.ts')
else {
  process.stderr.write(`poolkeeper: ${fault}\n`)
  process.exitCode = 1
}
