// The load of the drill of flooding sources: sends wrong sign-ins from a separate thread until it is told to stop, and then
// posts the counts of their answers.
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/** The target of the flood, and the number of its source addresses. */
export type Flood = { readonly url: string; readonly clientId: string; readonly sources: number }

/** The counts of the answers: `looked` were compared with a password, `refused` were not. */
export type Flooded = { readonly sent: number; readonly looked: number; readonly refused: number }

/** The answer to a sign-in: `signed in`, or the name of the exception. */
export type Answered = { readonly outcome: string; readonly milliseconds: number }

type SignIn = {
  readonly url: string
  readonly clientId: string
  readonly username: string
  readonly password: string
  /** The address that the proxy reports. */
  readonly address: string
}

const connections = 200
const pauseMilliseconds = 100

const agent = new Agent({ keepAlive: true, maxSockets: connections })

/** Signs in by password, from an address that the proxy reports. */
export const signInFrom = ({ url, clientId, username, password, address }: SignIn): Promise<Answered> => {
  const begun = performance.now()
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    'x-forwarded-for': address,
  }
  const AuthParameters = { USERNAME: username, PASSWORD: password }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () => {
        const error = String(response.headers['x-amzn-errortype'] ?? '').replace(':', '')
        resolve({ outcome: error || 'signed in', milliseconds: performance.now() - begun })
      })
    })
    asked.once('error', reject)
    asked.end(JSON.stringify({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
  })
}

const flood = async ({ url, clientId, sources }: Flood, stopped: () => boolean): Promise<Flooded> => {
  const outcomes: string[] = []
  const send = async (connection: number): Promise<void> => {
    const address = `198.51.100.${connection % sources}`
    for (let guess = 0; !stopped(); guess += 1) {
      const username = `name-${connection}-${guess % 100}`
      outcomes.push((await signInFrom({ url, clientId, username, password: 'Wrong-horse-7', address })).outcome)
      await pause(pauseMilliseconds)
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, connection) => send(connection)))
  const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length
  return {
    sent: outcomes.length,
    looked: count('NotAuthorizedException'),
    refused: count('TooManyRequestsException'),
  }
}

if (parentPort) {
  let over = false
  parentPort.once('message', () => (over = true))
  parentPort.postMessage(await flood(workerData as Flood, () => over))
  agent.destroy()
}
