// Names of resources as AWS writes them (protocol/administration 1.1).

/** The ARN of a resource of user pools; `resource` is its path, such as `userpool/` and the id of a pool. */
export const cognitoArn = (region: string, accountId: string, resource: string): string =>
  `arn:${partitionOf(region)}:cognito-idp:${region}:${accountId}:${resource}`

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
