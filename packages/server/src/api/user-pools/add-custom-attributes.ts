import { addCustomAttributes as extended } from '../../rules/attributes.ts'
import type { Operation } from '../operation.ts'
import { declaredAttributes } from './pool-shape.ts'

/** Adds custom attributes to the schema of a pool; they cannot be removed (protocol/administration 1.5). */
export const addCustomAttributes: Operation<'AddCustomAttributes'> = async ({ store, clock }, input) => {
  const pool = await store.pools.get(input.UserPoolId)
  const schemaAttributes = extended(pool.settings.schemaAttributes, declaredAttributes(input.CustomAttributes))
  const settings = { ...pool.settings, schemaAttributes }
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  return {}
}
