// Reads the operator's list of proxies that may state the source address of requests.
import { ConfigError } from '../../config.ts'
import { readNetworks, sourceAddress } from '../../rules/source-address.ts'

/**
 * Makes the function that finds the source address of a request.
 *
 * @param trustedProxies - addresses and CIDR blocks with commas between them; undefined for none
 * @throws ConfigError that names the first item that is not a network
 */
export const sourceByProxies = (
  trustedProxies: string | undefined,
): ((socketAddress: string | undefined, forwardedFor: string | undefined) => string | undefined) => {
  const read = trustedProxies === undefined ? { networks: undefined } : readNetworks(trustedProxies)
  if ('unknown' in read)
    throw new ConfigError(
      `--trusted-proxies is a list of addresses and CIDR blocks, such as 10.0.0.0/8,2001:db8::1. Not one of them: ${read.unknown}.`,
    )
  return (socketAddress, forwardedFor) => sourceAddress(socketAddress, forwardedFor, read.networks)
}
