import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { createAddressList } from './address-list.ts';

/** Longest chain of trusted proxies. The client behind a longer one has no address. */
const MAX_HOPS = 100;

/** Finds the address of the client of a request; null if it is not known. */
export type ClientAddress = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string | null;

/**
 * Creates the function that finds the address of a client: of its socket, or of the nearest hop that is no trusted
 * proxy. The result is null if that hop has no address, such as `unknown` or `_hidden` (RFC 7239 §6).
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = createAddressList(trusted);
  return ({ headers, socket }) => {
    let address = plainAddress(socket.remoteAddress);
    if (!proxies.has(address)) return address;
    const hops = forwardedHops(headers);
    for (let count = 0; hops.length > 0; count += 1) {
      address = count === MAX_HOPS ? null : readNode(hops.pop() ?? '');
      if (!proxies.has(address)) return address;
    }
    return address;
  };
}

/**
 * Returns an address in its plain form, or null if it is none. IPv4 in IPv6 (RFC 4291 §2.5.5.2) becomes IPv4. A zone
 * (RFC 4007 §11) is removed: it has no meaning on other hosts and can have any length.
 */
export function plainAddress(address: string | undefined): string | null {
  if (address === undefined) return null;
  if (isIPv4(address)) return address;
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(bare) === 0 ? null : bare;
}

/**
 * Texts of the hops, the nearest last. `X-Forwarded-For` comes first: most proxies write it and pass a `Forwarded` of
 * the client on. Commas and semicolons in quotes separate as well. No address has one, and a quote that the client
 * leaves open cannot swallow what a proxy appends.
 */
function forwardedHops(headers: IncomingHttpHeaders): string[] {
  const addresses = split([headers['x-forwarded-for'] ?? ''].flat().join(), ',');
  if (addresses.length > 0) return addresses;
  return split(headers.forwarded ?? '', ',').map((element) => {
    const nodes = split(element, ';').flatMap((pair) => {
      const value = /^for[ \t]*=(.*)$/i.exec(pair)?.[1];
      return value === undefined ? [] : [value.trim()];
    });
    return nodes.length === 1 ? (nodes[0] ?? '') : '';
  });
}

/** Empty elements of a list count for nothing (RFC 9110 §5.6.1.2). */
function split(text: string, separator: string): string[] {
  const parts = text.split(separator).map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

/** An address in brackets with an optional port. A port can be obfuscated (RFC 7239 §6.3). */
const BRACKETED = /^\[([^[\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
const WITH_PORT = /^([^[\]]+):(?:\d{1,5}|_[\w.-]+)$/;

/**
 * Reads the address of a hop: quoted or not, IPv6 with or without brackets, with or without a port. In IPv6 without
 * brackets, what could be a group of the address is one.
 */
function readNode(text: string): string | null {
  const node = /^".*"$/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1').trim() : text;
  const bracketed = BRACKETED.exec(node)?.[1];
  if (bracketed !== undefined) return canonicalAddress(bracketed);
  return canonicalAddress(node) ?? canonicalAddress(WITH_PORT.exec(node)?.[1]);
}

/** IPv6 without capital letters, leading zeros, and IPv4 inside: canonical already. */
const CANONICAL_IPV6 = /^(?!.*:0)[1-9a-f][0-9a-f:]*$/;

/** As `plainAddress`, with IPv6 in its canonical spelling (RFC 5952): a proxy can send any other one. */
function canonicalAddress(text: string | undefined): string | null {
  const plain = plainAddress(text);
  if (plain === null || !isIPv6(plain) || CANONICAL_IPV6.test(plain)) return plain;
  return plainAddress(new SocketAddress({ address: plain, family: 'ipv6' }).address);
}
