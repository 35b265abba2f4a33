// The frame of every page: one stylesheet, no script, and headers that forbid all scripts and foreign styles.
import { html } from 'hono/html'

/** A finished piece of HTML. */
export type Html = ReturnType<typeof html>

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem }
article { border: 1px solid color-mix(in srgb, currentcolor 25%, transparent); border-radius: .5rem; padding: 1rem; margin: 1rem 0 }
article h2 { font-size: 1rem; margin: 0 }
article p { margin: .25rem 0; overflow-wrap: anywhere }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
.row label { display: flex; flex: 1 1 18rem; gap: .5rem; align-items: center }
.row input { flex: 1; min-width: 0 }
time { white-space: nowrap }
.quiet { opacity: .7; font-size: .875rem }
.body { white-space: pre-wrap; font-size: 1.05rem }
input, button { font: inherit; padding: .35rem .6rem }
`

/** A whole page. */
export const page = (title: string, body: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/_poolkeeper/style.css" />
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`

/** The stylesheet of every page. */
export const stylesheet: string = style

/** The headers of every page (requirement 113). */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}
