import { isIPv6 } from 'node:net';

/**
 * The network that counts as one client: an IPv4 address as it is, an IPv6 address as its first four groups. A single
 * client usually has all of a /64 (RFC 4291 §2.5.4).
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const [start, end] = address.split('::', 2).map((part) => (part === '' ? [] : part.split(':')));
  const groups = [...(start ?? [])];
  if (end !== undefined) {
    while (groups.length + end.length < 8) groups.push('0');
    groups.push(...end);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
