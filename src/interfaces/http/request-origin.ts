import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { IdGenerator } from '../../domain/ports.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Takes the caller's `X-Request-Id` where it is 1–128 of `[A-Za-z0-9._-]`, or makes one. */
export function readRequestId(request: Pick<IncomingMessage, 'headers'>, ids: IdGenerator): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : ids.next();
}

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
