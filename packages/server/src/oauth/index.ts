// The OAuth door: discovery documents and key sets, in JSON that any page may read and cache for an hour
// (protocol/endpoints 1.1). Its refusals are JSON too.
import { jsonAnswer } from '../http/exchange.ts'
import type { Door, Route } from '../http/routes.ts'
import { resourceNotFound } from '../errors.ts'
import { keySet, openidConfiguration, type Document } from './documents.ts'
import { refuse } from './refusal.ts'

const documentRoute = (name: string, document: Document): Route => ({
  method: 'GET',
  path: `/{pool}/.well-known/${name}`,
  cors: true,
  answer: async (context, request) => {
    const poolId = request.params['pool'] ?? ''
    const body = await document(context, poolId)
    if (!body) throw resourceNotFound(`User pool ${poolId} does not exist.`)
    const { status, headers, body: text } = jsonAnswer(200, body)
    return { status, headers: { ...headers, 'cache-control': 'public, max-age=3600' }, body: text }
  },
})

/** The door. */
export const oauthDoor: Door = {
  routes: [documentRoute('openid-configuration', openidConfiguration), documentRoute('jwks.json', keySet)],
  refuse,
}
