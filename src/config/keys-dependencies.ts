import { derived, expanded, optional, withDefault } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { word } from './keys-service.ts';
import { boolean, duration, integer, oneOf, path, port, secret, text } from './kinds.ts';
import { addressList, natsServerList } from './list-kinds.ts';

/** The keys of PostgreSQL and of the embedded database. */
export const databaseKeys = {
  'database.driver': derived(
    oneOf('embedded', 'postgres'),
    '`embedded`, or `postgres` once `database.host` or `database.url` is set',
    'The database in this process, or a PostgreSQL server',
  ),
  'database.url': expanded(
    secret('secret URL', 'postgresql://user:password@host:5432/name?sslmode=verify-full'),
    'libpq connection URL; sets host, port, user, password, name, `sslmode`, `sslrootcert` and `connect_timeout`',
  ),
  'database.host': optional(word, 'PostgreSQL server, or the folder of its Unix socket'),
  'database.port': withDefault(port(), 5432, 'Its port'),
  'database.user': withDefault(text(), 'postgres', 'Role to connect as'),
  'database.password': optional(secret(), 'Password of the role'),
  'database.name': withDefault(text(), 'user', 'Database to use', ['DATABASE_DB_NAME']),
  'database.ssl_mode': withDefault(
    oneOf('disable', 'require', 'verify-ca', 'verify-full'),
    'disable',
    'TLS with the meaning of libpq’s `sslmode`; only `verify-full` proves which server answers',
  ),
  'database.ssl_root_cert': optional(
    path('path, or `system`'),
    'File with the CA certificates (PEM); `system` trusts those of Node.js and needs `verify-full`',
  ),
  'database.max_open_conns': withDefault(
    integer(1, 1_000),
    10,
    'Most connections of one process, besides one for health and revocations',
  ),
  'database.max_idle_conns': derived(
    integer(0, 1_000),
    '`5`, or `database.max_open_conns` where that is lower',
    'Idle connections that are kept open; more are closed once nobody needed them for a second',
  ),
  'database.conn_max_lifetime': withDefault(
    duration(SECOND_MS, 7 * DAY_MS),
    30 * MINUTE_MS,
    'A connection is replaced after this time',
  ),
  'database.conn_max_idle_time': withDefault(
    duration(SECOND_MS, DAY_MS),
    5 * MINUTE_MS,
    'An idle connection is closed after this time',
  ),
  'database.connect_timeout': withDefault(
    duration(100, 5 * MINUTE_MS),
    2 * SECOND_MS,
    'Longest wait for a connection: a free one of the pool, or a new one',
  ),
  'database.statement_timeout': withDefault(
    duration(10, 10 * MINUTE_MS),
    5 * SECOND_MS,
    'The server cancels a statement after this time',
  ),
  'database.lock_timeout': withDefault(
    duration(10, 10 * MINUTE_MS),
    2 * SECOND_MS,
    'The server gives up waiting for a lock after this time',
  ),
  'database.migrate_on_start': derived(
    boolean(),
    '`true` for embedded, `false` for postgres',
    'Bring an older schema up to date at start; an empty database always is',
  ),
  'database.path': withDefault(path(), './data/postgres', 'Folder of the embedded database'),
  'database.prepared_statements': withDefault(
    boolean(),
    true,
    '`false` for a transaction pooler: no named statements, no start-up settings',
  ),
} as const;

/** The keys of the cache. */
export const redisKeys = {
  'redis.driver': derived(
    oneOf('memory', 'redis'),
    '`memory`, or `redis` once `redis.host`, `redis.url`, `redis.sentinels` or `redis.cluster_nodes` is set',
    'A cache in this process, or Redis',
  ),
  'redis.url': expanded(
    secret('secret URL', 'redis://username:password@host:6379/0, or rediss:// for TLS'),
    'Connection URL; sets host, port, username, password, db and tls',
  ),
  'redis.host': optional(word, 'Redis server'),
  'redis.port': withDefault(port(), 6379, 'Its port'),
  'redis.username': optional(text(), 'ACL user'),
  'redis.password': optional(secret(), 'Password of the ACL user, or of the server'),
  'redis.db': withDefault(integer(0, 65_535), 0, 'Database number'),
  'redis.key_prefix': withDefault(word, 'user-service:', 'Begins every key'),
  'redis.tls': withDefault(boolean(), false, 'Connect with TLS and verify the server'),
  'redis.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'redis.tls_cert': optional(path(), 'File with the client certificate (PEM)'),
  'redis.tls_key': optional(path(), 'File with the key of the client certificate (PEM)'),
  'redis.tls_server_name': optional(word, 'Name expected in the server’s certificate'),
  'redis.sentinels': withDefault(addressList(), [], 'Sentinels to ask for the primary'),
  'redis.sentinel_name': optional(word, 'Name of the primary among the sentinels'),
  'redis.cluster_nodes': withDefault(addressList(), [], 'Some nodes of a Redis Cluster'),
} as const;

/** The keys of messaging and of the outbox behind it. */
export const natsKeys = {
  'nats.driver': derived(
    oneOf('none', 'nats', 'embedded'),
    '`none`, or `nats` once `nats.servers` is set',
    'Where events are published; with `none` they stay in the outbox. `embedded` is the old name of `none`',
  ),
  'nats.servers': withDefault(natsServerList(), [], 'NATS servers', ['NATS_URL']),
  'nats.user': optional(text(), 'User name'),
  'nats.password': optional(secret(), 'Password of the user'),
  'nats.token': optional(secret(), 'Token, instead of a user'),
  'nats.creds_file': optional(path(), 'Credentials file, instead of a user'),
  'nats.tls': withDefault(boolean(), false, 'Require TLS and verify the server'),
  'nats.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'nats.tls_cert': optional(path(), 'File with the client certificate (PEM)'),
  'nats.tls_key': optional(path(), 'File with the key of the client certificate (PEM)'),
  'nats.stream': withDefault(
    text({ pattern: '^[A-Za-z0-9_-]+$', expected: 'letters, digits, `_` and `-`' }),
    'USERS',
    'JetStream stream of the events',
  ),
  'nats.replicas': withDefault(integer(1, 5), 1, 'Copies of the stream; 3 in production'),
  'nats.max_age': withDefault(
    duration(MINUTE_MS, 3_650 * DAY_MS),
    7 * DAY_MS,
    'How long the stream keeps events; one subject a user costs the broker about 0.5 KB of memory meanwhile',
  ),
  'nats.duplicate_window': withDefault(
    duration(SECOND_MS, 7 * DAY_MS),
    HOUR_MS,
    'How long the broker recognises an event that is sent again',
  ),
  'outbox.retention': withDefault(
    duration(HOUR_MS, 365 * DAY_MS),
    72 * HOUR_MS,
    'How long published events stay in the database, to be sent again after a broker lost them',
  ),
} as const;
