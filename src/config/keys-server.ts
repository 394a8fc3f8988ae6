import { derived, optional, withDefault } from './definition.ts';
import { MINUTE_MS, SECOND_MS } from './duration.ts';
import { host } from './host-kinds.ts';
import { duration, integer, port, text, url } from './kinds.ts';
import { cidrList, headerNameList, originList } from './list-kinds.ts';

/** Text without white space, such as a host name. */
export const word = text({ pattern: '^[^\\s]+$', expected: 'text without white space' });

/** The HTTP server. */
export const serverKeys = {
  'server.host': withDefault(host(), '127.0.0.1', 'Address to listen on'),
  'server.port': withDefault(port(true), 8080, 'Port to listen on; 0 means any free port'),
  'server.public_url': derived(
    url(),
    '`http://` with `server.host` (`localhost` for a wildcard address) and `server.port`',
    'URL at which clients reach the service',
  ),
  'server.trusted_proxies': withDefault(
    cidrList(),
    [],
    'Networks of proxies whose `X-Forwarded-For`, `Forwarded` and `X-Request-Id` are trusted',
  ),
  'server.cors_origins': withDefault(
    originList(),
    [],
    'Origins from which browsers may call the API (CORS)',
  ),
  'server.cors_allowed_headers': withDefault(
    headerNameList(),
    ['baggage', 'sentry-trace', 'traceparent', 'tracestate', 'X-Requested-With'],
    'Request headers that browsers may send, besides those that the API reads',
  ),
  'server.cors_exposed_headers': withDefault(
    headerNameList(),
    [],
    'Response headers that scripts may read, besides those of the API',
  ),
  'server.management_port': optional(
    port(true),
    'Separate port for `/health` and `/metrics`, on the same host',
  ),
  'server.request_timeout': withDefault(
    duration(SECOND_MS, 5 * MINUTE_MS),
    15 * SECOND_MS,
    'Longest time for a client to send a whole request',
  ),
  'server.headers_timeout': withDefault(
    duration(SECOND_MS, MINUTE_MS),
    10 * SECOND_MS,
    'Longest time for a client to send the headers of a request',
  ),
  'server.request_deadline': derived(
    duration(100, 10 * MINUTE_MS),
    '`5s`, or `server.request_timeout` if that is shorter',
    'Time for the work on a request that has arrived; then it is rejected and changes nothing any more',
  ),
  'server.max_connections': withDefault(
    integer(1, 1_000_000),
    10_000,
    'Largest number of open client connections; further ones are closed',
  ),
  'server.max_connections_per_address': withDefault(
    integer(1, 1_000_000),
    512,
    'Largest number of open connections of one address or IPv6 /64; `server.trusted_proxies` have no limit',
  ),
  'server.shutdown_timeout': withDefault(
    duration(SECOND_MS, 10 * MINUTE_MS),
    25 * SECOND_MS,
    'Longest time from the signal to the end of the process',
  ),
  'server.shutdown_delay': derived(
    duration(0, 5 * MINUTE_MS),
    '`3s`, or a quarter of `server.shutdown_timeout` if that is shorter; `0s` on a terminal',
    'Time between reporting not ready and refusing new connections, for load balancers',
  ),
} as const;
