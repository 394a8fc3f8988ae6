import { describe, expect, it } from 'vitest';
import { linesOf, loadSetting, MASTER_KEY } from '../support/config-setting.ts';

async function databaseOf(url: string) {
  const { config } = await loadSetting({
    env: { DATABASE_URL: url, SECURITY_MASTER_KEY: MASTER_KEY },
  });
  const { host, port, user, password, name, ...rest } = config.database;
  return { host, port, user, password: password?.reveal(), name, rest };
}

describe('a PostgreSQL URL means what psql understands', () => {
  const base = { host: 'h', port: 5432, user: 'u', password: 'p', name: 'd' };
  it.each<[url: string, parts: Partial<typeof base>]>([
    ['postgresql://u:p@/d?host=/var/run/postgresql', { host: '/var/run/postgresql' }],
    ['postgresql:///d?host=/var/run/postgresql&user=u&password=p', { host: '/var/run/postgresql' }],
    ['postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql' }],
    ['postgresql://h/d?user=u&password=a+b', { password: 'a+b' }],
    ['postgresql://u:a+b@h/d', { password: 'a+b' }],
    ['postgresql://u:a%2Bb%25@h/d', { password: 'a+b%' }],
    ['postgresql://u:a?b#c@h/d', { password: 'a?b#c' }],
    ['postgresql://u:a:b@h/d', { password: 'a:b' }],
    ['postgresql://u:p@h/d#e', { name: 'd#e' }],
    ['postgresql://u:p@h:6432/d', { port: 6432 }],
    ['postgresql://u:p@h:/d', { port: 5432 }],
    ['postgresql://u:p@[2001:db8::1]:6432/d', { host: '2001:db8::1', port: 6432 }],
    ['postgresql://u:p@[fe80::1%25eth0]/d', { host: 'fe80::1%eth0' }],
    ['postgresql://u:p@my_db.internal./d', { host: 'my_db.internal.' }],
    ['postgresql://u:p@r3---sn-a.example/d', { host: 'r3---sn-a.example' }],
    ['postgresql://u:p@bücher.example/d', { host: 'xn--bcher-kva.example' }],
    ['postgresql://x:y@z/e?host=h&user=u&password=p&dbname=d', {}],
    ['postgresql://u:p@h/d?', {}],
    ['postgresql://u:p@h?dbname=d', {}],
    ['postgresql://u:p@h/d?port=6432', { port: 6432 }],
  ])('%s', async (url, parts) => {
    const { rest: _, ...read } = await databaseOf(url);
    expect(read).toEqual({ ...base, ...parts });
  });

  it('sets what a provider adds to it', async () => {
    const url =
      'postgres://u:p@h/d?sslmode=require&channel_binding=require&application_name=shop&target_session_attrs=read-write&connect_timeout=0&keepalives=1&client_encoding=UTF8';
    expect((await databaseOf(url)).rest).toMatchObject({
      sslMode: 'require',
      channelBinding: 'require',
      applicationName: 'shop',
      connectTimeoutMs: 300_000,
    });
  });

  it.each([
    ['sslmode=prefer', 'prefer'],
    ['sslmode=allow', 'allow'],
    ['ssl=true', 'require'],
    ['sslrootcert=system', 'verify-full'],
  ])('understands %s', async (query, sslMode) => {
    expect((await databaseOf(`postgres://u:p@h/d?${query}`)).rest).toMatchObject({ sslMode });
  });

  it.each([
    'options',
    'schema',
    'hostaddr',
    'service',
    'passfile',
    'sslcert',
    'requirepeer',
    'require_auth',
    'replication',
    'pgbouncer',
  ])('names the parameter %s, and not its value', async (name) => {
    const lines = await linesOf({
      env: {
        DATABASE_URL: `postgres://u:p@h/d?${name}=canary`,
        SECURITY_MASTER_KEY: MASTER_KEY,
      },
    });
    expect(lines).toEqual([
      expect.stringContaining(`has the parameter ${name}, which is not supported`),
    ]);
    expect(lines.join()).not.toContain('canary');
  });

  it('takes the host from another source when it has none', async () => {
    const { config } = await loadSetting({
      yaml: 'database: {host: db}',
      env: { DATABASE_URL: 'postgresql:///d?user=u', SECURITY_MASTER_KEY: MASTER_KEY },
    });
    expect(config.database).toMatchObject({ host: 'db', user: 'u', name: 'd' });
  });
});

describe('TLS that an address asks for', () => {
  it('is turned on by tls:// in one of the NATS servers, and cannot be turned off beside it', async () => {
    const { config, sources } = await loadSetting({ env: { NATS_SERVERS: 'a,tls://b:4222' } });
    expect(config.nats.tls).toBe(true);
    expect(sources.get('nats.tls')).toBe('derived');
    expect(await linesOf({ env: { NATS_SERVERS: 'tls://b', NATS_TLS: 'false' } })).toEqual([
      expect.stringContaining('is false, but an address of nats.servers begins with tls://'),
    ]);
  });

  it('is not dropped without a word when a stronger source turns it off', async () => {
    const { warnings } = await loadSetting({
      yaml: 'redis: {url: "rediss://localhost"}\ndatabase: {url: "postgresql://localhost/d?sslmode=require"}',
      env: {
        REDIS_TLS: 'false',
        DATABASE_SSL_MODE: 'disable',
        SECURITY_MASTER_KEY: MASTER_KEY,
        MAIL_SMTP_HOST: 'localhost',
        MAIL_FROM: 'a@b.example',
      },
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /redis\.url in .* asks for TLS, but environment REDIS_TLS sets redis\.tls to false/,
      ),
      expect.stringMatching(
        /database\.url in .* asks for TLS, but environment DATABASE_SSL_MODE sets/,
      ),
    ]);
  });

  it.each([
    ['redis://h/0?tls=true', 'has the parameter tls, which is not supported'],
    ['redis://:a#b@h', 'is not a URL'],
    ['redis://h/0#b', 'has a # that is not written as %23'],
    ['tls://h', 'does not begin with redis:// or rediss://'],
    ['redis+tls://h', 'does not begin with redis:// or rediss://'],
  ])('is refused in a spelling that Redis URLs do not have: %s', async (url, problem) => {
    expect(await linesOf({ env: { REDIS_URL: url } })).toEqual([expect.stringContaining(problem)]);
  });
});
