import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import type { TriggerFunction } from './function.ts'
import type { TriggerName } from './index.ts'
import { makeTriggers, type MappedTriggers } from './mapped.ts'
import {
  arnOf,
  makeModules,
  patientMilliseconds,
  poolNaming,
  signUpCall,
  type Modules,
} from '../../testing/functions.ts'

const pool = poolNaming({ preSignUp: arnOf('f') })

const callOf = (triggers: MappedTriggers, name: TriggerName = 'PreSignUp'): Promise<unknown> =>
  triggers.call(name, signUpCall(pool))

const using = (t: TestContext, make: (modules: Modules) => TriggerFunction): MappedTriggers & { modules: Modules } => {
  const modules = makeModules(t)
  const triggers = makeTriggers(new Map([[arnOf('f'), make(modules)]]))
  closing(t, triggers.close)
  return { ...triggers, modules }
}

const confirms = { autoConfirmUser: true, autoVerifyEmail: false, autoVerifyPhone: false }
const confirm = 'event.response.autoConfirmUser = true'

const forms: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'async handler': ['a.mjs', `export const handler = async (event) => { ${confirm}; return event }`],
  'async default export': ['b.mjs', `export default async (event) => { ${confirm}; return event }`],
  'a promise': ['c.mjs', `export const handler = (event) => { ${confirm}; return Promise.resolve(event) }`],
  'the callback': [
    'd.mjs',
    `export const handler = (event, context, callback) => { ${confirm}; callback(null, event) }`,
  ],
  'the callback, later': [
    'e.mjs',
    `export const handler = (event, context, callback) => { ${confirm}; setImmediate(callback, null, event) }`,
  ],
  'context.done': ['f.mjs', `export const handler = (event, context) => { ${confirm}; context.done(null, event) }`],
  'context.succeed': ['g.mjs', `export const handler = (event, context) => { ${confirm}; context.succeed(event) }`],
  CommonJS: ['h.cjs', `exports.handler = async (event) => { ${confirm}; return event }`],
  TypeScript: ['i.ts', `export const handler = async (event: any): Promise<unknown> => { ${confirm}; return event }`],
}

for (const [name, [file, text]] of Object.entries(forms)) {
  test(`a module answers by ${name}`, async (t) => {
    assert.deepEqual(await callOf(using(t, (modules) => modules.made(text, { file }))), confirms)
  })
}

test('a function gets the whole event, a context, and an environment without the service’s own variables', async (t) => {
  const triggers = using(t, (modules) =>
    modules.made(`export const handler = async (event, context) => {
      console.log(JSON.stringify(event))
      console.error([context.functionName, context.invokedFunctionArn, typeof context.awsRequestId,
        context.getRemainingTimeInMillis() > 0, JSON.stringify(process.env)].join(' '))
      return event
    }`),
  )
  await callOf(triggers)
  await callOf(triggers)
  const printed = triggers.modules.printed()
  assert.ok(printed.includes(`f ${arnOf('f')} string true {"GREETING":"hello"}`))
  assert.deepEqual(JSON.parse(printed.split('\n').find((line) => line.startsWith('{')) ?? ''), {
    version: '1',
    region: 'zz-local-1',
    userPoolId: 'zz-local-1_a',
    triggerSource: 'PreSignUp_SignUp',
    userName: 'ann',
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: 'client' },
    request: { userAttributes: { email: 'ann@example.com' }, validationData: {}, clientMetadata: { a: 'b' } },
    response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
  })
})

