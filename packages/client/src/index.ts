// The public face of @poolkeeper/client.
export { openPool, type UserPool } from './pool.ts'
export type { PoolOptions } from './context.ts'
export { PoolError } from './call.ts'
export type { Credentials } from './sigv4.ts'
export type {
  Answers,
  AnswerTo,
  Factor,
  FirstFactor,
  OpenState,
  OpenStep,
  Refusal,
  SentTo,
  State,
  States,
  Tokens,
  User,
  Why,
} from './state.ts'
