import { derived, optional, withDefault } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { host, mailbox } from './host-kinds.ts';
import {
  boolean,
  duration,
  integer,
  languageTag,
  oneOf,
  path,
  port,
  ratio,
  secret,
  text,
  url,
} from './kinds.ts';
import { audienceList, cidrList, headerNameList, originList } from './list-kinds.ts';

/** Text without white space, such as a host name. */
export const word = text({ pattern: '^[^\\s]+$', expected: 'text without white space' });

/** A retired signing key verifies for longer, so that a change of `tokens.access_ttl` needs no care. */
export const LONGEST_ACCESS_TTL_MS = HOUR_MS;

/** Server, tokens, sessions, passwords, logs and traces. */
export const serviceKeys = {
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
  'security.master_key': optional(
    secret('base64 secret', 'at least 32 random bytes in base64 (`openssl rand -base64 32`)'),
    'Key that encrypts private keys at rest; created under `./data` with the embedded database, required with PostgreSQL',
  ),
  'security.master_key_previous': optional(
    secret('base64 secret', 'the master key that `security.master_key` replaces'),
    'Master key that is being replaced: what is under it stays valid, and is moved to `security.master_key`',
  ),
  'tokens.issuer': derived(url(), '`server.public_url`', 'Claim `iss` of access tokens'),
  'tokens.audience': withDefault(
    audienceList(),
    ['user-service'],
    'Services that access tokens can be for (claim `aud`); the first one is this service and the default',
  ),
  'tokens.client_id': withDefault(word, 'first-party', 'Claim `client_id` of access tokens'),
  'tokens.access_ttl': withDefault(
    duration(MINUTE_MS, LONGEST_ACCESS_TTL_MS),
    10 * MINUTE_MS,
    'Lifetime of an access token',
  ),
  'tokens.algorithm': withDefault(
    oneOf('EdDSA', 'ES256', 'RS256'),
    'EdDSA',
    'Signature algorithm of the next signing key; a rotation brings it into use',
  ),
  'tokens.jwks_max_age': withDefault(
    duration(SECOND_MS, DAY_MS),
    5 * MINUTE_MS,
    'Time for which verifiers cache the JWKS; a new key is published for longer before it signs',
  ),
  'tokens.rotation_interval': withDefault(
    duration(0, 3_650 * DAY_MS),
    90 * DAY_MS,
    'Age at which the signing key is replaced by a new one; `0s` turns this off, else at least `1h`',
  ),
  'sessions.idle_ttl': withDefault(
    duration(MINUTE_MS, 3_650 * DAY_MS),
    30 * DAY_MS,
    'Time without a refresh after which a session ends',
  ),
  'sessions.absolute_ttl': withDefault(
    duration(MINUTE_MS, 3_650 * DAY_MS),
    90 * DAY_MS,
    'Time after sign-in at which a session ends, even if it is refreshed',
  ),
  'sessions.refresh_grace': withDefault(
    duration(0, MINUTE_MS),
    10 * SECOND_MS,
    'Time for which the previous refresh token still returns the current one',
  ),
  'sessions.max_per_user': withDefault(
    integer(1, 1000),
    100,
    'Most sessions of one user; a sign-in beyond it ends the least recently used one',
  ),
  'step_up.max_age': withDefault(
    duration(30 * SECOND_MS, DAY_MS),
    5 * MINUTE_MS,
    'Time after an authentication in which sensitive changes need no further proof of the password',
  ),
  'registration.mode': withDefault(
    oneOf('open', 'invite', 'closed'),
    'open',
    'Who may register: anyone, who has an invitation, or only the operator and services that change users',
  ),
  'registration.verification_mail': withDefault(
    boolean(),
    true,
    'Send a mail that verifies the address at each registration, except those by the operator',
  ),
  'registration.require_verified_email': withDefault(
    boolean(),
    false,
    'Users sign in only after their address was verified, and change it only to a proven one',
  ),
  'registration.existing_email': withDefault(
    oneOf('reveal', 'conceal'),
    'reveal',
    '`reveal` tells at a registration that its address is taken; `conceal` tells only the owner, by mail',
  ),
  'registration.email_rules': withDefault(
    oneOf('strict', 'permissive'),
    'strict',
    '`permissive` accepts one-label hosts, IPv4 hosts, quoted local parts, and dots anywhere before the @',
  ),
  'registration.phone_rules': withDefault(
    oneOf('strict', 'permissive'),
    'strict',
    '`permissive` accepts each number of 4 to 15 digits in E.164 form; `strict` only those of a numbering plan',
  ),
  'idempotency.ttl': withDefault(
    duration(MINUTE_MS, 7 * DAY_MS),
    DAY_MS,
    'Time for which a repeated request with the same `Idempotency-Key` gets the same response',
  ),
  'challenges.code_ttl': withDefault(
    duration(MINUTE_MS, HOUR_MS),
    10 * MINUTE_MS,
    'Lifetime of a code that verifies or changes an e-mail address',
  ),
  'challenges.link_ttl': withDefault(
    duration(MINUTE_MS, 7 * DAY_MS),
    DAY_MS,
    'Lifetime of a link that verifies or changes an e-mail address',
  ),
  'challenges.reset_ttl': withDefault(
    duration(MINUTE_MS, HOUR_MS),
    10 * MINUTE_MS,
    'Lifetime of the code and the link of a password reset; ASVS allows at most 10 minutes',
  ),
  'challenges.attempts': withDefault(integer(1, 10), 5, 'Wrong codes that one mail allows'),
  'challenges.live': withDefault(
    integer(1, 10),
    3,
    'Mails of one user and purpose whose codes and links are valid at the same time',
  ),
  'email_change.undo_window': withDefault(
    duration(HOUR_MS, 30 * DAY_MS),
    72 * HOUR_MS,
    'Time in which the owner of the former address can take a change of address back',
  ),
  'links.invitation_url': derived(
    url(),
    '`server.public_url` and `/account/invitation`',
    'Page on which an invited person registers; its token comes in the fragment, `#t=…`',
  ),
  'links.verify_email_url': derived(
    url(),
    '`server.public_url` with `/account/verify-email`',
    'Page that the mail about a new account leads to; the token is in the fragment',
  ),
  'links.reset_password_url': derived(
    url(),
    '`server.public_url` with `/account/reset-password`',
    'Page that the mail about a forgotten password leads to; the token is in the fragment',
  ),
  'links.change_email_url': derived(
    url(),
    '`server.public_url` with `/account/confirm-email-change`',
    'Page that the mail to a new address leads to; the token is in the fragment',
  ),
  'links.undo_email_url': derived(
    url(),
    '`server.public_url` with `/account/undo-email-change`',
    'Page on which a change of address is taken back; the token is in the fragment',
  ),
  'password.min_length': withDefault(
    integer(8, 128),
    8,
    'Shortest password in code points; NIST SP 800-63B-4 requires 15 if it is the only factor',
  ),
  'password.max_length': withDefault(
    integer(64, 4096),
    256,
    'Longest password in code points; longer passwords are refused, not truncated',
  ),
  'password.argon2.memory_kib': withDefault(
    integer(7_168, 2_097_152),
    19_456,
    'Memory of one Argon2id hash in KiB',
  ),
  'password.argon2.iterations': withDefault(integer(1, 100), 2, 'Iterations of one Argon2id hash'),
  'password.argon2.parallelism': withDefault(integer(1, 16), 1, 'Lanes of one Argon2id hash'),
  'password.hashing_slots': derived(
    integer(1, 1_024),
    'number of cores',
    'Concurrent password hashes; each needs `password.argon2.memory_kib` of memory',
  ),
  'password.hashing_wait': withDefault(
    duration(0, 30 * SECOND_MS),
    500,
    'Longest wait for a hashing slot; then the response is 503 with `Retry-After`',
  ),
  'pwned_passwords.enabled': withDefault(
    boolean(),
    false,
    'Check new passwords against known breaches; only five hex digits of the SHA-1 are sent',
  ),
  'pwned_passwords.url': withDefault(
    url(),
    'https://api.pwnedpasswords.com',
    'Base URL of the range API',
  ),
  'pwned_passwords.timeout': withDefault(
    duration(50, SECOND_MS),
    SECOND_MS,
    'Timeout of one look-up, after which the API counts as unreachable',
  ),
  'pwned_passwords.fail_open': withDefault(
    boolean(),
    true,
    'Accept a new password while the API is unreachable; `false` answers 503',
  ),
  'logging.level': withDefault(
    oneOf('debug', 'info', 'warn', 'error'),
    'info',
    'Lowest level that is logged',
  ),
  'logging.format': derived(
    oneOf('json', 'pretty'),
    '`json`; `pretty` on a terminal',
    'One JSON object per line, or text for people',
  ),
  'tracing.endpoint': optional(
    url(),
    'OpenTelemetry collector (OTLP over HTTP), such as `http://127.0.0.1:4318`; without it tracing is off',
  ),
  'tracing.headers': optional(
    secret(
      'secret headers',
      'headers such as `authorization=Bearer%20…`, separated by commas, with percent-encoded values',
    ),
    'Headers of every export, as in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, separated by commas, percent-encoded',
  ),
  'tracing.tls_ca': optional(
    path(),
    'File with the CA certificates to trust (PEM), instead of those of Node.js',
  ),
  'tracing.tls_cert': optional(path(), 'File with the client certificate (PEM)'),
  'tracing.tls_key': optional(path(), 'File with the key of the client certificate (PEM)'),
  'tracing.sample_ratio': withDefault(
    ratio(),
    1,
    'Fraction of the traces started here that is kept; for a caller’s trace, its `traceparent` decides',
  ),
} as const;

