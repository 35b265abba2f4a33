import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cognitoArn } from './arn.ts'

test('an ARN names the partition of its Region', () => {
  const partitions = { 'eu-west-1': 'aws', 'cn-north-1': 'aws-cn', 'us-gov-west-1': 'aws-us-gov', 'zz-local-1': 'aws' }
  for (const [region, partition] of Object.entries(partitions))
    assert.equal(
      cognitoArn(region, '000000000000', `userpool/${region}_AbCdEf123`),
      `arn:${partition}:cognito-idp:${region}:000000000000:userpool/${region}_AbCdEf123`,
    )
})
