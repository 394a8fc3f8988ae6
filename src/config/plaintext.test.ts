import { describe, expect, it } from 'vitest';
import { loadSetting, MASTER_KEY } from '../../test/support/config-setting.ts';
import { isRemote } from './plaintext.ts';

type Env = Readonly<Record<string, string>>;

/** The warnings about connections; the driver of mail has one of its own. */
async function warningsOf(env: Env): Promise<readonly string[]> {
  const { warnings } = await loadSetting({ env: { SECURITY_MASTER_KEY: MASTER_KEY, ...env } });
  return warnings.filter((warning) => !warning.startsWith('mail.driver is file'));
}

describe('a connection to another machine without TLS', () => {
  it.each<[Env, string]>([
    [
      { DATABASE_HOST: 'db.internal' },
      'database.ssl_mode is disable: the connection to db.internal',
    ],
    [{ DATABASE_URL: 'postgres://u:canary@10.0.0.5/users' }, 'the connection to 10.0.0.5 is not'],
    [
      { DATABASE_HOST: 'db', DATABASE_SSL_MODE: 'require' },
      'database.ssl_mode is require: nothing proves that the server is db',
    ],
    [{ REDIS_HOST: 'cache' }, 'redis.tls is false: the connection to cache is not encrypted'],
    [{ REDIS_URL: 'redis://:canary@[2001:db8::1]:6379' }, 'the connection to 2001:db8::1 is not'],
    [
      { REDIS_SENTINELS: 'localhost:1,s1:26379,[2001:db8::2]:26379', REDIS_SENTINEL_NAME: 'a' },
      'the connection to s1, [2001:db8::2] is not encrypted',
    ],
    [{ REDIS_CLUSTER_NODES: '127.0.0.1:7000,c1:7000' }, 'the connection to c1 is not encrypted'],
    [{ NATS_SERVERS: 'nats://127.0.0.1:4222,n1:4222' }, 'nats.tls is false: the connection to n1'],
    [{ NATS_SERVERS: 'nats://n1' }, 'nats.tls is false: the connection to n1 may be unencrypted'],
    [
      {
        MAIL_SMTP_HOST: 'mx',
        MAIL_FROM: 'a@example.com',
        MAIL_SMTP_TLS: 'none',
        MAIL_SMTP_PASSWORD: 'canary',
        MAIL_SMTP_USERNAME: 'u',
      },
      'mail.smtp.tls is none: the password and e-mails go to mx unencrypted',
    ],
    [{ SERVER_PUBLIC_URL: 'http://id.example.com' }, 'server.public_url is http'],
    [{ TOKENS_ISSUER: 'http://id.example.com' }, 'tokens.issuer is http'],
    [
      { PWNED_PASSWORDS_ENABLED: 'true', PWNED_PASSWORDS_URL: 'http://pwned.internal' },
      'pwned_passwords.url is http',
    ],
    [{ TRACING_ENDPOINT: 'http://collector:4318' }, 'tracing.endpoint is http'],
  ])('causes one warning: %j', async (env, text) => {
    const warnings = await warningsOf(env);
    expect(warnings).toEqual([expect.stringContaining(text)]);
    expect(warnings.join()).not.toContain('canary');
  });

  it.each<[Env]>([
    [{ DATABASE_HOST: 'localhost', REDIS_HOST: '127.0.0.1', NATS_SERVERS: '[::1]:4222' }],
    [{ DATABASE_HOST: '/var/run/postgresql', REDIS_HOST: '127.8.0.1', NATS_SERVERS: 'localhost' }],
    [
      {
        DATABASE_HOST: 'db',
        DATABASE_SSL_MODE: 'verify-full',
        DATABASE_SSL_ROOT_CERT: 'system',
        REDIS_URL: 'rediss://cache',
        NATS_SERVERS: 'n1',
        NATS_TLS: 'true',
        MAIL_SMTP_HOST: 'mx',
        MAIL_FROM: 'a@example.com',
      },
    ],
    [{ REDIS_DRIVER: 'memory', REDIS_HOST: 'cache' }],
    [{ PWNED_PASSWORDS_URL: 'http://pwned.internal' }],
    [{ TRACING_ENDPOINT: 'http://localhost:4318', SERVER_PUBLIC_URL: 'https://id.example.com' }],
  ])('is not assumed: %j', async (env) => {
    expect(await warningsOf(env)).toEqual([]);
  });
});

it.each([
  ['localhost', false],
  ['api.localhost', false],
  ['127.0.0.1', false],
  ['[::1]', false],
  ['::ffff:127.0.0.1', false],
  ['0.0.0.0', false],
  ['/run/postgresql', false],
  ['@abstract', false],
  ['localhost.example.com', true],
  ['127.0.0.1.example.com', true],
  ['10.0.0.1', true],
  ['db', true],
  ['::2', true],
])('%s is another machine: %s', (host, remote) => {
  expect(isRemote(host)).toBe(remote);
});
