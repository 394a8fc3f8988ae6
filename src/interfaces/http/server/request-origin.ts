import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Returns the client's address, as far as trusted proxies confirm it, or null if a proxy forwarded something else.
 * IPv4 in IPv6 (RFC 4291 §2.5.5.2) becomes IPv4. A zone (RFC 4007 §11) is removed: it has no meaning on other hosts and
 * can have any length.
 */
export function readClientIp(request: FastifyRequest): string | null {
  const { ip } = request;
  if (ip === undefined) return null;
  if (isIPv4(ip)) return ip;
  const bare = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(bare) === 0 ? null : bare;
}
