// The source address of a request: the address of the socket, or the one that a trusted proxy reports. X-Forwarded-For
// from any other caller is ignored (requirement 123).
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'

/** The networks of trusted proxies. */
export type Networks = BlockList

/** The networks of a list, or its first wrong item. */
export type ReadNetworks = { readonly networks: Networks } | { readonly unknown: string }

/** Reads a list of addresses and CIDR blocks, separated by commas, such as `10.0.0.0/8, ::1`. */
export const readNetworks = (text: string): ReadNetworks => {
  const networks = new BlockList()
  for (const item of text.split(',').map((part) => part.trim())) {
    if (!addNetwork(networks, item)) return { unknown: item }
  }
  return { networks }
}

const addNetwork = (networks: Networks, item: string): boolean => {
  const [, text = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(item) ?? []
  const address = plainAddress(text)
  if (address === undefined) return false
  const most = isIPv4(address) ? 32 : 128
  const prefix = bits === undefined ? most : Number(bits)
  if (prefix > most) return false
  networks.addSubnet(address, prefix, familyOf(address))
  return true
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

/**
 * The shortest form of an address; an IPv4 address inside IPv6 (`::ffff:192.0.2.1`) becomes IPv4.
 *
 * @returns undefined for other text
 */
export const plainAddress = (text: string): string | undefined => {
  if (isIPv4(text)) return text
  if (isIPv4(mappedPart(text))) return mappedPart(text)
  const [unscoped = ''] = text.split('%')
  if (!isIPv6(unscoped)) return undefined
  const { address } = new SocketAddress({ address: unscoped, family: 'ipv6' })
  return isIPv4(mappedPart(address)) ? mappedPart(address) : address
}

const mappedPart = (text: string): string => (text.startsWith('::ffff:') ? text.slice('::ffff:'.length) : '')

/**
 * The source address of a request. If the socket's address is a trusted proxy, it is the right-most address of
 * X-Forwarded-For that is not a trusted proxy, or the left-most one if all are. Everything left of a malformed address is
 * ignored.
 *
 * @param socketAddress - the other end of the connection
 * @param forwardedFor - the header's values, separated by commas
 * @returns undefined if the socket has no address
 */
export const sourceAddress = (
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: Networks | undefined,
): string | undefined => {
  let source = socketAddress === undefined ? undefined : plainAddress(socketAddress)
  if (trusted === undefined || forwardedFor === undefined) return source
  const hops = forwardedFor.split(',')
  while (source !== undefined && trusted.check(source, familyOf(source))) {
    const hop = forwardedAddress(hops.pop() ?? '')
    if (hop === undefined) return source
    source = hop
  }
  return source
}

// Some proxies append the port.
const forwardedAddress = (hop: string): string | undefined => {
  const text = hop.trim()
  const [, bracketed, withPort] = /^\[([^\]]+)\](?::\d{1,5})?$|^([\d.]+):\d{1,5}$/.exec(text) ?? []
  return plainAddress(bracketed ?? withPort ?? text)
}

/**
 * The network that has a share of the limits: an IPv4 address, or the /64 of an IPv6 address, which usually belongs to one
 * caller.
 *
 * @returns '' for unknown sources, which share one network
 */
export const networkOf = (address: string | undefined): string => {
  const plain = address === undefined ? undefined : plainAddress(address)
  if (plain === undefined) return ''
  return isIP(plain) === 4 ? plain : `${groupsOf(plain).slice(0, 4).join(':')}::/64`
}

/** The eight groups of an IPv6 address in its shortest form. */
const groupsOf = (address: string): string[] => {
  const [before = '', after] = address.split('::')
  const left = before === '' ? [] : before.split(':')
  const right = after === undefined || after === '' ? [] : after.split(':')
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}
