// The documents of the OAuth door as routes: JSON that any page may read and keep for an hour (spec: endpoints 1.1).
import type { Route } from './app.ts'
import { resourceNotFound } from './errors.ts'
import { keySet, openidConfiguration, type Document } from './oauth/documents.ts'

const headers = { 'content-type': 'application/json', 'cache-control': 'public, max-age=3600' }

const notFound = { status: 404, headers: { 'content-type': 'application/json' } }

const documentRoute = (name: string, document: Document): Route => ({
  method: 'GET',
  path: `/{pool}/.well-known/${name}`,
  cors: true,
  answer: async (context, request) => {
    const poolId = request.params['pool'] ?? ''
    const body = await document(context, poolId)
    if (body) return { status: 200, headers, body: JSON.stringify(body) }
    const { name: type, message } = resourceNotFound(`User pool ${poolId} does not exist.`)
    return { ...notFound, body: JSON.stringify({ __type: type, message }) }
  },
})

/** The discovery document and the key set of each pool. */
export const documentRoutes: readonly Route[] = [
  documentRoute('openid-configuration', openidConfiguration),
  documentRoute('jwks.json', keySet),
]
