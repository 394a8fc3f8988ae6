import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The client's address as far as trusted proxies vouch for it. What a proxy forwards that is no address counts as
 * unknown; IPv4 in IPv6 (RFC 4291 §2.5.5.2) is shown as IPv4. A zone (RFC 4007 §11) means nothing elsewhere, has any
 * length, and is left out.
 */
export function readClientIp(request: FastifyRequest): string | null {
  const { ip } = request;
  if (ip === undefined) return null;
  if (isIPv4(ip)) return ip;
  const bare = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(bare) === 0 ? null : bare;
}
