import { ARGON2_FLOOR } from './argon2-floor.ts';
import { HOUR_MS } from './duration.ts';
import { isTlsAddress } from './list-kinds.ts';
import { decodeMasterKey, masterKeyWeakness } from './master-key.ts';
import { isRemote } from './plaintext.ts';
import { type Rule, rule, together } from './rule.ts';
import { definitionOf } from './schema.ts';
import { readTracingHeaders } from './tracing-headers.ts';

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

const databaseRules: readonly Rule[] = [
  rule(
    ['database.host', 'database.url', 'database.driver'],
    (v) => v['database.driver'] !== 'postgres' || v['database.host'] !== undefined,
    'is not set, but database.driver is postgres',
    'database.host or database.url',
  ),
  rule(
    ['database.max_idle_conns', 'database.max_open_conns'],
    (v) => v['database.max_idle_conns'] <= v['database.max_open_conns'],
    'is more than database.max_open_conns',
    'at most as many',
  ),
  rule(
    ['database.channel_binding', 'database.ssl_mode'],
    (v) =>
      v['database.channel_binding'] !== 'require' ||
      !['disable', 'allow', 'prefer'].includes(v['database.ssl_mode']),
    'is require, but database.ssl_mode does not require TLS',
    'database.ssl_mode require, verify-ca or verify-full: the binding is to the TLS connection',
  ),
  rule(
    ['database.ssl_root_cert', 'database.ssl_mode'],
    (v) =>
      !v['database.ssl_mode'].startsWith('verify-') || v['database.ssl_root_cert'] !== undefined,
    'is not set, but database.ssl_mode verifies the server',
    'a file with CA certificates, or `system` with verify-full',
  ),
  rule(
    ['database.ssl_root_cert', 'database.ssl_mode'],
    (v) => v['database.ssl_root_cert'] !== 'system' || v['database.ssl_mode'] === 'verify-full',
    'is `system`, but database.ssl_mode is not verify-full',
    'database.ssl_mode verify-full: system authorities issue certificates to anyone',
  ),
];

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

const redisRules: readonly Rule[] = [
  rule(
    ['redis.host', 'redis.url', 'redis.sentinels', 'redis.cluster_nodes', 'redis.driver'],
    (v) =>
      v['redis.driver'] !== 'redis' ||
      v['redis.host'] !== undefined ||
      v['redis.sentinels'].length > 0 ||
      v['redis.cluster_nodes'].length > 0,
    'is not set, but redis.driver is redis',
    'redis.host, redis.url, redis.sentinels or redis.cluster_nodes',
  ),
  rule(
    ['redis.sentinel_name', 'redis.sentinels'],
    (v) => v['redis.sentinels'].length > 0 === (v['redis.sentinel_name'] !== undefined),
    'and redis.sentinels need each other',
    'both or neither',
  ),
  rule(
    ['redis.cluster_nodes', 'redis.sentinels'],
    (v) => v['redis.cluster_nodes'].length === 0 || v['redis.sentinels'].length === 0,
    'and redis.sentinels are both set',
    'a cluster or sentinels',
  ),
  rule(
    ['redis.db', 'redis.cluster_nodes'],
    (v) => v['redis.cluster_nodes'].length === 0 || v['redis.db'] === 0,
    'is not 0, but redis.cluster_nodes is set',
    '0: a cluster has only that database',
  ),
  rule(
    ['redis.tls_key', 'redis.tls_cert'],
    (v) => together(v['redis.tls_key'], v['redis.tls_cert']),
    'and redis.tls_cert need each other',
    'both or neither',
  ),
  rule(
    ['redis.tls', 'redis.tls_ca', 'redis.tls_cert', 'redis.tls_server_name', 'redis.url'],
    (v) =>
      v['redis.tls'] ||
      (v['redis.tls_ca'] ?? v['redis.tls_cert'] ?? v['redis.tls_server_name']) === undefined,
    'is false, but other redis.tls_… keys are set',
    'true, or none of them',
  ),
];

const natsRules: readonly Rule[] = [
  rule(
    ['nats.servers', 'nats.driver'],
    (v) => v['nats.driver'] !== 'nats' || v['nats.servers'].length > 0,
    'is not set, but nats.driver is nats',
    'at least one server',
  ),
  rule(
    ['nats.password', 'nats.user'],
    (v) => v['nats.password'] === undefined || v['nats.user'] !== undefined,
    'is set without nats.user',
    'both',
  ),
  rule(
    ['nats.user', 'nats.token', 'nats.creds_file'],
    (v) =>
      [v['nats.user'], v['nats.token'], v['nats.creds_file']].filter((set) => set !== undefined)
        .length <= 1,
    'and nats.token and nats.creds_file exclude each other',
    'one of them',
  ),
  rule(
    ['nats.tls_key', 'nats.tls_cert'],
    (v) => together(v['nats.tls_key'], v['nats.tls_cert']),
    'and nats.tls_cert need each other',
    'both or neither',
  ),
  rule(
    ['nats.tls', 'nats.servers'],
    (v) => v['nats.tls'] || !v['nats.servers'].some(isTlsAddress),
    'is false, but an address of nats.servers begins with tls://',
    'true, or nats:// addresses',
  ),
  rule(
    ['nats.tls', 'nats.tls_ca', 'nats.tls_cert'],
    (v) => v['nats.tls'] || (v['nats.tls_ca'] ?? v['nats.tls_cert']) === undefined,
    'is false, but other nats.tls_… keys are set',
    'true, or none of them',
  ),
  rule(
    ['nats.duplicate_window', 'nats.max_age'],
    (v) => v['nats.duplicate_window'] <= v['nats.max_age'],
    'is longer than nats.max_age',
    'at most as long: the broker forgets the id of an event together with the event',
  ),
];

const mailRules: readonly Rule[] = [
  rule(
    ['mail.smtp.host', 'mail.driver'],
    (v) => v['mail.driver'] !== 'smtp' || v['mail.smtp.host'] !== undefined,
    'is not set, but mail.driver is smtp',
    'the SMTP server',
  ),
  rule(
    ['mail.from', 'mail.driver'],
    (v) => v['mail.driver'] !== 'smtp' || v['mail.from'] !== definitionOf('mail.from').fallback,
    'is the default, but mail.driver is smtp',
    'a sender that mail servers accept',
  ),
  rule(
    ['mail.smtp.password', 'mail.smtp.username'],
    (v) => together(v['mail.smtp.password'], v['mail.smtp.username']),
    'and mail.smtp.username need each other',
    'both or neither',
  ),
];

const tracingRules: readonly Rule[] = [
  {
    keys: ['tracing.headers'],
    check: (values) => {
      const read = readTracingHeaders(values['tracing.headers']);
      const { expected } = definitionOf('tracing.headers').kind;
      return 'wrong' in read ? { problem: read.wrong, expected } : undefined;
    },
  },
  rule(
    ['tracing.tls_key', 'tracing.tls_cert'],
    (v) => together(v['tracing.tls_key'], v['tracing.tls_cert']),
    'and tracing.tls_cert need each other',
    'both or neither',
  ),
  rule(
    ['tracing.headers', 'tracing.endpoint'],
    (v) => v['tracing.headers'] === undefined || v['tracing.endpoint'] !== undefined,
    'is set without tracing.endpoint',
    'both',
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
  ...databaseRules,
  ...lockoutRules,
  ...registrationRules,
  ...redisRules,
  ...natsRules,
  ...mailRules,
  ...tracingRules,
  ...securityRules,
];
