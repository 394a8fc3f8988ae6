import { describe, expect, it } from 'vitest';
import { linesOf, loadSetting, MASTER_KEY } from '../../test/support/config-setting.ts';
import { loadConfig } from './load.ts';

describe('defaults', () => {
  it('need no source', async () => {
    const { config, sources, warnings } = await loadSetting({});
    expect(config.server).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://127.0.0.1:8080',
      trustedProxies: [],
      managementPort: undefined,
      shutdownDelayMs: 3_000,
    });
    expect(config.database).toMatchObject({ driver: 'embedded', migrateOnStart: true });
    expect(config.redis.driver).toBe('memory');
    expect(config.nats.driver).toBe('none');
    expect(config.mail.driver).toBe('file');
    expect(config.tokens).toMatchObject({ issuer: 'http://127.0.0.1:8080', accessTtlMs: 600_000 });
    expect(config.password.argon2).toEqual({ memoryKib: 19_456, iterations: 2, parallelism: 1 });
    expect(config.password).toMatchObject({ hashingSlots: 6, hashingWaitMs: 500 });
    expect(config.outbox.retentionMs).toBe(72 * 3_600_000);
    expect(config.logging).toEqual({ level: 'info', format: 'json' });
    expect(config.security.masterKey).toBeUndefined();
    expect(warnings).toEqual([]);
    expect(sources.get('server.port')).toBe('default');
    expect(sources.get('server.public_url')).toBe('derived');
  });

  it('are frozen to the last level', async () => {
    const { config } = await loadSetting({ env: { DATABASE_PASSWORD: 'x' } });
    const unfrozen: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) unfrozen.push(path);
      for (const [name, child] of Object.entries(value)) visit(child, `${path}.${name}`);
    };
    visit(config, 'config');
    expect(unfrozen).toEqual([]);
  });

  it('choose pretty logs on a terminal only', async () => {
    const { config } = await loadConfig({ env: {}, cwd: '/nowhere', terminal: true });
    expect(config.logging.format).toBe('pretty');
  });

  it.each([
    ['on a terminal', true, '25s', 0],
    ['elsewhere', false, '25s', 3_000],
    ['with a short time to stop', false, '2s', 500],
  ])('derive the delay of the shutdown %s', async (_where, terminal, timeout, delayMs) => {
    const env = { SERVER_SHUTDOWN_TIMEOUT: timeout };
    const { config } = await loadConfig({ env, cwd: '/nowhere', terminal });
    expect(config.server.shutdownDelayMs).toBe(delayMs);
  });

  it.each([
    ['0.0.0.0', 'http://localhost:8080'],
    ['::', 'http://localhost:8080'],
    ['::1', 'http://[::1]:8080'],
    ['example.internal', 'http://example.internal:8080'],
  ])('derive the public URL of host %s as %s', async (host, expected) => {
    const { config } = await loadSetting({ env: { SERVER_HOST: host } });
    expect(config.server.publicUrl).toBe(expected);
    expect(config.tokens.issuer).toBe(expected);
  });
});

describe('precedence', () => {
  const yaml = 'server:\n  port: 1001\n';
  const env = { SERVER_PORT: '1002' };
  const args = ['--server.port', '1003'];

  it.each([
    ['the file over the default', { yaml }, 1001, 'file ./config.yaml line 2'],
    ['the environment over the file', { yaml, env }, 1002, 'environment SERVER_PORT'],
    ['a flag over the environment', { yaml, env, args }, 1003, 'flag --server.port'],
    ['a flag over the file', { yaml, args }, 1003, 'flag --server.port'],
    [
      'the file over an empty variable',
      { yaml, env: { SERVER_PORT: '' } },
      1001,
      'file ./config.yaml line 2',
    ],
  ])('prefers %s', async (_name, setting, port, source) => {
    const { config, sources } = await loadSetting(setting);
    expect(config.server.port).toBe(port);
    expect(sources.get('server.port')).toBe(source);
  });

  it('counts a key without a value in the file as unset', async () => {
    const { config } = await loadSetting({ yaml: 'server:\n  port:\nredis:\n' });
    expect(config.server.port).toBe(8080);
  });

  it('accepts an empty file and one of comments only', async () => {
    await expect(loadSetting({ yaml: '' })).resolves.toBeDefined();
    await expect(loadSetting({ yaml: '# nothing\n' })).resolves.toBeDefined();
  });

  it('reads the file of --config instead of ./config.yaml', async () => {
    const files = { '/etc/us.yaml': 'server: {port: 1004}' };
    const { config, sources } = await loadSetting({
      yaml,
      files,
      args: ['--config', '/etc/us.yaml'],
    });
    expect(config.server.port).toBe(1004);
    expect(sources.get('server.port')).toBe('file /etc/us.yaml line 1');
  });

  it('reads values of every type from text', async () => {
    const { config } = await loadSetting({
      env: {
        SERVER_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8,192.0.2.1',
        SERVER_CORS_ORIGINS: 'https://app.example.com,http://localhost:3000',
        DATABASE_PREPARED_STATEMENTS: 'false',
        SESSIONS_IDLE_TTL: '7d',
        LOGGING_LEVEL: 'warn',
      },
      args: ['--redis.tls', '--redis.sentinels=a:1,[::1]:2', '--redis.sentinel_name=main'],
    });
    expect(config.server.trustedProxies).toEqual(['10.0.0.0/8', 'fd00::/8', '192.0.2.1']);
    expect(config.server.corsOrigins).toEqual(['https://app.example.com', 'http://localhost:3000']);
    expect(config.database.preparedStatements).toBe(false);
    expect(config.sessions.idleTtlMs).toBe(7 * 86_400_000);
    expect(config.logging.level).toBe('warn');
    expect(config.redis).toMatchObject({
      tls: true,
      driver: 'redis',
      sentinels: ['a:1', '[::1]:2'],
    });
  });
});

