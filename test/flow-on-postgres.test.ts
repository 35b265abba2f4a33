import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeTestApp } from '../packages/server/src/test-app.ts'
import { ensureReadyPool } from '../packages/server/src/dev/ready-pool.ts'
import { openPostgres } from '../packages/server/src/store/postgres.ts'
import { startPostgres } from './postgres.ts'

test('a flow may change process at each step: two servers on one PostgreSQL', async () => {
  const url = await (await startPostgres()).freshDatabase()
  const one = await makeTestApp({ database: openPostgres(url, 4, () => {}) })
  const { clientId } = await ensureReadyPool(one.context)
  const Username = 'jane@example.com'
  await one.call('SignUp', { ClientId: clientId, Username, Password: 'Correct-horse-7' })
  const two = await makeTestApp({ database: openPostgres(url, 4, () => {}) })
  await two.call('ConfirmSignUp', { ClientId: clientId, Username, ConfirmationCode: await two.code(Username) })
  const started = await one.call('InitiateAuth', {
    ClientId: clientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: Username, PASSWORD: 'Correct-horse-7' },
  })
  assert.equal(started.ChallengeName, 'MFA_SETUP')
  const associated = await two.call('AssociateSoftwareToken', { Session: started.Session ?? '' })
  assert.match(associated.SecretCode ?? '', /^[A-Z2-7]{52}$/)
  await Promise.all([one.close(), two.close()])
})
