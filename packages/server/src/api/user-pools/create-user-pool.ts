import { ServiceError } from '../../errors.ts'
import { newSigningKeys } from '../../flows/callers/signing.ts'
import { poolSchema } from '../../rules/attributes.ts'
import { defaultPoolSettings, type PoolSettings } from '../../rules/pool-settings.ts'
import type { Pool } from '../../store/index.ts'
import type { CreateUserPoolRequest } from '../../wire/model.gen.ts'
import type { Operation } from '../operation.ts'
import { fromWire } from '../settings-case.ts'
import { checkSettings } from './pool-checks.ts'
import { requestedSettings } from './pool-request.ts'
import { declaredAttributes, poolShape } from './pool-shape.ts'

/** The most pools of a Region (protocol/administration 13.4). */
const poolLimit = 1000

const idCharacters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Creates a user pool with its signing keys, in one commit (protocol/administration 1.1 to 1.5). */
export const createUserPool: Operation<'CreateUserPool'> = async (context, input) => {
  const { store, random, clock, region } = context
  const settings = requestedSettings(input, settingsForGood(input))
  checkSettings(context, settings, { region })
  if ((await store.pools.count(region, poolLimit)) >= poolLimit) {
    throw new ServiceError('LimitExceededException', `There can be at most ${poolLimit} user pools.`)
  }
  const now = clock.now()
  const pool: Pool = {
    id: `${region}_${random.text(9, idCharacters)}`,
    region,
    name: input.PoolName,
    settings,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  context.subject.pool = pool.id
  await store.commit([store.pools.add(pool), ...(await newSigningKeys(context, pool.id))])
  return { UserPool: await poolShape(context, pool) }
}

// The settings that only CreateUserPool can set.
const settingsForGood = (input: CreateUserPoolRequest): PoolSettings => ({
  ...defaultPoolSettings(),
  schemaAttributes: poolSchema(declaredAttributes(input.Schema)),
  aliasAttributes: input.AliasAttributes,
  usernameAttributes: input.UsernameAttributes,
  usernameConfiguration: input.UsernameConfiguration && fromWire(input.UsernameConfiguration),
})
