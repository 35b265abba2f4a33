import { openClient } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { initiate } from './initiate.ts'

/** Begins a sign-in, or refreshes one (protocol/authentication 3.2, 3.3). */
export const initiateAuth: Operation<'InitiateAuth'> = async (context, input) =>
  initiate(context, await openClient(context, input.ClientId), input, false)
