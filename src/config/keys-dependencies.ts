import { derived, expanded, optional, withDefault } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { host, hostOrSocketFolder } from './host-kinds.ts';
import { word } from './keys-server.ts';
import { boolean, duration, integer, oneOf, path, port, secret, text } from './kinds.ts';
import { addressList, inboxPrefixList, natsServerList } from './list-kinds.ts';

export const databaseKeys = {
  'database.driver': derived(
    oneOf('embedded', 'postgres'),
    '`embedded`, or `postgres` if `database.host` or `database.url` is set',
    'Embedded database in this process, or a PostgreSQL server',
  ),
  'database.url': expanded(
    secret('secret URL', 'postgresql://user:password@host:5432/name?sslmode=verify-full'),
    'Connection URL as libpq reads it; sets the other keys of this section',
  ),
  'database.host': optional(
    hostOrSocketFolder(),
    'Host name of PostgreSQL, or the folder of its Unix socket',
  ),
  'database.port': withDefault(port(), 5432, 'Port of PostgreSQL'),
  'database.user': withDefault(text(), 'postgres', 'Role to connect as'),
  'database.password': optional(secret(), 'Password of the role'),
  'database.name': withDefault(text(), 'user', 'Database to use', ['DATABASE_DB_NAME']),
  'database.ssl_mode': withDefault(
    oneOf('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'),
    'disable',
    'TLS, as libpq’s `sslmode`: `allow` and `prefer` use it if offered; only `verify-full` proves the identity of the server',
  ),
  'database.channel_binding': withDefault(
    oneOf('disable', 'prefer', 'require'),
    'disable',
    'Binding of the log-in to the TLS connection (SCRAM-SHA-256-PLUS), as libpq’s `channel_binding`',
  ),
  'database.application_name': withDefault(
    text(),
    'user-service',
    'Name of the connections in `pg_stat_activity`',
  ),
  'database.ssl_root_cert': optional(
    path('path, or `system`'),
    'File with CA certificates (PEM); `system` trusts those of Node.js and needs `verify-full`',
  ),
  'database.max_open_conns': withDefault(
    integer(1, 1_000),
    10,
    'Largest number of connections of one process; one more is for health and revocations',
  ),
  'database.max_idle_conns': derived(
    integer(0, 1_000),
    '`5`, or `database.max_open_conns` if that is lower',
    'Idle connections that stay open; others are closed after one second without use',
  ),
  'database.conn_max_lifetime': withDefault(
    duration(SECOND_MS, 7 * DAY_MS),
    30 * MINUTE_MS,
    'Lifetime of a connection, after which it is replaced',
  ),
  'database.conn_max_idle_time': withDefault(
    duration(SECOND_MS, DAY_MS),
    5 * MINUTE_MS,
    'Time after which an idle connection is closed',
  ),
  'database.connect_timeout': withDefault(
    duration(100, 5 * MINUTE_MS),
    2 * SECOND_MS,
    'Longest wait for a connection, free in the pool or new',
  ),
  'database.statement_timeout': withDefault(
    duration(10, 10 * MINUTE_MS),
    5 * SECOND_MS,
    'Time after which PostgreSQL cancels a statement',
  ),
  'database.lock_timeout': withDefault(
    duration(10, 10 * MINUTE_MS),
    2 * SECOND_MS,
    'Time after which PostgreSQL stops waiting for a lock',
  ),
  'database.migrate_on_start': derived(
    boolean(),
    '`true` for embedded, `false` for postgres',
    'Migrate an older schema at start; an empty database is always migrated',
  ),
  'database.path': withDefault(path(), './data/postgres', 'Folder of the embedded database'),
  'database.prepared_statements': withDefault(
    boolean(),
    true,
    'Set to `false` for a transaction pooler: no named statements, no start-up settings',
  ),
} as const;

