import { isIPv6 } from 'node:net';

const GROUPS = 8;
const GROUP_BITS = 16;
/** Bits between two networks around an IPv6 client: /64, /56, /48. */
const IPV6_STEP_BITS = 8;

/**
 * The network that counts as one client: an IPv4 address as it is, an IPv6 address as its first four groups. A single
 * client usually has all of a /64 (RFC 4291 §2.5.4).
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  return groupsOf(address)
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':');
}

/** Names of queues that are no client's: no address is written like this. */
const OPERATORS = 'operators';
const WITHOUT_ADDRESS = 'without address';

/**
 * The queue of a caller where clients take turns. Operators have one of their own, whatever their address; clients
 * without an address share one.
 */
export function clientQueue({
  principal,
  ip,
}: {
  readonly principal: { readonly kind: string };
  readonly ip: string | null;
}): string {
  if (principal.kind === 'operator') return OPERATORS;
  return ip === null ? WITHOUT_ADDRESS : clientNetwork(ip);
}

/**
 * The networks around a client, the narrowest first: an IPv4 address and its /24; three prefixes of an IPv6 address, each
 * eight bits wider than the one before.
 * @param ipv6Prefix bits of the narrowest IPv6 prefix, from 16 to 128
 */
export function clientNetworks(address: string, ipv6Prefix: number): readonly string[] {
  if (!isIPv6(address)) return [address, `${address.slice(0, address.lastIndexOf('.'))}.0/24`];
  const groups = groupsOf(address);
  return [0, 1, 2].map((step) => prefixOf(groups, ipv6Prefix - step * IPV6_STEP_BITS));
}

function prefixOf(groups: readonly number[], bits: number): string {
  const kept = groups.slice(0, Math.ceil(bits / GROUP_BITS));
  const last = kept.pop() ?? 0;
  const lastBits = bits - kept.length * GROUP_BITS;
  const masked = (last >> (GROUP_BITS - lastBits)) << (GROUP_BITS - lastBits);
  return `${[...kept, masked].map((group) => group.toString(16)).join(':')}/${bits}`;
}

/** All groups of an IPv6 address without an IPv4 part. */
function groupsOf(address: string): readonly number[] {
  const [start, end] = address.split('::', 2).map((part) => (part === '' ? [] : part.split(':')));
  const groups = [...(start ?? [])];
  if (end !== undefined) {
    while (groups.length + end.length < GROUPS) groups.push('0');
    groups.push(...end);
  }
  return groups.map((group) => Number.parseInt(group, 16));
}
