import { describe, expect, it } from 'vitest';
import { linesOf, loadSetting, MASTER_KEY } from '../../test/support/config-setting.ts';

describe('URLs that stand for several keys', () => {
  const url =
    'postgresql://ann:p%40ss@db.example:6432/people?sslmode=verify-full&sslrootcert=system';
  const SECURITY_MASTER_KEY = MASTER_KEY;

  it('set each part', async () => {
    const { config, sources } = await loadSetting({
      env: { DATABASE_URL: url, SECURITY_MASTER_KEY },
    });
    expect(config.database).toMatchObject({
      driver: 'postgres',
      host: 'db.example',
      port: 6432,
      user: 'ann',
      name: 'people',
      sslMode: 'verify-full',
      sslRootCert: 'system',
    });
    expect(config.database.password?.reveal()).toBe('p@ss');
    expect(sources.get('database.host')).toBe('database.url in environment DATABASE_URL');
    expect(config.database).not.toHaveProperty('url');
  });

  it('accept the folder of a Unix socket, and connect_timeout in seconds', async () => {
    const { config } = await loadSetting({
      env: {
        DATABASE_URL: 'postgres:///people?host=/run/pg&connect_timeout=3',
        SECURITY_MASTER_KEY,
      },
    });
    expect(config.database).toMatchObject({
      host: '/run/pg',
      name: 'people',
      connectTimeoutMs: 3000,
    });
  });

  it('set the parts of Redis, and TLS by the scheme', async () => {
    const { config } = await loadSetting({ env: { REDIS_URL: 'rediss://u:pw@[::1]:7000/3' } });
    expect(config.redis).toMatchObject({
      driver: 'redis',
      host: '::1',
      port: 7000,
      username: 'u',
      db: 3,
      tls: true,
    });
    expect(config.redis.password?.reveal()).toBe('pw');
  });

  it('win over weaker sources and lose to stronger ones', async () => {
    const { config } = await loadSetting({
      yaml: 'database: {host: from-file, user: from-file}',
      env: { DATABASE_URL: 'postgres://db.example/people', SECURITY_MASTER_KEY },
      args: ['--database.name', 'from-flag'],
    });
    expect(config.database).toMatchObject({
      host: 'db.example',
      user: 'from-file',
      name: 'from-flag',
    });
  });

  it('may repeat a key of the same source but not contradict it', async () => {
    const env = { DATABASE_URL: url, SECURITY_MASTER_KEY };
    await expect(
      loadSetting({ env: { ...env, DATABASE_PORT: '6432', DATABASE_PASSWORD: 'p@ss' } }),
    ).resolves.toBeDefined();
    const lines = await linesOf({
      env: { ...env, DATABASE_HOST: 'other', DATABASE_PASSWORD: 'canary' },
    });
    expect(lines).toEqual([
      'database.url (environment DATABASE_URL): and environment DATABASE_PASSWORD set database.password to different values; expected one of them',
      'database.url (environment DATABASE_URL): and environment DATABASE_HOST set database.host to different values; expected one of them',
    ]);
  });

  it.each([
    ['canary', 'does not begin with postgresql://'],
    ['mysql://u:canary@h/d', 'does not begin with postgresql://'],
    ['postgres://u:canary@a,b/d', 'names several hosts'],
    ['postgres://u:canary@h:1,b:2/d', 'names several hosts'],
    ['postgres:///canary', 'names no host'],
    ['postgres://u:canary%zz@h/d', 'has a malformed %-escape'],
    ['postgres://u:canary@h/d?sslmode=canary', 'has a wrong database.ssl_mode'],
    ['postgres://u:canary@h/d?options=canary', 'has the parameter options, which is not supported'],
    ['postgres://u:pw@h/d?canary4=1', 'has a parameter with an unusual name'],
    ['postgres://u:pw@h/d?password=canary=', 'has an = in the value of the parameter password'],
    ['postgres://u:pw@h/d?canary', 'has a parameter without a value'],
    ['postgres://u:pw@h/d?target_session_attrs=standby', 'has a value of target_session_attrs'],
    ['postgres://u:pw@h/d?connect_timeout=canary', 'has a wrong connect_timeout'],
    ['postgres://u:pw@h/d?connect_timeout=301', 'has a connect_timeout of more than 300 seconds'],
    ['postgres://u:pw@[::1/d', 'has a [ without its ]'],
    ['postgres://u:pw@[::1]x/d', 'has text after the ] of an address'],
    ['postgres://u:pw@h:canary/d', 'has a wrong database.port'],
    ['postgres://u:pw@h/d%00', 'has a malformed %-escape'],
  ])('refuse %s: %s', async (value, problem) => {
    const lines = await linesOf({ env: { DATABASE_URL: value, SECURITY_MASTER_KEY } });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`database.url (environment DATABASE_URL): ${problem}`);
    expect(lines[0]).not.toContain('canary');
  });
});
