// What the generators do with what they have made: write it, or with --check only compare.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Writes a generated file; with --check fails where it differs instead. @param source - what it is made from */
export const keepGenerated = (target: URL, text: string, source: string): void => {
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text)
    return
  }
  if (readFileSync(target, 'utf8') === text) return
  console.error(`${basename(target.pathname)} differs from ${source}: run npm run generate`)
  process.exitCode = 1
}
