import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test, type TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { systemClock } from '../clock.ts'
import { ConfigError } from '../config.ts'
import { makeTriggers } from './mapped.ts'
import { readFunctions } from './mapping.ts'
import { arnOf, makeModules, poolNaming, signUpCall, type Modules } from '../../testing/functions.ts'

const parts = { clock: systemClock, environment: {}, print: (): void => {} }
const secret = '0123456789abcdef0123456789abcdef'

const within = async (t: TestContext, work: (modules: Modules) => Promise<void> | void): Promise<void> => {
  const modules = makeModules(t)
  await work(modules)
}

test('without a file there are no functions', () => {
  assert.equal(readFunctions(undefined, parts).size, 0)
})

test('a mapping leads ARNs to modules beside it and to URLs', (t) =>
  within(t, async (modules) => {
    modules.write('sign-up.ts', `export const handler = async (event: object) => event`)
    const mapping = {
      [arnOf('a')]: { module: './sign-up.ts' },
      [arnOf('b')]: { url: 'https://hooks.example.com/b?x=1', secret },
      [`${arnOf('c')}:live`]: { url: 'http://127.0.0.1:1/', secret },
    }
    const functions = readFunctions(modules.write('triggers.json', JSON.stringify(mapping)), parts)
    assert.deepEqual([...functions.keys()], Object.keys(mapping))
    assert.ok(!inspect(functions, { depth: 9 }).includes(secret))
    const triggers = makeTriggers(functions)
    closing(t, triggers.close)
    const call = signUpCall(poolNaming({ preSignUp: arnOf('a') }))
    assert.deepEqual(await triggers.call('PreSignUp', call), call.response)
  }))

const faults: readonly [name: string, mapping: unknown, message: RegExp][] = [
  ['no object', [], /must hold an object, by ARN\.$/],
  ['a name for an ARN', { 'sign-up': { module: './a.js' } }, /"sign-up" is none\.$/],
  ['the ARN of a topic', { 'arn:aws:sns:zz-local-1:000000000000:a': { module: './a.js' } }, /is none\.$/],
  ['text for an entry', { [arnOf('a')]: './a.js' }, /either a module, or a url and a secret\.$/],
  ['an empty entry', { [arnOf('a')]: {} }, /either a module, or a url and a secret\.$/],
  ['both', { [arnOf('a')]: { module: './a.js', url: 'https://a.example', secret } }, /either a module, or/],
  ['an unknown member', { [arnOf('a')]: { module: './a.js', timeout: 1 } }, /unknown member "timeout" for arn/],
  ['a secret for a module', { [arnOf('a')]: { module: './a.js', secret } }, /unknown member "secret"/],
  ['a module that is not there', { [arnOf('a')]: { module: './a.js' } }, /is not there: .*a\.js\.$/],
  ['a folder for a module', { [arnOf('a')]: { module: '.' } }, /is not there/],
  ['a number for a module', { [arnOf('a')]: { module: 1 } }, /must be a path\.$/],
  ['a URL of files', { [arnOf('a')]: { url: 'file:///etc/passwd', secret } }, /must begin with http/],
  ['a URL with a password', { [arnOf('a')]: { url: 'https://u:hush@a.example', secret } }, /hold no user name/],
  ['no URL', { [arnOf('a')]: { url: 'hooks', secret } }, /must begin with http/],
  ['no secret', { [arnOf('a')]: { url: 'https://a.example' } }, /must be text of 32 characters or more\.$/],
  ['a short secret', { [arnOf('a')]: { url: 'https://a.example', secret: 'hush' } }, /must be text of 32 characters/],
]

for (const [name, mapping, message] of faults) {
  test(`a triggers file is refused in one sentence for ${name}`, (t) =>
    within(t, (modules) => {
      const file = modules.write('triggers.json', JSON.stringify(mapping))
      assert.throws(
        () => readFunctions(file, parts),
        (error) => {
          assert.ok(error instanceof ConfigError)
          assert.match(error.message, message)
          assert.ok(!error.message.includes('hush') && !error.message.includes(secret))
          return true
        },
      )
    }))
}

test('a triggers file that is no JSON is refused without a word of its text', (t) =>
  within(t, (modules) => {
    const file = modules.write('triggers.json', `{"secret": "hush`)
    assert.throws(() => readFunctions(file, parts), { message: `The triggers file ${file} is not JSON.` })
    assert.throws(() => readFunctions(`${file}.other`, parts), {
      message: /^The triggers file \S+\.other cannot be used: ENOENT: .*\.$/,
    })
  }))
