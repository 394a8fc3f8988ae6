import type { IncomingHttpHeaders } from 'node:http';
import type { IdGenerator } from '../../domain/ports.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Returns the caller's `X-Request-Id` if it has 1–128 characters of `[A-Za-z0-9._-]`, otherwise a new id. */
export function readRequestId(
  request: { readonly headers: IncomingHttpHeaders },
  ids: IdGenerator,
): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : ids.next();
}
