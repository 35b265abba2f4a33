// Codes by message on both databases, by two servers on one database: of fifty that race one wins, and names that lead
// to nobody are locked and limited alike.
import assert from 'node:assert/strict'
import { accessTokenOf, asked, begin, beginByPassword, respond } from '../packages/server/testing/sign-in.ts'
import { addFactorPool, codeRefusals } from '../packages/server/testing/factors.ts'
import { addUser, listed, type PoolUnderTest, refusals, said, userOf } from '../packages/server/testing/pool.ts'
import type { TestApp } from '../packages/server/testing/app.ts'
import { onBothDatabases, raceOfFifty } from '../packages/server/testing/databases.ts'

const address = 'jane@example.com'

const on = (at: PoolUnderTest, server: TestApp): PoolUnderTest => ({ ...at, server })

const allUsed = (refused: readonly Error[]): void => {
  assert.equal(refused.length, 49)
  for (const refusal of refused) assert.equal(said(refusal), codeRefusals.used)
}

onBothDatabases('req 35: of fifty right answers to one second factor by e-mail one gets tokens', async (start) => {
  const servers = await start(2)
  const at = await addFactorPool(servers[0], { mfa: 'ON', second: ['EMAIL_OTP'] })
  await addUser(at, 'jane', { email: address })
  const session = asked(await beginByPassword(at, 'jane'), 'EMAIL_OTP')
  const EMAIL_OTP_CODE = await at.server.code(address)
  const { won, refused } = await raceOfFifty(servers, async (server) =>
    accessTokenOf(await respond(on(at, server), 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE })),
  )
  assert.equal(won.length, 1)
  allUsed(refused)
})

onBothDatabases('req 35: of fifty right answers to one first factor by e-mail one gets tokens', async (start) => {
  const servers = await start(2)
  const at = await addFactorPool(servers[0], { first: ['EMAIL_OTP'] })
  await at.server.call('SignUp', {
    ClientId: at.ClientId,
    Username: 'jane',
    UserAttributes: listed({ email: address }),
  })
  const session = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  const EMAIL_OTP_CODE = await at.server.code(address)
  const { won, refused } = await raceOfFifty(servers, async (server) =>
    accessTokenOf(await respond(on(at, server), 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE })),
  )
  assert.equal(won.length, 1)
  allUsed(refused)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
})

onBothDatabases('of fifty starts by the Session of one confirmation one gets tokens', async (start) => {
  const servers = await start(2)
  const at = await addFactorPool(servers[0], { first: ['EMAIL_OTP'] })
  const up = { ClientId: at.ClientId, Username: 'jane' }
  const { Session } = await at.server.call('SignUp', { ...up, UserAttributes: listed({ email: address }) })
  const ConfirmationCode = await at.server.code(address)
  const confirmed = await at.server.call('ConfirmSignUp', { ...up, ConfirmationCode, Session })
  const { won, refused } = await raceOfFifty(servers, async (server) =>
    accessTokenOf(await begin(on(at, server), { USERNAME: 'jane' }, { Session: confirmed.Session })),
  )
  assert.equal(won.length, 1)
  allUsed(refused)
})

onBothDatabases('req 20: of fifty wrong codes that come together five are answered', async (start) => {
  const servers = await start(2)
  const client = { PreventUserExistenceErrors: 'ENABLED' as const }
  const at = await addFactorPool(servers[0], { first: ['EMAIL_OTP'], client })
  await addUser(at, 'jane', { email: address })
  for (const USERNAME of ['jane', 'nobody']) {
    const session = asked(await begin(at, { USERNAME, PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
    const { won, refused } = await raceOfFifty(servers, (server) =>
      respond(on(at, server), 'EMAIL_OTP', session, { USERNAME, EMAIL_OTP_CODE: '0' }),
    )
    assert.equal(won.length, 0)
    assert.equal(refused.filter((refusal) => said(refusal) === codeRefusals.wrong).length, 5, USERNAME)
    assert.equal(refused.filter((refusal) => said(refusal) === codeRefusals.locked).length, 45, USERNAME)
  }
})

onBothDatabases('of fifty requests for a code as many send one as the limit says', async (start) => {
  const servers = await start(2)
  const client = { PreventUserExistenceErrors: 'ENABLED' as const }
  const at = await addFactorPool(servers[0], { first: ['EMAIL_OTP'], client })
  await addUser(at, 'jane', { email: address })
  for (const USERNAME of ['jane', 'nobody']) {
    const { won, refused } = await raceOfFifty(servers, (server) =>
      begin(on(at, server), { USERNAME, PREFERRED_CHALLENGE: 'EMAIL_OTP' }),
    )
    assert.equal(won.length, 20, USERNAME)
    for (const refusal of refused) assert.equal(said(refusal), refusals.limit)
  }
  assert.equal((await at.server.context.store.outbox.newest(address, 100)).length, 20)
})