describe('drivers', () => {
  const SECURITY_MASTER_KEY = MASTER_KEY;

  it('are derived from the addresses that are set', async () => {
    const { config } = await loadSetting({
      env: {
        DATABASE_HOST: 'db',
        REDIS_HOST: 'cache',
        NATS_URL: 'nats://broker:4222',
        MAIL_SMTP_HOST: 'mail',
        MAIL_FROM: 'Accounts <accounts@example.com>',
        SECURITY_MASTER_KEY,
      },
    });
    expect(config.database).toMatchObject({ driver: 'postgres', migrateOnStart: false });
    expect(config.redis.driver).toBe('redis');
    expect(config.nats).toMatchObject({ driver: 'nats', servers: ['nats://broker:4222'] });
    expect(config.mail.driver).toBe('smtp');
  });

  it('may contradict the addresses, with a warning', async () => {
    const { config, warnings } = await loadSetting({
      env: { DATABASE_HOST: 'db', DATABASE_DRIVER: 'embedded' },
    });
    expect(config.database.driver).toBe('embedded');
    expect(warnings).toEqual(['database.host has no effect: database.driver is embedded']);
  });

  it.each(['database', 'redis', 'nats', 'mail'])('need the address of %s', async (section) => {
    const drivers = { database: 'postgres', redis: 'redis', nats: 'nats', mail: 'smtp' };
    const driver = drivers[section as keyof typeof drivers];
    const [first] = await linesOf({
      env: { [`${section.toUpperCase()}_DRIVER`]: driver, SECURITY_MASTER_KEY },
    });
    expect(first).toContain(`is not set, but ${section}.driver is ${driver}`);
    expect(first).toContain(`from environment ${section.toUpperCase()}_DRIVER`);
  });

  it('need a master key with PostgreSQL', async () => {
    const [line, ...others] = await linesOf({ env: { DATABASE_HOST: 'db' } });
    expect(line).toMatch(
      /^security\.master_key .*DATABASE_HOST.*is not set.*openssl rand -base64 32/,
    );
    expect(others).toEqual([]);
  });
});

describe('advice', () => {
  it('warns of a public address without a public URL, and of trusting every proxy', async () => {
    const { warnings } = await loadSetting({
      env: { SERVER_HOST: '0.0.0.0', SERVER_TRUSTED_PROXIES: '0.0.0.0/0' },
    });
    expect(warnings).toEqual([
      'server.public_url is not set: links and tokens contain http://localhost:8080',
      'server.trusted_proxies contains a /0 network: any client can forge its address',
    ]);
  });

  it('warns of mail that is only written to files with a PostgreSQL server', async () => {
    const key = { SECURITY_MASTER_KEY: MASTER_KEY };
    const env = { DATABASE_HOST: 'localhost', ...key, MAIL_PATH: '/var/mail-out' };
    expect((await loadSetting({ env })).warnings).toEqual([
      'mail.driver is file: mail is written to files under /var/mail-out and not sent',
    ]);
    const sent = { ...env, MAIL_SMTP_HOST: 'smtp', MAIL_FROM: 'a@example.com' };
    expect((await loadSetting({ env: sent })).warnings).toEqual([]);
    expect((await loadSetting({})).warnings).toEqual([]);
  });

  it('warns of the old name of messaging without a broker', async () => {
    const { config, warnings } = await loadSetting({ env: { NATS_DRIVER: 'embedded' } });
    expect(config.nats.driver).toBe('embedded');
    expect(warnings).toEqual([expect.stringContaining('nats.driver is embedded')]);
    expect((await loadSetting({ env: { NATS_DRIVER: 'none' } })).warnings).toEqual([]);
  });
});

describe('the fields that events carry', () => {
  it('are read from a variable and from a list', async () => {
    const variable = await loadSetting({ env: { EVENTS_INCLUDE: 'first_name, phone' } });
    expect(variable.config.events.include).toEqual(['first_name', 'phone']);
    const list = await loadSetting({ yaml: 'events:\n  include: [email]\n' });
    expect(list.config.events.include).toEqual(['email']);
    expect((await loadSetting({})).config.events.include).toEqual([]);
  });

  it.each([
    ['password', /events\.include.*has password, which no event carries/],
    ['first_name,nickname', /events\.include.*has nickname, which is not a profile field/],
    ['Sup3r$ecret', /events\.include.*has a name, which is not a profile field/],
    ['email,email', /events\.include.*has a field twice/],
  ])('are refused by name: %s', async (names, message) => {
    const lines = await linesOf({ env: { EVENTS_INCLUDE: names } });
    expect(lines.join('\n')).toMatch(message);
    expect(lines.join('\n')).not.toContain('Sup3r');
  });
});