const failures: Readonly<Record<string, readonly [text: string, error: { name: string; message: string | RegExp }]>> = {
  'throws an error': [
    `export const handler = async () => { throw new Error('no such domain') }`,
    { name: 'UserLambdaValidationException', message: 'PreSignUp failed with error no such domain.' },
  ],
  'throws before it returns': [
    `export const handler = (event, context) => context.callback(null, event)`,
    {
      name: 'UserLambdaValidationException',
      message: 'PreSignUp failed with error context.callback is not a function.',
    },
  ],
  'throws text': [
    `export const handler = async () => { throw 'no' }`,
    { name: 'UserLambdaValidationException', message: 'PreSignUp failed with error no.' },
  ],
  'calls back with an error': [
    `export const handler = (event, context, callback) => callback('blocked', event)`,
    { name: 'UserLambdaValidationException', message: 'PreSignUp failed with error blocked.' },
  ],
  'fails by context.fail': [
    `export const handler = (event, context) => context.fail()`,
    { name: 'UserLambdaValidationException', message: 'PreSignUp failed with error failed.' },
  ],
  'ends its process': [
    `export const handler = async () => process.exit(129)`,
    {
      name: 'UserLambdaValidationException',
      message:
        /^PreSignUp failed with error RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 129\.$/,
    },
  ],
  'lets an exception go uncaught': [
    `export const handler = () => { setImmediate(() => { throw new Error('late') }) }`,
    { name: 'UserLambdaValidationException', message: /Runtime exited with error: exit status 1\.$/ },
  ],
  'lets a promise be rejected unseen': [
    `export const handler = () => { void Promise.reject(new Error('late')) }`,
    { name: 'UserLambdaValidationException', message: /Runtime exited with error: exit status 1\.$/ },
  ],
  'gives nothing back': [
    `export const handler = async () => {}`,
    { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' },
  ],
  'gives back what is no JSON': [
    `export const handler = async (event) => { event.self = event; return event }`,
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'gives back more than 6 MB': [
    `export const handler = async (event) => { event.request.more = 'x'.repeat(6 * 1024 * 1024); return event }`,
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'exports no function': [
    `export const handlers = 1`,
    {
      name: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error the module of the function cannot be loaded.',
    },
  ],
  'does not load': [
    `throw new Error('secret of the module')`,
    {
      name: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error the module of the function cannot be loaded.',
    },
  ],
}

for (const [name, [text, error]] of Object.entries(failures)) {
  test(`a module that ${name} is refused, and called again the next time`, async (t) => {
    const triggers = using(t, (modules) => modules.made(text))
    await assert.rejects(callOf(triggers), error)
    await assert.rejects(callOf(triggers), error)
  })
}

const hung = {
  name: 'UnexpectedLambdaException',
  message: 'PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.',
}

/** Lets the time of a call pass, again for each try, until it has been refused. */
const untilTimedOut = async (t: TestContext, call: Promise<unknown>, ready = () => true): Promise<void> => {
  let over = false
  const refusal = assert.rejects(call, hung).finally(() => (over = true))
  while (!over) {
    if (ready()) t.mock.timers.tick(patientMilliseconds)
    await new Promise(setImmediate)
  }
  await refusal
}

test('a module that never answers is called three times with the same event', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const triggers = using(t, (modules) =>
    modules.made(`export const handler = (event) => { console.log(JSON.stringify(event)) }`),
  )
  const lines = (): string[] => triggers.modules.printed().trim().split('\n').filter(Boolean)
  let waited = 0
  // Each try is given up when it has been heard.
  await untilTimedOut(t, callOf(triggers), () => {
    if (lines().length <= waited) return false
    waited += 1
    return true
  })
  assert.equal(lines().length, 3)
  assert.equal(new Set(lines()).size, 1)
})

test('a module that loops for ever stops nobody else, and is gone afterwards', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const triggers = using(t, (modules) =>
    modules.made(
      `export const handler = async (event) => { if (event.userName === 'loop') for (;;) {} ; return event }`,
    ),
  )
  await untilTimedOut(t, triggers.call('PreSignUp', { ...signUpCall(pool), username: 'loop' }))
  assert.deepEqual(await callOf(triggers), signUpCall(pool).response)
})

test('a slow call does not end the calls beside it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const triggers = using(t, (modules) =>
    modules.made(
      `export const handler = async (event) => { if (event.userName === 'slow') await new Promise(() => {}); return event }`,
    ),
  )
  const slow = triggers.call('PreSignUp', { ...signUpCall(pool), username: 'slow' })
  const others = await Promise.all(Array.from({ length: 50 }, () => callOf(triggers)))
  assert.equal(others.length, 50)
  await untilTimedOut(t, slow)
})
