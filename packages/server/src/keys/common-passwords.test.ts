import assert from 'node:assert/strict'
import { truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileOf } from '../../testing/folders.ts'
import { ConfigError } from '../config.ts'
import { readCommonPasswords } from './common-passwords.ts'

test('req 10: without a list no password is common', () => {
  assert.ok(!readCommonPasswords(undefined).has('password'))
})

test('req 10: a list is read line by line, whatever ends a line, and compared in whatever case', (t) => {
  const list = readCommonPasswords(fileOf(t, '\uFEFFPassword1\r\n\n#1Boss \nÉTÉ-2026\nlast one'))
  for (const password of ['password1', 'PASSWORD1', '#1boss', 'été-2026', 'Last One']) assert.ok(list.has(password))
  for (const password of ['', 'password', 'password11', 'last', 'one']) assert.ok(!list.has(password), password)
})

test('req 10: a list that cannot be used is said in one sentence', (t) => {
  const large = fileOf(t, 'password')
  truncateSync(large, 10_485_761)
  for (const [file, because] of [
    [join(tmpdir(), 'poolkeeper', 'there-is-none.txt'), /cannot be used: ENOENT.*\.$/],
    [tmpdir(), /cannot be used: EISDIR.*\.$/],
    [large, /cannot be used: it is larger than 10 MiB\.$/],
    [fileOf(t, Uint8Array.of(0x70, 0xff, 0x0a)), /cannot be used: it is not UTF-8 text\.$/],
    [fileOf(t, '\n \r\n'), /holds no password\.$/],
  ] as const)
    assert.throws(
      () => readCommonPasswords(file),
      (error: Error) => error instanceof ConfigError && because.test(error.message) && !error.message.includes('\n'),
    )
})
