import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { IdGenerator } from '../../../domain/ports.ts';
import { readClientRequestId } from '../../api/request-id.ts';
import { createAddressList } from './address-list.ts';
import { plainAddress } from './forwarded-address.ts';

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
