import { derived, optional, withDefault } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import {
  boolean,
  duration,
  integer,
  oneOf,
  path,
  port,
  ratio,
  secret,
  text,
  url,
} from './kinds.ts';
import { cidrList, originList } from './list-kinds.ts';

/** Text without white space, such as a host name. */
export const word = text({ pattern: '^[^\\s]+$', expected: 'text without white space' });

/** The keys of the service itself: its edge, its tokens and sessions, its passwords, its logs and traces. */
export const serviceKeys = {
  'server.host': withDefault(word, '127.0.0.1', 'Address to listen on'),
  'server.port': withDefault(port(true), 8080, 'Port to listen on; 0 takes any free one'),
  'server.public_url': derived(
    url(),
    '`http://` with `server.host` (`localhost` for a wildcard address) and `server.port`',
    'URL under which clients reach the service',
  ),
  'server.trusted_proxies': withDefault(
    cidrList(),
    [],
    'Networks whose `X-Forwarded-*` headers are believed',
  ),
  'server.cors_origins': withDefault(originList(), [], 'Origins that browsers may call from'),
  'server.management_port': optional(
    port(true),
    'Port of its own for `/health` and `/metrics`, on the same host',
  ),
  'server.request_timeout': withDefault(
    duration(SECOND_MS, 5 * MINUTE_MS),
    15 * SECOND_MS,
    'Longest time in which a client may send a whole request',
  ),
  'server.headers_timeout': withDefault(
    duration(SECOND_MS, MINUTE_MS),
    10 * SECOND_MS,
    'Longest time in which a client may send the headers of a request',
  ),
  'server.max_connections': withDefault(
    integer(1, 1_000_000),
    10_000,
    'Client connections open at once; more are closed on arrival',
  ),
  'server.shutdown_timeout': withDefault(
    duration(SECOND_MS, 10 * MINUTE_MS),
    25 * SECOND_MS,
    'Longest time from the signal to the end of the process',
  ),
  'server.shutdown_delay': withDefault(
    duration(0, 5 * MINUTE_MS),
    0,
    'Time between reporting not ready and refusing new connections, for load balancers to notice',
  ),
  'security.master_key': optional(
    secret('base64 secret', 'at least 32 random bytes in base64 (`openssl rand -base64 32`)'),
    'Encrypts private keys at rest; made under `./data` with the embedded database, required with PostgreSQL',
  ),
  'tokens.issuer': derived(url(), '`server.public_url`', 'The `iss` of access tokens'),
  'tokens.audience': withDefault(word, 'user-service', 'The `aud` of access tokens'),
  'tokens.client_id': withDefault(word, 'first-party', 'The `client_id` of access tokens'),
  'tokens.access_ttl': withDefault(
    duration(MINUTE_MS, HOUR_MS),
    10 * MINUTE_MS,
    'Lifetime of an access token',
  ),
  'sessions.idle_ttl': withDefault(
    duration(MINUTE_MS, 3_650 * DAY_MS),
    30 * DAY_MS,
    'A session ends when it is not refreshed for this long',
  ),
  'sessions.absolute_ttl': withDefault(
    duration(MINUTE_MS, 3_650 * DAY_MS),
    90 * DAY_MS,
    'A session ends this long after sign-in, however often it is refreshed',
  ),
  'sessions.refresh_grace': withDefault(
    duration(0, MINUTE_MS),
    10 * SECOND_MS,
    'How long the refresh token before the current one still gets the same successor',
  ),
  'password.min_length': withDefault(
    integer(8, 128),
    8,
    'Shortest password in code points; NIST SP 800-63B-4 asks for 15 where it is the only factor',
  ),
  'password.max_length': withDefault(
    integer(64, 4096),
    256,
    'Longest password in code points; longer ones are refused, never cut',
  ),
  'password.argon2.memory_kib': withDefault(
    integer(7_168, 2_097_152),
    19_456,
    'Memory of one Argon2id hash in KiB',
  ),
  'password.argon2.iterations': withDefault(integer(1, 100), 2, 'Passes over that memory'),
  'password.argon2.parallelism': withDefault(integer(1, 16), 1, 'Lanes of one hash'),
  'password.hashing_slots': derived(
    integer(1, 1_024),
    'number of cores',
    'Passwords hashed at once; each takes `password.argon2.memory_kib` of memory',
  ),
  'password.hashing_wait': withDefault(
    duration(0, 30 * SECOND_MS),
    500,
    'Longest wait for a free slot; after it the answer is 503 with `Retry-After`',
  ),
  'pwned_passwords.enabled': withDefault(
    boolean(),
    false,
    'Also refuse passwords known from breaches; five hex digits of a SHA-1 leave the process',
  ),
  'pwned_passwords.url': withDefault(
    url(),
    'https://api.pwnedpasswords.com',
    'Base URL of the range API',
  ),
  'pwned_passwords.timeout': withDefault(
    duration(50, SECOND_MS),
    SECOND_MS,
    'Deadline of one look-up; after it nobody can tell',
  ),
  'pwned_passwords.fail_open': withDefault(
    boolean(),
    true,
    'Whether a new password is accepted that the API could not be asked about; else 503',
  ),
  'logging.level': withDefault(
    oneOf('debug', 'info', 'warn', 'error'),
    'info',
    'Least severe level that is written',
  ),
  'logging.format': derived(
    oneOf('json', 'pretty'),
    '`json`; `pretty` on a terminal',
    'One JSON object a line, or text for people',
  ),
  'tracing.endpoint': optional(
    url(),
    'OpenTelemetry collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; without it nothing is traced',
  ),
  'tracing.headers': optional(
    secret('secret headers', 'headers such as `authorization=Bearer …`, separated by commas'),
    'Headers of every export, such as `authorization=Bearer …`, separated by commas',
  ),
  'tracing.sample_ratio': withDefault(
    ratio(),
    1,
    'Part of the traces that begin here; a trace that a caller began is kept as its `traceparent` says',
  ),
} as const;

/** The keys of mail delivery. */
export const mailKeys = {
  'mail.driver': derived(
    oneOf('file', 'smtp'),
    '`file`, or `smtp` once `mail.smtp.host` is set',
    'Where mail goes: a folder, or an SMTP server',
  ),
  'mail.path': withDefault(path(), './data/mail', 'Folder of the `file` driver'),
  'mail.from': withDefault(
    text({
      pattern: '^([^<>]*<[^<>@\\s]+@[^<>@\\s]+>|[^<>@\\s]+@[^<>@\\s]+)$',
      label: 'mailbox',
      expected: 'a mailbox such as `Accounts <accounts@example.com>`',
    }),
    'user-service@localhost',
    'Sender of every mail',
  ),
  'mail.smtp.host': optional(word, 'SMTP server'),
  'mail.smtp.port': withDefault(port(), 587, 'Its port'),
  'mail.smtp.username': optional(text(), 'User name for SMTP authentication'),
  'mail.smtp.password': optional(secret(), 'Password for SMTP authentication'),
  'mail.smtp.tls': withDefault(
    oneOf('starttls', 'implicit', 'none'),
    'starttls',
    'TLS after `STARTTLS` (required, not just tried), from the first byte, or none',
  ),
  'mail.smtp.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'mail.smtp.timeout': withDefault(
    duration(100, 5 * MINUTE_MS),
    10 * SECOND_MS,
    'Deadline of connecting and of each answer',
  ),
} as const;
