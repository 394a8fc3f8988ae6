import type { FastifyCorsOptions, FastifyCorsOptionsDelegateCallback } from '@fastify/cors';
import type { FastifyReply } from 'fastify';
import type { HttpSettings } from '../http-deps.ts';
import { sessionModeHeader } from '../session-cookie.ts';

/** One year, as preload lists require (RFC 6797 §6.1.1). */
const HSTS_MAX_AGE_SECONDS = 31_536_000;

/** Sets the headers of every response (OWASP HTTP Headers Cheat Sheet). A route may overwrite them. */
export function createResponseHeaders(
  settings: Pick<HttpSettings, 'publicUrl'>,
): (requestId: string, reply: FastifyReply) => void {
  const same: Readonly<Record<string, string>> = {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(settings.publicUrl.startsWith('https:')
      ? { 'strict-transport-security': `max-age=${HSTS_MAX_AGE_SECONDS}` }
      : {}),
  };
  return (requestId, reply) => {
    reply.header('x-request-id', requestId).headers(same);
  };
}

/** The request headers that the API reads. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'X-Request-Id',
  sessionModeHeader.name,
];
/** The response headers of the API that scripts may need. */
const RESPONSE_HEADERS = [
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'Original-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

type CorsSettings = Pick<
  HttpSettings,
  'corsOrigins' | 'corsAllowedHeaders' | 'corsExposedHeaders' | 'sessionCookieName'
>;

/**
 * CORS for the listed origins, with credentials where browsers may hold a session cookie. Only a preflight gets a response
 * to `OPTIONS` (Fetch standard, "CORS-preflight request"); for any other `OPTIONS` request the method is not supported.
 */
export function corsOptions(settings: CorsSettings): {
  delegator: FastifyCorsOptionsDelegateCallback;
} {
  const options: FastifyCorsOptions = {
    origin: [...settings.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [...REQUEST_HEADERS, ...settings.corsAllowedHeaders],
    exposedHeaders: [...RESPONSE_HEADERS, ...settings.corsExposedHeaders],
    maxAge: 600,
  };
  return {
    delegator({ headers }, done) {
      const isPreflight =
        headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
      const credentials =
        settings.sessionCookieName !== null && settings.corsOrigins.includes(headers.origin ?? '');
      done(null, { ...options, credentials, preflight: isPreflight });
    },
  };
}
