// Triggers of a server that cannot call functions: a pool that names one is refused where it would be called.
import { ServiceError } from '../errors.ts'
import type { Pool } from '../store/index.ts'
import type { TriggerName, Triggers } from './index.ts'

/** The function that a pool names for a trigger. */
export const functionOf = ({ settings }: Pool, name: TriggerName): string | undefined => {
  const functions: Readonly<Record<string, unknown>> = settings.lambdaConfig
  const found = functions[`${name.charAt(0).toLowerCase()}${name.slice(1)}`]
  return typeof found === 'string' ? found : undefined
}

/** Calls no function, and never passes one by. */
export const noTriggers: Triggers = {
  has: (pool, name) => functionOf(pool, name) !== undefined,
  call: async (name, { pool }) => {
    if (functionOf(pool, name) === undefined) return undefined
    throw new ServiceError(
      'UnexpectedLambdaException',
      `${name} invocation failed due to error this server calls no functions.`,
    )
  },
}
