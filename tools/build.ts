// npm run build: writes the published files of both packages to their dist folders. The server is one program that
// contains its dependencies, and so starts in less than half the time; the client is one file and its types.
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

const licenceOf = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice)/i.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n')

/** The names, versions and licences of the packages inside a program, as their licences require. */
const notices = (inputs: readonly string[]): string => {
  const folders = new Set(inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  const texts = [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return `${name} ${version}, ${license}\n\n${licenceOf(join(root, folder))}\n`
  })
  return `This program contains the following packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`
}

// CommonJS dependencies call require.
const requireLine =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"

const buildServer = async (): Promise<void> => {
  const folder = join(root, 'packages/server/dist')
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      index: 'packages/server/src/cli/index.ts',
      // The thread is started by its path, next to the chunk that starts it.
      'computing-thread': 'packages/server/src/keys/threads/computing-thread.ts',
      'checkpoint-thread': 'packages/server/src/store/database/checkpoint-thread.ts',
    },
    outdir: join(folder, 'cli'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['pg-native'],
    banner: { js: requireLine },
    metafile: true,
  })
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), notices(Object.keys(metafile.inputs)))
}

const buildClient = async (): Promise<void> => {
  const folder = join(root, 'packages/client/dist')
  await build({
    absWorkingDir: root,
    entryPoints: ['packages/client/src/index.ts'],
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
  })
  execFileSync('tsc', ['--project', 'packages/client/tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  for (const file of globSync('**/*.d.ts', { cwd: folder })) {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(from ')(\.[^']+)\.ts'/g, "$1$2.js'"))
  }
}

const builds: Readonly<Record<string, () => Promise<void>>> = { server: buildServer, client: buildClient }

/** The packages that the command line names, or both. */
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(builds)

for (const name of chosen) {
  const make = builds[name]
  if (!make) throw new Error(`there is no package ${name}`)
  const folder = join(root, 'packages', name, 'dist')
  rmSync(folder, { recursive: true, force: true })
  await make()
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}
