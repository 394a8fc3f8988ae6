import { BlockList, isIPv6 } from 'node:net';

/** Networks (CIDR) and addresses. */
export interface AddressList {
  /** @param address in its plain form; null is in no list */
  has(address: string | null): boolean;
}

export function createAddressList(networks: readonly string[]): AddressList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/', 2);
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return {
    has: (address) =>
      networks.length > 0 &&
      address !== null &&
      list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
  };
}
