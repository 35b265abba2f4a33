// The X-Amz-Target of an operation: the name of its service, a dot, its own name (protocol/authentication 1.1).
import { operationShapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'

const cognito = 'AWSCognitoIdentityProviderService'

const isOperation = (name: string): name is OperationName => Object.hasOwn(operationShapes, name)

/** The target of an operation. An unknown name gets the service name of Amazon Cognito, so that it is refused there. */
export const targetOf = (name: string): string =>
  `${(isOperation(name) ? operationShapes[name].service : undefined) ?? cognito}.${name}`

/** The operation that a target names; undefined for an unknown service or name. */
export const operationOfTarget = (target: string): OperationName | undefined => {
  const name = target.slice(target.indexOf('.') + 1)
  return isOperation(name) && targetOf(name) === target ? name : undefined
}
