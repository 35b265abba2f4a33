import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { systemClock } from '../clock.ts'
import { answerMilliseconds } from './function.ts'
import { httpFunction } from './http.ts'
import { makeTriggers, type MappedTriggers } from './mapped.ts'
import {
  arnOf,
  believes,
  poolNaming,
  signUpCall,
  startHook,
  type Seen,
  patientMilliseconds,
} from '../../testing/functions.ts'

const secret = 'a secret that is long enough, really'
const pool = poolNaming({ preSignUp: arnOf('f') })

type Used = { readonly triggers: MappedTriggers; readonly seen: Seen[]; call(): Promise<unknown> }

const triggersAt = (url: string, timeoutMilliseconds = patientMilliseconds): MappedTriggers =>
  makeTriggers(new Map([[arnOf('f'), httpFunction({ url, secret, clock: systemClock, timeoutMilliseconds })]]))

const using = async (
  t: TestContext,
  answer: (event: string, response: ServerResponse, index: number) => void,
  timeoutMilliseconds?: number,
): Promise<Used> => {
  const hook = await startHook(t, answer)
  const triggers = triggersAt(hook.url, timeoutMilliseconds)
  return { triggers, seen: hook.seen, call: () => triggers.call('PreSignUp', signUpCall(pool)) }
}

const confirmed = (event: string): string => {
  const whole = JSON.parse(event)
  return JSON.stringify({ ...whole, response: { ...whole.response, autoConfirmUser: true } })
}

test('a function behind a URL gets the event, signed, and answers by the event', async (t) => {
  const { call, seen } = await using(t, (event, response) => response.end(confirmed(event)))
  assert.deepEqual(await call(), { autoConfirmUser: true, autoVerifyEmail: false, autoVerifyPhone: false })
  const [request] = seen
  assert.ok(request)
  assert.equal(JSON.parse(request.body).triggerSource, 'PreSignUp_SignUp')
  assert.ok(believes(secret, request))
  assert.ok(!believes('another secret', request))
  assert.ok(!believes(secret, { ...request, body: request.body.replace('ann', 'eve') }))
  assert.ok(!believes(secret, { ...request, signature: request.signature.replace(/t=\d+/, 't=1') }))
})

for (const status of [500, 502, 503, 429]) {
  test(`status ${status} is tried again with the same event, and the third time may be right`, async (t) => {
    const { call, seen } = await using(t, (event, response, index) =>
      index < 2 ? response.writeHead(status).end() : response.end(confirmed(event)),
    )
    assert.deepEqual(await call(), { autoConfirmUser: true, autoVerifyEmail: false, autoVerifyPhone: false })
    assert.equal(seen.length, 3)
    assert.equal(new Set(seen.map(({ body }) => body)).size, 1)
    assert.ok(seen.every((each) => believes(secret, each)))
  })
}

test('after three tries a call has failed', async (t) => {
  const { call, seen } = await using(t, (_, response) => response.writeHead(503).end())
  await assert.rejects(call(), {
    name: 'UnexpectedLambdaException',
    message: 'PreSignUp invocation failed due to error HTTP status 503.',
  })
  assert.equal(seen.length, 3)
})

test('a call takes five seconds at most', () => assert.equal(answerMilliseconds, 5000))

test('a function that never answers is given up, three times', async (t) => {
  const { call, seen } = await using(t, () => {}, 1000)
  await assert.rejects(call(), {
    name: 'UnexpectedLambdaException',
    message: 'PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.',
  })
  assert.equal(seen.length, 3)
})

test('a function that begins to answer and never ends is given up', async (t) => {
  const { call } = await using(t, (_, response) => void response.write('{"version"'), 1000)
  await assert.rejects(call(), {
    name: 'UnexpectedLambdaException',
    message: 'PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.',
  })
})

test('a URL where nobody listens is a failed call', async (t) => {
  const hook = await startHook(t, () => {})
  await hook.close()
  const triggers = triggersAt(hook.url)
  closing(t, triggers.close)
  await assert.rejects(triggers.call('PreSignUp', signUpCall(pool)), {
    name: 'UnexpectedLambdaException',
    message: 'PreSignUp invocation failed due to error the function cannot be reached.',
    reason: 'ECONNREFUSED',
  })
})

const answers: Readonly<
  Record<string, readonly [answer: (response: ServerResponse, event: string) => void, error: object]>
> = {
  'a redirect is not followed': [
    (response) => response.writeHead(307, { location: '/hook' }).end(),
    { name: 'UnexpectedLambdaException', message: 'PreSignUp invocation failed due to error HTTP status 307.' },
  ],
  'a refused call is not tried again': [
    (response) => response.writeHead(403).end('no'),
    { name: 'UnexpectedLambdaException', message: 'PreSignUp invocation failed due to error HTTP status 403.' },
  ],
  'the right event with a status of failure is a failure': [
    (response, event) => response.writeHead(400).end(event),
    { name: 'UnexpectedLambdaException', message: 'PreSignUp invocation failed due to error HTTP status 400.' },
  ],
  'errorMessage is what the function threw': [
    (response) => response.end('{"errorType":"Error","errorMessage":"not today"}'),
    { name: 'UserLambdaValidationException', message: 'PreSignUp failed with error not today.' },
  ],
  'errorMessage with a status of failure is what the function threw, and is not tried again': [
    (response) => response.writeHead(500).end('{"errorMessage":"not today"}'),
    { name: 'UserLambdaValidationException', message: 'PreSignUp failed with error not today.' },
  ],
  'an empty answer is no JSON': [
    (response) => response.end(),
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'a page is no JSON': [
    (response) => response.end('<html>'),
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'bytes are no JSON': [
    (response) => response.end(Buffer.from([0x22, 0xff, 0x22])),
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'text that no database could keep is no answer': [
    (response, event) => response.end(event.replace('{', '{"a":"\\u0000",')),
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'half a surrogate pair is no answer': [
    (response, event) => response.end(event.replace('{', '{"\\ud83d":"",')),
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
  'a list is not the event': [
    (response) => response.end('[]'),
    { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' },
  ],
  'more than 6 MB is not read': [
    (response, event) => response.end(event + ' '.repeat(6 * 1024 * 1024)),
    { name: 'InvalidLambdaResponseException', message: 'Invalid lambda function output : Invalid JSON' },
  ],
}

for (const [name, [answer, error]] of Object.entries(answers)) {
  test(name, async (t) => {
    const { call, seen } = await using(t, (event, response) => answer(response, event))
    await assert.rejects(call(), error)
    assert.equal(seen.length, 1)
  })
}
