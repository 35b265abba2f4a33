import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdminGetUserCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { signed, type Credentials } from './sigv4.ts'

type Sent = { headers: Record<string, string>; body: string; protocol: string; hostname: string }
type SdkRequest = Omit<Sent, 'body'> & { body: Uint8Array }

/** The request that the AWS SDK's own signer makes, stopped before it leaves. */
const sentBySdk = async (credentials: Credentials, endpoint: string): Promise<Sent> => {
  const sent: Sent[] = []
  const client = new CognitoIdentityProviderClient({
    region: 'eu-west-1',
    endpoint,
    credentials,
    maxAttempts: 1,
    requestHandler: {
      handle: (request: unknown) => {
        const { headers, body, protocol, hostname } = request as SdkRequest
        sent.push({ headers, body: new TextDecoder().decode(body), protocol, hostname })
        return Promise.reject(new Error('stopped'))
      },
    },
  })
  const command = new AdminGetUserCommand({ UserPoolId: 'eu-west-1_AbCdEf123', Username: 'Имя' })
  await assert.rejects(client.send(command), /stopped/)
  const [request] = sent
  assert.ok(request)
  return request
}

const instantOf = (time: string): number =>
  Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

const signAgain = async (sent: Sent, by: Credentials): Promise<Record<string, string>> => {
  const names = /SignedHeaders=([^,]+)/.exec(sent.headers['authorization'] ?? '')?.[1]?.split(';') ?? []
  const added = ['host', 'x-amz-date', 'x-amz-security-token']
  const headers = Object.fromEntries(
    names.filter((name) => !added.includes(name)).map((name) => [name, sent.headers[name] ?? '']),
  )
  const url = new URL(`${sent.protocol}//${sent.headers['host'] ?? sent.hostname}/`)
  const now = instantOf(sent.headers['x-amz-date'] ?? '')
  return signed({ url, headers, body: sent.body, region: 'eu-west-1', now }, by)
}

for (const endpoint of ['https://cognito-idp.eu-west-1.amazonaws.com', 'http://127.0.0.1:9229']) {
  test(`a request to ${endpoint} is signed as the AWS SDK signs it`, async () => {
    const sent = await sentBySdk(credentials, endpoint)
    const ours = await signAgain(sent, credentials)
    assert.equal(ours['authorization'], sent.headers['authorization'])
    assert.equal(ours['x-amz-date'], sent.headers['x-amz-date'])
  })
}

test('a session token is sent and signed as the AWS SDK does it', async () => {
  const temporary = { ...credentials, sessionToken: 'FwoGZXIvYXdzEXAMPLE==' }
  const sent = await sentBySdk(temporary, 'https://cognito-idp.eu-west-1.amazonaws.com')
  const ours = await signAgain(sent, temporary)
  assert.equal(ours['authorization'], sent.headers['authorization'])
  assert.equal(ours['x-amz-security-token'], temporary.sessionToken)
})

test('another secret, body or time gives another signature', async () => {
  const sent = await sentBySdk(credentials, 'http://127.0.0.1:9229')
  const other = { ...credentials, secretAccessKey: 'another' }
  assert.notEqual((await signAgain(sent, other))['authorization'], sent.headers['authorization'])
  assert.notEqual(
    (await signAgain({ ...sent, body: '{}' }, credentials))['authorization'],
    sent.headers['authorization'],
  )
})
