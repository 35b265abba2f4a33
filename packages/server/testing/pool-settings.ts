// For tests of settings: pools made and described over the wire, on a server of their own.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { makeTestApp, type TestApp, type TestOptions } from './app.ts'
import type { CreateUserPoolRequest, UserPoolType } from '../src/wire/model.gen.ts'

/** How a pool sends text messages. */
export const sms = { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms', ExternalId: 'external' }

/** The ARN of a trigger function. */
export const lambda = (name: string): string => `arn:aws:lambda:zz-local-1:000000000000:function:${name}`

/** A server, closed after the test. */
export const startServer = (t: TestContext, options?: TestOptions): Promise<TestApp> => makeTestApp(t, options)

/** Makes a pool. */
export const createPool = async (
  server: TestApp,
  input: Partial<CreateUserPoolRequest> = {},
): Promise<UserPoolType & { Id: string }> => {
  const { UserPool } = await server.call('CreateUserPool', { PoolName: 'pool', ...input })
  assert.ok(UserPool?.Id)
  return { ...UserPool, Id: UserPool.Id }
}

/** A pool as DescribeUserPool gives it. */
export const describePool = async (server: TestApp, UserPoolId: string): Promise<UserPoolType> =>
  (await server.call('DescribeUserPool', { UserPoolId })).UserPool ?? {}
