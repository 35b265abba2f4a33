// Devices in races, on each database: a key is confirmed once, a proof serves once.
import assert from 'node:assert/strict'
import { addPool, addUser, type PoolUnderTest, said } from '../../../testing/pool.ts'
import { beginByPassword } from '../../../testing/sign-in.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { confirmedDevice, issuedBy, proveDevice, startWith } from '../../../testing/device.ts'
import type { TestApp } from '../../../testing/app.ts'

const addDevicePool = (app: TestApp): Promise<PoolUnderTest> =>
  addPool(app, { pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } } })

onBothDatabases('req 31, 35: of fifty equal proofs of a device, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addDevicePool(one)
  await addUser(at, 'jane')
  const { device } = await confirmedDevice(at, 'jane')
  const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
  const race = await raceOfFifty([one, two], (server) => server.call('RespondToAuthChallenge', proof))
  assert.equal(race.won.length, 1)
  const used = 'NotAuthorizedException: Invalid session for the user, session can only be used once.'
  assert.deepEqual(new Set(race.refused.map(said)), new Set([used]))
})

onBothDatabases('of fifty confirmations of one device key, one wins', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addDevicePool(one)
  await addUser(at, 'jane')
  const { device, confirmation, tokens } = await issuedBy(at, await beginByPassword(at, 'jane'))
  const race = await raceOfFifty([one, two], (server, index) =>
    server.call('ConfirmDevice', { ...confirmation, DeviceName: `device ${index}` }),
  )
  assert.equal(race.won.length, 1)
  const exists = 'DeviceKeyExistsException: Device key already exists.'
  assert.deepEqual(new Set(race.refused.map(said)), new Set([exists]))
  const { Device } = await at.server.call('GetDevice', { AccessToken: tokens.AccessToken, DeviceKey: device.key })
  const name = Device.DeviceAttributes?.find(({ Name }) => Name === 'device_name')?.Value
  assert.equal(name, `device ${race.won[0]?.index}`)
})

onBothDatabases('a device that is forgotten while fifty sign in by it gives no tokens from then on', async (start) => {
  const [one, two] = await start(2)
  assert.ok(one && two)
  const at = await addDevicePool(one)
  await addUser(at, 'jane')
  const { device } = await confirmedDevice(at, 'jane')
  const proofs: Parameters<typeof at.server.call<'RespondToAuthChallenge'>>[1][] = []
  for (let made = 0; made < 50; made += 1) {
    proofs.push(await proveDevice(at, await startWith(at, 'jane', device.key), device))
  }
  const race = await raceOfFifty([one, two], async (server, index) => {
    const proof = proofs[index]
    if (index === 25)
      await server.call('AdminForgetDevice', { UserPoolId: at.UserPoolId, Username: 'jane', DeviceKey: device.key })
    return proof && server.call('RespondToAuthChallenge', proof)
  })
  // Its own proof comes after the forgetting.
  assert.ok(!race.won.some(({ index }) => index === 25))
  const allowed = [
    'ResourceNotFoundException: Device does not exist.',
    'NotAuthorizedException: Invalid session for the user.',
    'TooManyRequestsException: Too many requests',
  ]
  assert.deepEqual(
    race.refused.map(said).filter((refusal) => !allowed.includes(refusal)),
    [],
  )
  // And what had been given before ended with the device.
  for (const { result } of race.won) {
    const RefreshToken = result?.AuthenticationResult?.RefreshToken ?? ''
    const refresh = at.server.call('GetTokensFromRefreshToken', {
      ClientId: at.ClientId,
      RefreshToken,
      DeviceKey: device.key,
    })
    await assert.rejects(refresh, { name: 'NotAuthorizedException' })
  }
})
