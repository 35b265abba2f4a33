import { invalidParameter } from '../errors.ts'

/**
 * Refuses a role that the service cannot assume.
 *
 * @throws ServiceError InvalidParameterException for a role of another account (protocol/administration 1.3, 3.4)
 */
export const checkRole = ({ accountId }: { readonly accountId: string }, roleArn: string | undefined): void => {
  if (roleArn === undefined || roleArn.split(':')[4] === accountId) return
  throw invalidParameter('Cross-account pass role is not allowed.')
}
