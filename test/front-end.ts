// A front end for browser tests: a page with the libraries of browser-app.ts, on an origin of its own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { closing } from '../packages/server/testing/closing.ts'
import type { App } from './browser-app.ts'

declare global {
  // The page's, where the functions given to `page.evaluate` run.
  var app: App
}

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser-app.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    define: { global: 'globalThis' },
  })
  return outputFiles[0]?.text ?? ''
}

/** Serves a page with the libraries on an origin of its own. @returns its address, which is a secure context */
export const serveApp = async (t: TestContext): Promise<string> => {
  const script = await bundle()
  const server = createServer(({ url }, response) => {
    if (url === '/app.js') response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script)
    else
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><title>App</title><script src="/app.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing(t, () => server.close())
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return `http://localhost:${address.port}/`
}

/** Nothing failed in the page but what was refused, which a browser logs with its status. */
export const assertQuiet = async (page: Page): Promise<void> => {
  assert.deepEqual(await page.pageErrors(), [])
  const errors = (await page.consoleMessages()).filter((message) => message.type() === 'error')
  const unexpected = errors.map((message) => message.text()).filter((text) => !/status of 400/.test(text))
  assert.deepEqual(unexpected, [])
}
