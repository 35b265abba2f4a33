// What X-Amz-Target says of an operation: the service that has it, a dot, its name (protocol/authentication 1.1).
import { operationShapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'

const cognito = 'AWSCognitoIdentityProviderService'

const isOperation = (name: string): name is OperationName => Object.hasOwn(operationShapes, name)

/** The target of an operation. A name that no service has is one of Amazon Cognito's, which refuses it. */
export const targetOf = (name: string): string =>
  `${(isOperation(name) ? operationShapes[name].service : undefined) ?? cognito}.${name}`

/** The operation that a target names; undefined when no service has one of that name. */
export const operationOfTarget = (target: string): OperationName | undefined => {
  const name = target.slice(target.indexOf('.') + 1)
  return isOperation(name) && targetOf(name) === target ? name : undefined
}