export const mailKeys = {
  'mail.driver': derived(
    oneOf('file', 'smtp'),
    '`file`, or `smtp` if `mail.smtp.host` is set',
    'Destination of mail: a folder, or an SMTP server',
  ),
  'mail.path': withDefault(path(), './data/mail', 'Folder of the `file` driver'),
  'mail.from': withDefault(mailbox(), 'user-service@localhost', 'Sender of every mail'),
  'mail.product_name': withDefault(
    text({ pattern: '^.{1,60}$', expected: 'text of at most 60 characters' }),
    'user-service',
    'What mails call the product',
  ),
  'mail.support_contact': optional(
    text({
      pattern: '^(https://[^\\s<>"]+|[^\\s@<>":/]+@[^\\s@<>":/]+)$',
      expected: 'an e-mail address or an https URL',
    }),
    'E-mail address or https URL of the support, shown in every mail',
  ),
  'mail.default_locale': withDefault(
    languageTag(),
    'en',
    'Language of mails to people without a locale: en, de, fr, es, ar, or one of `mail.templates_dir`',
  ),
  'mail.templates_dir': optional(path(), 'Folder of your own mail templates'),
  'mail.max_per_hour': withDefault(
    integer(1, 1_000_000),
    10_000,
    'Most mails of the whole service in an hour; a fifth is for security notices only',
  ),
  'mail.smtp.host': optional(host(), 'Host name of the SMTP server'),
  'mail.smtp.port': withDefault(port(), 587, 'Port of the SMTP server'),
  'mail.smtp.username': optional(text(), 'User name for SMTP authentication'),
  'mail.smtp.password': optional(secret(), 'Password for SMTP authentication'),
  'mail.smtp.tls': withDefault(
    oneOf('starttls', 'implicit', 'none'),
    'starttls',
    'TLS after `STARTTLS` (required, not optional), TLS from the first byte, or none',
  ),
  'mail.smtp.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'mail.smtp.timeout': withDefault(
    duration(100, 5 * MINUTE_MS),
    10 * SECOND_MS,
    'Timeout of connecting and of each response',
  ),
} as const;
