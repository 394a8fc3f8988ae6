import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { linesOf, loadSetting, MASTER_KEY } from '../../test/support/config-setting.ts';

type Variables = Readonly<Record<string, string>>;

const POSTGRES = { DATABASE_HOST: 'db', SECURITY_MASTER_KEY: MASTER_KEY };

describe('rules between keys', () => {
  it.each<[key: string, env: Variables]>([
    ['server.management_port', { SERVER_MANAGEMENT_PORT: '8080' }],
    ['server.headers_timeout', { SERVER_HEADERS_TIMEOUT: '20s' }],
    ['server.shutdown_delay', { SERVER_SHUTDOWN_DELAY: '25s' }],
    ['database.max_idle_conns', { DATABASE_MAX_IDLE_CONNS: '11' }],
    ['database.ssl_root_cert', { ...POSTGRES, DATABASE_SSL_MODE: 'verify-ca' }],
    ['database.ssl_root_cert', { ...POSTGRES, DATABASE_SSL_MODE: 'verify-full' }],
    [
      'database.ssl_root_cert',
      { DATABASE_SSL_MODE: 'verify-ca', DATABASE_SSL_ROOT_CERT: 'system' },
    ],
    ['registration.existing_email', { REGISTRATION_EXISTING_EMAIL: 'conceal' }],
    [
      'registration.existing_email',
      {
        REGISTRATION_EXISTING_EMAIL: 'conceal',
        REGISTRATION_REQUIRE_VERIFIED_EMAIL: 'true',
        REGISTRATION_VERIFICATION_MAIL: 'false',
      },
    ],
    [
      'sessions.cookie.enabled',
      { SESSIONS_COOKIE_ENABLED: 'true', SERVER_PUBLIC_URL: 'http://id.example.com' },
    ],
    ['redis.sentinel_name', { REDIS_SENTINELS: 'a:1' }],
    ['redis.sentinel_name', { REDIS_SENTINEL_NAME: 'a' }],
    ['redis.db', { REDIS_CLUSTER_NODES: 'a:1', REDIS_DB: '1' }],
    ['redis.tls_key', { REDIS_TLS: 'true', REDIS_TLS_KEY: 'a' }],
    ['redis.tls', { REDIS_TLS_CA: 'a' }],
    ['nats.password', { NATS_PASSWORD: 'a' }],
    ['nats.user', { NATS_USER: 'a', NATS_TOKEN: 'b' }],
    ['nats.user', { NATS_CREDS_FILE: 'a', NATS_TOKEN: 'b' }],
    ['nats.tls_key', { NATS_TLS: 'true', NATS_TLS_CERT: 'a' }],
    ['nats.tls', { NATS_TLS_CA: 'a' }],
    ['nats.tls', { NATS_SERVERS: 'a,tls://b', NATS_TLS: 'false' }],
    ['database.channel_binding', { ...POSTGRES, DATABASE_CHANNEL_BINDING: 'require' }],
    ['tracing.tls_key', { TRACING_TLS_CERT: 'a' }],
    ['nats.duplicate_window', { NATS_DUPLICATE_WINDOW: '2h', NATS_MAX_AGE: '1h' }],
    ['mail.from', { MAIL_SMTP_HOST: 'a' }],
    ['mail.smtp.password', { MAIL_SMTP_USERNAME: 'a' }],
    ['tracing.headers', { TRACING_HEADERS: 'a=b' }],
    ['tracing.headers', { TRACING_ENDPOINT: 'http://a', TRACING_HEADERS: 'a' }],
    ['tracing.headers', { TRACING_ENDPOINT: 'http://a', TRACING_HEADERS: 'a=b, c' }],
    ['tracing.headers', { TRACING_ENDPOINT: 'http://a', TRACING_HEADERS: 'a b=c' }],
    ['tracing.headers', { TRACING_ENDPOINT: 'http://a', TRACING_HEADERS: 'a=b\nc: d' }],
    ['security.master_key', { SECURITY_MASTER_KEY: 'A'.repeat(44) }],
    ['security.master_key_previous', { SECURITY_MASTER_KEY_PREVIOUS: MASTER_KEY }],
    [
      'security.master_key_previous',
      { SECURITY_MASTER_KEY: MASTER_KEY, SECURITY_MASTER_KEY_PREVIOUS: MASTER_KEY },
    ],
    [
      'security.master_key_previous',
      { SECURITY_MASTER_KEY: MASTER_KEY, SECURITY_MASTER_KEY_PREVIOUS: 'A'.repeat(44) },
    ],
    ['tokens.rotation_interval', { TOKENS_ROTATION_INTERVAL: '59m' }],
    ['tokens.jwks_max_age', { TOKENS_JWKS_MAX_AGE: '0s' }],
    ['links.invitation_url', { LINKS_INVITATION_URL: 'http://accounts.example.com/join' }],
    ['links.reset_password_url', { LINKS_RESET_PASSWORD_URL: 'http://accounts.example.com/r' }],
    ['sessions.idle_ttl', { SESSIONS_ABSOLUTE_TTL: '1d' }],
    ['sessions.refresh_grace', { SESSIONS_REFRESH_GRACE: '61s' }],
    ['outbox.retention', { OUTBOX_RETENTION: '59m' }],
    ['tokens.access_ttl', { TOKENS_ACCESS_TTL: '59s' }],
    ['tokens.access_ttl', { TOKENS_ACCESS_TTL: '61m' }],
    ['password.min_length', { PASSWORD_MIN_LENGTH: '7' }],
    ['password.min_length', { PASSWORD_MIN_LENGTH: '65', PASSWORD_MAX_LENGTH: '64' }],
    ['password.max_length', { PASSWORD_MAX_LENGTH: '63' }],
    ['password.argon2.memory_kib', { PASSWORD_ARGON2_MEMORY_KIB: '19455' }],
    ['password.argon2.memory_kib', { PASSWORD_ARGON2_ITERATIONS: '1' }],
    [
      'password.argon2.memory_kib',
      { PASSWORD_ARGON2_MEMORY_KIB: '47103', PASSWORD_ARGON2_ITERATIONS: '1' },
    ],
    [
      'password.argon2.memory_kib',
      { PASSWORD_ARGON2_MEMORY_KIB: '7167', PASSWORD_ARGON2_ITERATIONS: '9' },
    ],
    ['password.argon2.parallelism', { PASSWORD_ARGON2_PARALLELISM: '0' }],
  ])('report one error at %s for %o', async (key, env) => {
    const lines = await linesOf({ env });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${key.replaceAll('.', '\\.')} \\(`));
  });

  it.each<[name: string, env: Variables]>([
    [
      'every row of OWASP’s table: 47104/1',
      { PASSWORD_ARGON2_MEMORY_KIB: '47104', PASSWORD_ARGON2_ITERATIONS: '1' },
    ],
    [
      'every row of OWASP’s table: 12288/3',
      { PASSWORD_ARGON2_MEMORY_KIB: '12288', PASSWORD_ARGON2_ITERATIONS: '3' },
    ],
    [
      'every row of OWASP’s table: 9216/4',
      { PASSWORD_ARGON2_MEMORY_KIB: '9216', PASSWORD_ARGON2_ITERATIONS: '4' },
    ],
    [
      'every row of OWASP’s table: 7168/5',
      { PASSWORD_ARGON2_MEMORY_KIB: '7168', PASSWORD_ARGON2_ITERATIONS: '5' },
    ],
    [
      'a pool smaller than the default number of idle connections',
      { DATABASE_MAX_OPEN_CONNS: '2' },
    ],
    [
      'the certificate authorities of the system with verify-full',
      { ...POSTGRES, DATABASE_SSL_MODE: 'verify-full', DATABASE_SSL_ROOT_CERT: 'system' },
    ],
    [
      'TLS to Redis with a client certificate',
      { REDIS_TLS: 'true', REDIS_TLS_CERT: 'a', REDIS_TLS_KEY: 'b', REDIS_TLS_CA: 'c' },
    ],
    ['TLS files beside a rediss:// URL', { REDIS_URL: 'rediss://h', REDIS_TLS_CA: 'c' }],
    [
      'several headers for the collector',
      { TRACING_ENDPOINT: 'http://a', TRACING_HEADERS: 'Authorization=Basic YQ==, x-tenant=b' },
    ],
    ['two free ports', { SERVER_PORT: '0', SERVER_MANAGEMENT_PORT: '0' }],
    ['no grace at all', { SESSIONS_REFRESH_GRACE: '0s' }],
    ['15 characters as the shortest password', { PASSWORD_MIN_LENGTH: '15' }],
  ])('allow %s', async (_name, env) => {
    const [certificate = ''] = rootCertificates;
    await expect(loadSetting({ env, files: { '/app/c': certificate } })).resolves.toBeDefined();
  });

  it('keep idle connections within the size of a small pool', async () => {
    const { config } = await loadSetting({ env: { DATABASE_MAX_OPEN_CONNS: '2' } });
    expect(config.database.maxIdleConns).toBe(2);
  });

  it('never repeat a weak master key', async () => {
    const [line] = await linesOf({ env: { ...POSTGRES, SECURITY_MASTER_KEY: 'canary' } });
    expect(line).toContain('security.master_key (environment SECURITY_MASTER_KEY');
    expect(line).toContain('is too short (4 bytes)');
    expect(line).not.toContain('canary');
  });
});
