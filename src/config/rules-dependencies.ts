import { isTlsAddress } from './list-kinds.ts';
import { type Rule, rule, together } from './rule.ts';
import { definitionOf } from './schema.ts';
import { readTracingHeaders } from './tracing-headers.ts';

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

/** Rules about the keys of what the service depends on. */
export const dependencyRules: readonly Rule[] = [
  ...databaseRules,
  ...redisRules,
  ...natsRules,
  ...mailRules,
  ...tracingRules,
];
