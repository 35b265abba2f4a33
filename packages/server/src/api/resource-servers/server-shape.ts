// Resource servers on the wire (protocol/administration 8).
import type { ResourceServer, Scope } from '../../store/index.ts'
import type { ResourceServerScopeType, ResourceServerType } from '../../wire/model.gen.ts'
import { invalidParameter } from '../../errors.ts'

/** The wire shape of a resource server. */
export const serverShape = ({ poolId, identifier, name, scopes }: ResourceServer): ResourceServerType => ({
  UserPoolId: poolId,
  Identifier: identifier,
  Name: name,
  ...(scopes.length > 0
    ? { Scopes: scopes.map((scope) => ({ ScopeName: scope.name, ScopeDescription: scope.description })) }
    : {}),
})

/** The scopes in a request. @throws ServiceError InvalidParameterException for a repeated name */
export const requestedScopes = (given: readonly ResourceServerScopeType[] | undefined): Scope[] => {
  const scopes = (given ?? []).map(({ ScopeName: name, ScopeDescription: description }) => ({ name, description }))
  const twice = scopes.find(({ name }, index) => scopes.findIndex((other) => other.name === name) !== index)
  if (twice) throw invalidParameter(`Duplicate scope name ${twice.name}.`)
  return scopes
}
