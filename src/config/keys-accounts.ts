import { derived, optional, withDefault } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { word } from './keys-server.ts';
import { boolean, duration, integer, oneOf, secret, text, url } from './kinds.ts';
import { audienceList } from './list-kinds.ts';

/** A retired signing key verifies for longer, so that a change of `tokens.access_ttl` needs no care. */
export const LONGEST_ACCESS_TTL_MS = HOUR_MS;

/** Keys, tokens, sessions, registration and passwords. */
export const accountKeys = {
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
  'sessions.cookie.enabled': withDefault(
    boolean(),
    false,
    'Let browsers hold the refresh token in an `HttpOnly` cookie; needs an `https` public URL outside of this machine',
  ),
  'sessions.cookie.name': withDefault(
    text({ pattern: '^[A-Za-z0-9_-]{1,64}$', expected: 'letters, digits, `-` and `_`' }),
    'user-service-session',
    'Name of that cookie, after `__Host-`; services that share a host need different names',
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
} as const;
