import type { IncomingHttpHeaders } from 'node:http';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * Returns the caller's `X-Request-Id` if it has 1–128 characters of `[A-Za-z0-9._-]`, otherwise null. Callers can send
 * the same id twice: only a trusted proxy's id may name the request in logs and events.
 */
export function readClientRequestId(headers: IncomingHttpHeaders): string | null {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : null;
}
