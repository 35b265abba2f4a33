// The output of the generators: writes the file, or with --check only compares it.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Writes a generated file; with --check it fails if the file differs. @param source - the file it is generated from */
export const keepGenerated = (target: URL, text: string, source: string): void => {
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text)
    return
  }
  if (readFileSync(target, 'utf8') === text) return
  console.error(`${basename(target.pathname)} differs from ${source}: run npm run generate`)
  process.exitCode = 1
}
