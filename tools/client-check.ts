// Checks the client package in its published form: the manifest, the resolution of its types, and its size.
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'

/** The largest minified size of the client, which every visitor of a page loads. */
const sizeLimitBytes = 17_000

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-client-'))

const run = (program: string, words: readonly string[]): void => {
  execFileSync(program, words, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
}

const checkSize = async (): Promise<void> => {
  const { code } = await transform(readFileSync(join(folder, 'dist/index.js'), 'utf8'), { minify: true, format: 'esm' })
  const bytes = Buffer.byteLength(code)
  process.stdout.write(`${bytes} bytes minified, of ${sizeLimitBytes}\n`)
  if (bytes > sizeLimitBytes) throw new Error('the client has grown beyond its limit')
}

try {
  execFileSync('node', ['tools/build.ts', 'client'], { cwd: root, stdio: 'inherit' })
  // The check works on a copy, so that the manifest in the repository does not change.
  for (const name of ['package.json', 'README.md', 'dist']) {
    cpSync(join(root, 'packages/client', name), join(folder, name), { recursive: true })
  }
  run('node', [join(root, 'tools/client-entry.ts'), 'build'])
  run('npm', ['pack', '--ignore-scripts', '--silent'])
  const [archive = ''] = globSync('*.tgz', { cwd: folder })
  run('publint', ['run', archive, '--strict'])
  run('attw', [archive, '--profile', 'esm-only', '--format', 'ascii'])
  await checkSize()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
