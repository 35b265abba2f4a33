import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceTypeOf } from './device-type.ts'

const told: readonly (readonly [userAgent: string | undefined, words: string])[] = [
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36',
    'Chrome 125 / macOS 10',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 / Linux'],
  ['', 'unknown'],
  [undefined, 'unknown'],
]

for (const [userAgent, words] of told) {
  test(`a device is told in a few words: ${words} (${userAgent?.slice(0, 30)})`, async () =>
    assert.equal(await deviceTypeOf(userAgent), words))
}

test('a header of any text is told in at most 1,024 characters', async () => {
  for (const text of ['x'.repeat(1024), 'Chrome/'.repeat(140), '\u0000', '(((((((((', 'aws-sdk-js/3.1169.0 os/linux'])
    assert.ok((await deviceTypeOf(text)).length <= 1024)
})
