// Pools whose settings were stored under the names of earlier versions: they are renamed when the database is opened,
// and read also where such a version writes them afterwards.
import assert from 'node:assert/strict'
import { migrated, onBoth } from '../../testing/stores.ts'
import { defaultPoolSettings, type PoolSettings } from '../rules/pool-settings.ts'
import { migrate } from './database/migrate.ts'
import type { Value } from './database/index.ts'
import { openStore, type Database, type Pool, type Store } from './index.ts'

const now = 1_767_323_045_000

// The text holds the former names too, as only a text can: with its quotation marks escaped.
const text = 'Hello {username}, your code is {####}. "sMSMessage":"x" and {"kMSKeyID":"y"}'

const settings: PoolSettings = {
  ...defaultPoolSettings(),
  lambdaConfig: { kmsKeyId: 'arn:aws:kms:zz-local-1:000000000000:key/abc' },
  adminCreateUserConfig: {
    allowAdminCreateUserOnly: true,
    unusedAccountValidityDays: 7,
    inviteMessageTemplate: { smsMessage: text, emailSubject: 'Hello' },
  },
  verificationMessageTemplate: { smsMessage: 'Code {####}', defaultEmailOption: 'CONFIRM_WITH_CODE' },
}

const { lambdaConfig, adminCreateUserConfig, ...others } = settings
const formerText = JSON.stringify({
  ...others,
  lambdaConfig: { kMSKeyID: lambdaConfig.kmsKeyId },
  adminCreateUserConfig: {
    ...adminCreateUserConfig,
    inviteMessageTemplate: { sMSMessage: text, emailSubject: 'Hello' },
  },
})

const pool: Pool = {
  id: 'zz-local-1_former',
  region: 'zz-local-1',
  name: 'former',
  settings,
  version: 1,
  createdAt: now,
  updatedAt: now,
}

const storedText = async (database: Database): Promise<Value | undefined> => {
  const [row] = await database.read({ sql: 'select settings from pools', parameters: [] })
  return row?.['settings']
}

// A pool as the version before stored it.
const former = async (open: () => Database): Promise<{ database: Database; store: Store }> => {
  const database = await migrated(open)
  const store = openStore(database)
  await store.commit([store.pools.add(pool)])
  const place = database.dialect === 'sqlite' ? '?' : '$1'
  await database.migrate([{ sql: `update pools set settings = ${place}`, parameters: [formerText] }])
  store.pools.forget()
  return { database, store }
}

onBoth('settings that were stored under former names are renamed, once', async (open) => {
  const { database, store } = await former(open)
  await database.migrate([{ sql: 'delete from migrations where number = 14', parameters: [] }])
  for (let time = 0; time < 2; time += 1) {
    await migrate(database, () => now)
    assert.deepEqual(JSON.parse(String(await storedText(database))), JSON.parse(JSON.stringify(settings)))
  }
  assert.deepEqual((await store.pools.get(pool.id)).settings, settings)
})

onBoth('settings that a server of an earlier version stores are read, and renamed by the next change', async (open) => {
  const { database, store } = await former(open)
  assert.equal(await storedText(database), formerText)
  const read = await store.pools.get(pool.id)
  assert.deepEqual(read.settings, settings)
  const [listed] = await store.pools.list('zz-local-1', '', 1)
  assert.deepEqual(listed?.settings, settings)
  await store.commit([store.pools.change(read, { name: 'present', settings: read.settings }, now)])
  assert.deepEqual(JSON.parse(String(await storedText(database))), JSON.parse(JSON.stringify(settings)))
})
