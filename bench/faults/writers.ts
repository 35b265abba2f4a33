// What the drills of databases share: a development server, writers that add users to a pool of it without a pause and
// count what was acknowledged, and whether all of that is there afterwards.
import { setTimeout as pause } from 'node:timers/promises'
import { targetOf } from '../../packages/server/src/wire/target.ts'
import type { Inputs, OperationName } from '../../packages/server/src/wire/model.gen.ts'

/** An answer, or `status` 0 where the connection broke. */
export type Answer = {
  readonly status: number
  readonly error: string
  readonly body: Readonly<Record<string, unknown>>
}

/** The password of every user that a drill makes. */
export const password = 'Correct-horse-7'

/** Calls an operation of a development server, which takes any signature. */
export const call = async <Name extends OperationName>(
  url: string,
  operation: Name,
  input: Inputs[Name],
): Promise<Answer> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': targetOf(operation),
        authorization:
          'AWS4-HMAC-SHA256 Credential=any/20260102/zz-local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(input),
    })
    const body = (await response.json()) as Record<string, unknown>
    return { status: response.status, error: typeof body['__type'] === 'string' ? body['__type'] : '', body }
  } catch {
    return { status: 0, error: 'no answer', body: {} }
  }
}

/** A pool and its client. */
export type Ids = { readonly UserPoolId: string; readonly ClientId: string }

/** Makes a pool in which users sign in by name and password. */
export const addPool = async (url: string): Promise<Ids> => {
  const pool = await call(url, 'CreateUserPool', { PoolName: 'drill' })
  const UserPoolId = String((pool.body['UserPool'] as { Id?: string }).Id)
  const client = await call(url, 'CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'drill',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  })
  return { UserPoolId, ClientId: String((client.body['UserPoolClient'] as { ClientId?: string }).ClientId) }
}

/** Adds a user who can sign in. */
export const addUser = async (url: string, { UserPoolId }: Ids, Username: string): Promise<void> => {
  await call(url, 'AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  await call(url, 'AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
}

/** Signs a user in by password. */
export const signIn = (url: string, { ClientId }: Ids, USERNAME: string): Promise<Answer> =>
  call(url, 'InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: password },
  })

/** Writers at work. */
export type Writers = {
  /** The names that were acknowledged. */
  readonly acknowledged: readonly string[]
  /** How often what was answered instead. */
  readonly failures: Readonly<Record<string, number>>
  /** Lets them finish. */
  stop(): Promise<void>
}

let drawn = 0

/** Starts writers, each of which adds one user after another. */
export const startWriters = (url: string, { UserPoolId }: Ids, count: number): Writers => {
  const acknowledged: string[] = []
  const failures: Record<string, number> = {}
  let over = false
  const writer = async (): Promise<void> => {
    while (!over) {
      const Username = `user${(drawn += 1)}`
      const { status, error } = await call(url, 'AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
      if (status === 200) acknowledged.push(Username)
      else failures[error] = (failures[error] ?? 0) + 1
      // A server that is gone is not asked without a pause.
      if (status === 0) await pause(10)
    }
  }
  const working = Promise.all(Array.from({ length: count }, writer))
  return {
    acknowledged,
    failures,
    stop: async () => {
      over = true
      await working
    },
  }
}

/** Counts the users that are not there, of those that were acknowledged. */
export const countLost = async (url: string, { UserPoolId }: Ids, names: readonly string[]): Promise<number> => {
  const waiting = [...names]
  let lost = 0
  const reader = async (): Promise<void> => {
    for (let Username = waiting.pop(); Username !== undefined; Username = waiting.pop()) {
      const { status } = await call(url, 'AdminGetUser', { UserPoolId, Username })
      if (status !== 200) lost += 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, reader))
  return lost
}

/** Asks until it is so, for a minute at most. @returns how long it took, in milliseconds */
export const untilTrue = async (ask: () => boolean | Promise<boolean>): Promise<number> => {
  const begun = performance.now()
  while (!(await ask())) {
    if (performance.now() - begun > 60_000) throw new Error('it did not become so within a minute')
    await pause(20)
  }
  return performance.now() - begun
}

/** Whether /readyz says that the server is ready. */
export const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )

/** How often what was answered, in words. */
export const inWords = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'none'