export const redisKeys = {
  'redis.driver': derived(
    oneOf('memory', 'redis'),
    '`memory`, or `redis` if `redis.host`, `redis.url`, `redis.sentinels` or `redis.cluster_nodes` is set',
    'Cache in this process, or Redis',
  ),
  'redis.url': expanded(
    secret('secret URL', 'redis://username:password@host:6379/0, or rediss:// for TLS'),
    'Connection URL; sets host, port, username, password, db and tls',
  ),
  'redis.host': optional(host(), 'Host name of Redis'),
  'redis.port': withDefault(port(), 6379, 'Port of Redis'),
  'redis.username': optional(text(), 'ACL user'),
  'redis.password': optional(secret(), 'Password of the ACL user, or of the server'),
  'redis.db': withDefault(integer(0, 65_535), 0, 'Database number'),
  'redis.key_prefix': withDefault(word, 'user-service:', 'Prefix of every key'),
  'redis.tls': withDefault(boolean(), false, 'Connect with TLS and verify the server'),
  'redis.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'redis.tls_cert': optional(path(), 'File with the client certificate (PEM)'),
  'redis.tls_key': optional(path(), 'File with the key of the client certificate (PEM)'),
  'redis.tls_server_name': optional(host(), 'Expected name in the certificate of the server'),
  'redis.sentinels': withDefault(addressList(), [], 'Sentinels that name the primary'),
  'redis.sentinel_name': optional(word, 'Name of the primary among the sentinels'),
  'redis.cluster_nodes': withDefault(addressList(), [], 'Some nodes of a Redis Cluster'),
} as const;

export const natsKeys = {
  'nats.driver': derived(
    oneOf('none', 'nats', 'embedded'),
    '`none`, or `nats` if `nats.servers` is set',
    'Where events are published; with `none` they are read over HTTP only. `embedded` is the old name of `none`',
  ),
  'nats.servers': withDefault(natsServerList(), [], 'Addresses of NATS servers', ['NATS_URL']),
  'nats.user': optional(text(), 'User name'),
  'nats.password': optional(secret(), 'Password of the user'),
  'nats.token': optional(secret(), 'Token, instead of a user'),
  'nats.creds_file': optional(path(), 'Credentials file, instead of a user'),
  'nats.tls': derived(
    boolean(),
    '`true` if an address of `nats.servers` begins with `tls://`, else `false`',
    'Require TLS and verify the server',
  ),
  'nats.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'nats.tls_cert': optional(path(), 'File with the client certificate (PEM)'),
  'nats.tls_key': optional(path(), 'File with the key of the client certificate (PEM)'),
  'nats.inbox_prefix': withDefault(
    text({
      pattern: '^(?!(users|tokens)([.]|$))[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*$',
      expected: 'subject tokens of letters, digits, `_` and `-`, not under `users` or `tokens`',
    }),
    '_INBOX',
    'Prefix of the inboxes of the service itself, which its account must be allowed to subscribe to',
  ),
  'nats.inbox_prefixes': withDefault(
    inboxPrefixList(),
    ['_INBOX'],
    'Prefixes of the inboxes of callers; other reply subjects are dropped. `_INBOX` allows `_INBOX_<name>` too',
  ),
  'nats.stream': withDefault(
    text({ pattern: '^[A-Za-z0-9_-]+$', expected: 'letters, digits, `_` and `-`' }),
    'USERS',
    'JetStream stream for the events',
  ),
  'nats.replicas': withDefault(integer(1, 5), 1, 'Replicas of the stream; use 3 in production'),
  'nats.max_age': withDefault(
    duration(MINUTE_MS, 3_650 * DAY_MS),
    7 * DAY_MS,
    'Time for which the stream keeps events; the broker needs about 0.5 KB of memory for each user with events',
  ),
  'nats.duplicate_window': withDefault(
    duration(SECOND_MS, 7 * DAY_MS),
    HOUR_MS,
    'Time for which the broker detects a repeated event',
  ),
  'outbox.retention': withDefault(
    duration(HOUR_MS, 365 * DAY_MS),
    72 * HOUR_MS,
    'Time for which events stay in the database, for the feed and to publish them again if the broker loses them',
  ),
} as const;
