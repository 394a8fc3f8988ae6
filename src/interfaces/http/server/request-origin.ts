import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Returns the client's address, as far as trusted proxies confirm it, or null if a proxy forwarded something else. */
export function readClientIp(request: FastifyRequest): string | null {
  return plainAddress(request.ip);
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
