// Unpacks the Chromium that the package @sparticuz/chromium holds into the temporary folder of this process (TMPDIR),
// with its fonts and the libraries that a small machine lacks. A process of its own, because that is the one way to say
// where it goes.
import { fileURLToPath } from 'node:url'
import chromium, { inflate } from '@sparticuz/chromium'

await chromium.executablePath()
await inflate(fileURLToPath(new URL('../bin/al2023.tar.br', import.meta.resolve('@sparticuz/chromium'))))
