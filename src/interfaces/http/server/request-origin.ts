import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { IdGenerator } from '../../../domain/ports.ts';
import { readClientRequestId } from '../../api/request-id.ts';
import { createAddressList } from './address-list.ts';

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

/**
 * Creates the function that names requests in logs and events: by a new id, which no other request has, or by the id
 * that a trusted proxy sends.
 * @param trusted `all` for the control socket
 */
export function createRequestIds(
  ids: IdGenerator,
  trusted: readonly string[] | 'all',
): (request: IncomingMessage) => string {
  const proxies = createAddressList(trusted === 'all' ? [] : trusted);
  const isTrusted = (address: string | undefined) =>
    trusted === 'all' || proxies.has(plainAddress(address));
  return ({ headers, socket }) => {
    const given = readClientRequestId(headers);
    return given !== null && isTrusted(socket.remoteAddress) ? given : ids.next();
  };
}

/** The id that the caller sees: its own, if it sent one. */
export function shownRequestId(request: FastifyRequest): string {
  return readClientRequestId(request.headers) ?? request.id;
}
