// Where a request comes from: the address of the socket, or what proxies say that are trusted to say it. Nothing that
// any other caller writes into X-Forwarded-For is believed (requirement 123).
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'

/** Networks of proxies that are believed. */
export type Networks = BlockList

/** Networks that were read, or the first item of the list that is none. */
export type ReadNetworks = { readonly networks: Networks } | { readonly unknown: string }

/** Reads a list of addresses and CIDR blocks with commas between them, such as `10.0.0.0/8, ::1`. */
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
 * An address in its shortest form, an IPv4 address inside IPv6 (`::ffff:192.0.2.1`) as IPv4.
 *
 * @returns undefined for text that is no address
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
 * The address that a request comes from. Where the socket's is a trusted proxy, that is the right-most address of
 * X-Forwarded-For which is no trusted proxy; the left-most where all are. What stands left of a malformed one is not
 * believed.
 *
 * @param socketAddress - the other end of the connection
 * @param forwardedFor - the header's values, with commas between them
 * @returns undefined where the socket has no address
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

// Some proxies write the port as well.
const forwardedAddress = (hop: string): string | undefined => {
  const text = hop.trim()
  const [, bracketed, withPort] = /^\[([^\]]+)\](?::\d{1,5})?$|^([\d.]+):\d{1,5}$/.exec(text) ?? []
  return plainAddress(bracketed ?? withPort ?? text)
}

/**
 * The network by which a source has its share: an IPv4 address itself, of an IPv6 address the /64, which one caller has
 * whole.
 *
 * @returns '' for a source that is not known: such sources share one
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
