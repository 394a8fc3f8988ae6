import { ARGON2_FLOOR } from './argon2-floor.ts';
import { HOUR_MS } from './duration.ts';
import { decodeMasterKey, masterKeyWeakness } from './master-key.ts';
import { isRemote } from './plaintext.ts';
import { type Rule, rule } from './rule.ts';
import { dependencyRules } from './rules-dependencies.ts';

const serverRules: readonly Rule[] = [
  rule(
    ['server.management_port', 'server.port'],
    (v) => v['server.management_port'] !== v['server.port'] || v['server.port'] === 0,
    'is the same as server.port',
    'another port',
  ),
  rule(
    ['server.headers_timeout', 'server.request_timeout'],
    (v) => v['server.headers_timeout'] <= v['server.request_timeout'],
    'is longer than server.request_timeout',
    'at most as long: the headers are part of the request',
  ),
  rule(
    ['server.request_deadline', 'server.request_timeout'],
    (v) => v['server.request_deadline'] <= v['server.request_timeout'],
    'is longer than server.request_timeout',
    'at most as long: a stop waits for requests that long',
  ),
  rule(
    ['server.shutdown_delay', 'server.shutdown_timeout'],
    (v) => v['server.shutdown_delay'] < v['server.shutdown_timeout'],
    'is not shorter than server.shutdown_timeout',
    'a shorter time: the delay is part of the timeout',
  ),
];

const LINK_KEYS = [
  'links.invitation_url',
  'links.verify_email_url',
  'links.reset_password_url',
  'links.change_email_url',
  'links.undo_email_url',
] as const;

/** A link carries a secret. The pages of the service itself are as safe as its public URL. */
const linkRules: readonly Rule[] = LINK_KEYS.map((key) =>
  rule(
    [key, 'server.public_url'],
    (v) =>
      new URL(v[key]).protocol === 'https:' ||
      !isRemote(new URL(v[key]).hostname) ||
      v[key].startsWith(`${v['server.public_url']}/`),
    'is an http URL',
    'an https URL: the link has a secret (http only for loopback hosts and below server.public_url)',
  ),
);

const lockoutRules: readonly Rule[] = [
  rule(
    ['lockout.free', 'lockout.stop'],
    (v) => v['lockout.free'] < v['lockout.stop'],
    'is not below lockout.stop',
    'fewer attempts than lockout.stop',
  ),
];

/** An account that can be used unproven would tell who registers that the address was free. */
const registrationRules: readonly Rule[] = [
  rule(
    ['registration.existing_email', 'registration.require_verified_email'],
    (v) =>
      v['registration.existing_email'] !== 'conceal' || v['registration.require_verified_email'],
    'is conceal, but registration.require_verified_email is false',
    'registration.require_verified_email true: a sign-in would tell that the address was free',
  ),
  rule(
    ['registration.existing_email', 'registration.verification_mail'],
    (v) => v['registration.existing_email'] !== 'conceal' || v['registration.verification_mail'],
    'is conceal, but registration.verification_mail is false',
    'registration.verification_mail true: the mail is the only response that people get',
  ),
];

/** Without TLS, each host on the way could read the cookie. */
const cookieRules: readonly Rule[] = [
  rule(
    ['sessions.cookie.enabled', 'server.public_url'],
    (v) =>
      !v['sessions.cookie.enabled'] ||
      new URL(v['server.public_url']).protocol === 'https:' ||
      !isRemote(new URL(v['server.public_url']).hostname),
    'is true, but server.public_url is an http URL',
    'an https server.public_url (http only for loopback hosts)',
  ),
];

const securityRules: readonly Rule[] = [
  {
    keys: ['security.master_key', 'database.driver', 'database.host', 'database.url'],
    check: (values) => {
      const expected = 'at least 32 random bytes in base64 (`openssl rand -base64 32`)';
      const key = values['security.master_key'];
      if (key === undefined) {
        return values['database.driver'] === 'postgres'
          ? { problem: 'is not set, but database.driver is postgres', expected }
          : undefined;
      }
      const problem = masterKeyWeakness(key.reveal());
      return problem === undefined ? undefined : { problem, expected };
    },
  },
  {
    keys: ['security.master_key_previous', 'security.master_key'],
    check: (values) => {
      const expected = 'the master key that security.master_key replaces';
      const previous = values['security.master_key_previous']?.reveal();
      if (previous === undefined) return undefined;
      const current = values['security.master_key']?.reveal();
      if (current === undefined) {
        return { problem: 'is set without security.master_key', expected: 'both' };
      }
      const problem = masterKeyWeakness(previous);
      if (problem !== undefined) return { problem, expected };
      const isSame = decodeMasterKey(previous)?.equals(decodeMasterKey(current) ?? Buffer.of());
      return isSame === true
        ? { problem: 'is the same as security.master_key', expected }
        : undefined;
    },
  },
  rule(
    ['tokens.rotation_interval'],
    (v) => v['tokens.rotation_interval'] === 0 || v['tokens.rotation_interval'] >= HOUR_MS,
    'is shorter than an hour',
    '`0s`, or at least `1h`',
  ),
  rule(
    ['sessions.idle_ttl', 'sessions.absolute_ttl'],
    (v) => v['sessions.idle_ttl'] <= v['sessions.absolute_ttl'],
    'is longer than sessions.absolute_ttl',
    'at most as long',
  ),
  rule(
    ['password.min_length', 'password.max_length'],
    (v) => v['password.min_length'] <= v['password.max_length'],
    'is more than password.max_length',
    'at most as many code points',
  ),
  rule(
    ['password.argon2.memory_kib', 'password.argon2.iterations'],
    (v) =>
      ARGON2_FLOOR.some(
        (row) =>
          v['password.argon2.memory_kib'] >= row.memoryKib &&
          v['password.argon2.iterations'] >= row.iterations,
      ),
    'and password.argon2.iterations are below the minimum of OWASP',
    `at least one of ${ARGON2_FLOOR.map((row) => `${row.memoryKib} KiB with ${row.iterations}`).join(', ')}`,
  ),
];

export const rules: readonly Rule[] = [
  ...linkRules,
  ...serverRules,
  ...lockoutRules,
  ...registrationRules,
  ...cookieRules,
  ...dependencyRules,
  ...securityRules,
];
