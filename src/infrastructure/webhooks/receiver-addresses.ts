import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses of IPv4 that are not of the public internet (IANA special-purpose registry), and multicast. */
const SPECIAL_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24'],
  ...['192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];

/** Global unicast of IPv6; everything outside of it is refused, such as NAT64 (64:ff9b::/96) and mapped addresses. */
const GLOBAL_IPV6 = '2000::/3';
/** Parts of it that are not of the public internet, or that carry an address of IPv4 (Teredo, 6to4). */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

/** Which addresses of receivers may be connected to. */
export interface ReceiverAddresses {
  /** Whether the configuration names the address. An IPv4 address in IPv6 counts as itself. */
  isListed(address: string): boolean;
  /** Whether the address is of the public internet, or listed. False for a text that is no address. */
  isAllowed(address: string): boolean;
}

/** @param allowedNetworks networks in CIDR notation that are allowed besides the public internet */
export function createReceiverAddresses(allowedNetworks: readonly string[]): ReceiverAddresses {
  const listed = listOf(allowedNetworks);
  const special = listOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
  const global = listOf([GLOBAL_IPV6]);
  const isListed = (address: string): boolean => includes(listed, unmapped(address));
  return {
    isListed,
    isAllowed(text) {
      const address = unmapped(text);
      if (isIP(address) === 0) return false;
      if (isListed(address)) return true;
      if (isIPv6(address) && !includes(global, address)) return false;
      return !includes(special, address);
    },
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function includes(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** The form in which URLs have a mapped address: `::ffff:` and two groups of hexadecimal digits. */
const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
const MAPPED_DOTTED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** An IPv4 address that is mapped into IPv6 is what the system connects to. */
function unmapped(text: string): string {
  const address = text.split('%', 1)[0] ?? '';
  if (!isIPv6(address)) return address;
  const normal = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, dotted] = MAPPED_DOTTED.exec(normal) ?? [];
  if (dotted !== undefined) return dotted;
  const [, high, low] = MAPPED_HEX.exec(normal) ?? [];
  if (high === undefined || low === undefined) return normal;
  const bits = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
