import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { readTracingHeaders } from '../../src/config/tracing-headers.ts';
import { linesOf, loadSetting, MASTER_KEY } from '../support/config-setting.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

describe('a host key', () => {
  const keys = ['SERVER_HOST', 'DATABASE_HOST', 'REDIS_HOST', 'MAIL_SMTP_HOST'];
  const env = { SECURITY_MASTER_KEY: MASTER_KEY, MAIL_FROM: 'a@b.example' };

  const wrong: readonly [value: string, problem: string][] = [
    ['http://0.0.0.0', 'has a scheme'],
    ['redis://cache', 'has a scheme'],
    ['smtps://mx', 'has a scheme'],
    ['[::]', 'has brackets'],
    ['db:5432', 'has a port'],
    ['[::1]:5432', 'has a port'],
    ['db1,db2', 'names several hosts'],
    ['user@db', 'has a user'],
    ['db/name', 'has a path'],
    ['my host', 'has white space'],
    ['*', 'is not a host name or an address'],
    ['a..b', 'is not a host name or an address'],
    ['256.1.1.1', 'is not an IPv4 address'],
    ['1'.repeat(64), 'is not a host name or an address'],
    [`${'a'.repeat(62)}.`.repeat(5), 'is too long'],
  ];
  it.each(wrong)('refuses %s: it %s', async (value, problem) => {
    for (const name of keys) {
      const lines = await linesOf({ env: { ...env, [name]: value } });
      expect(lines).toEqual([expect.stringContaining(`(environment ${name}): ${problem}`)]);
    }
  });

  it.each([
    ['localhost', 'localhost'],
    ['::', '::'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['10.0.0.1', '10.0.0.1'],
    ['my_db.internal', 'my_db.internal'],
    ['_pg._tcp.db', '_pg._tcp.db'],
    ['db.example.', 'db.example.'],
    ['r3---sn-apo3qvuoxuxbt.example', 'r3---sn-apo3qvuoxuxbt.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('accepts %s', async (value, host) => {
    const all = Object.fromEntries(keys.map((name) => [name, value]));
    const { config } = await loadSetting({
      env: { ...env, ...all, SERVER_PUBLIC_URL: 'https://a.example' },
    });
    expect([
      config.server.host,
      config.database.host,
      config.redis.host,
      config.mail.smtp.host,
    ]).toEqual([host, host, host, host]);
  });

  it.each([
    ['accounts@bücher.example', 'has an address that is not ASCII'],
    ['Büro <büro@example.com>', 'has an address that is not ASCII'],
    ['a@b@c', 'has the wrong form'],
    ['a,b@c.example', 'has the wrong form'],
  ])('mail.from refuses %s, which could not start', async (sender, problem) => {
    const lines = await linesOf({ env: { MAIL_SMTP_HOST: 'mx', MAIL_FROM: sender } });
    expect(lines).toEqual([
      expect.stringContaining(`mail.from (environment MAIL_FROM): ${problem}`),
    ]);
  });

  it('mail.from accepts a name in any script', async () => {
    const sender = 'Büro <accounts@xn--bcher-kva.example>';
    const { config } = await loadSetting({ env: { MAIL_SMTP_HOST: 'mx', MAIL_FROM: sender } });
    expect(config.mail.from).toBe(sender);
  });
});

describe('a file that a key names', () => {
  const redis = { REDIS_HOST: 'localhost', REDIS_TLS: 'true' };
  const nats = { NATS_SERVERS: 'tls://localhost' };
  const smtp = { MAIL_SMTP_HOST: 'localhost', MAIL_FROM: 'a@b.example' };
  const traced = { TRACING_ENDPOINT: 'https://localhost' };
  const postgres = {
    DATABASE_HOST: 'localhost',
    SECURITY_MASTER_KEY: MASTER_KEY,
    DATABASE_SSL_MODE: 'verify-full',
  };
  const [certificate = ''] = rootCertificates;
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  });

  const cases: readonly [name: string, env: Record<string, string>][] = [
    ['DATABASE_SSL_ROOT_CERT', postgres],
    ['REDIS_TLS_CA', redis],
    ['NATS_TLS_CA', nats],
    ['NATS_CREDS_FILE', nats],
    ['MAIL_SMTP_TLS_CA', smtp],
    ['TRACING_TLS_CA', traced],
  ];
  it.each(cases)('is reported with its key before the start: %s', async (name, env) => {
    const folder = createTemporaryDirectory('files');
    onTestFinished(() => folder.remove());
    mkdirSync(join(folder.path, 'folder'));
    writeFileSync(join(folder.path, 'text'), 'no certificate');
    writeFileSync(join(folder.path, 'bytes'), Buffer.from([0xff, 0xfe, 0x41, 0]));
    const problemOf = async (file: string): Promise<string> => {
      const load = loadConfig({ env: { ...env, [name]: file }, cwd: folder.path });
      return String(
        await load.then(
          () => 'no error',
          (error: Error) => error.message,
        ),
      );
    };
    const source = `(environment ${name}): names`;
    expect(await problemOf('missing')).toContain(`${source} missing, which does not exist`);
    expect(await problemOf('folder')).toContain(`${source} folder, which is a folder`);
    expect(await problemOf('text')).toContain(`${source} text, which holds something else`);
    expect(await problemOf('text/a')).toContain(`${source} text/a, which is below another file`);
    expect(await problemOf('bytes')).toContain(`${source} bytes, which is not UTF-8 text`);
  });

  it('is not read when nothing uses it', async () => {
    await expect(
      loadSetting({ env: { DATABASE_SSL_ROOT_CERT: '/missing', NATS_CREDS_FILE: '/missing' } }),
    ).resolves.toBeDefined();
  });

  it('must hold what the key is for', async () => {
    const env = { ...redis, REDIS_TLS_CERT: '/cert', REDIS_TLS_KEY: '/key' };
    const files = { '/cert': certificate, '/key': String(key) };
    await expect(loadSetting({ env, files })).resolves.toBeDefined();
    const lines = await linesOf({ env, files: { '/cert': String(key), '/key': certificate } });
    expect(lines).toEqual([
      expect.stringContaining(
        'redis.tls_cert (environment REDIS_TLS_CERT): names /cert, which holds',
      ),
      expect.stringContaining('redis.tls_key (environment REDIS_TLS_KEY): names /key, which holds'),
    ]);
  });
});

describe('a secret', () => {
  it.each([
    ['\uFEFFcanary', 'begins with a byte order mark'],
    ['canary\r', 'has a line break or a carriage return'],
    ['can\nary', 'has a line break or a carriage return'],
    ['can\uFFFDary', 'has bytes that are not UTF-8'],
  ])('in a variable is refused for what an editor or a pipe added: %j', async (value, problem) => {
    for (const name of ['DATABASE_PASSWORD', 'NATS_TOKEN', 'REDIS_URL', 'SECURITY_MASTER_KEY']) {
      const lines = await linesOf({ env: { [name]: value } });
      expect(lines).toEqual([expect.stringContaining(`(environment ${name}): ${problem}`)]);
      expect(lines.join()).not.toContain('canary');
    }
  });

  it('in a file loses its byte order mark and its last line break, and must be UTF-8', async () => {
    const folder = createTemporaryDirectory('secrets');
    onTestFinished(() => folder.remove());
    const file = join(folder.path, 'secret');
    const read = async (bytes: Buffer | string): Promise<string | undefined> => {
      writeFileSync(file, bytes);
      chmodSync(file, 0o600);
      const { config } = await loadConfig({
        env: { DATABASE_PASSWORD_FILE: file },
        cwd: folder.path,
      });
      return config.database.password?.reveal();
    };
    expect(await read('\uFEFFpässword\r\n')).toBe('pässword');
    expect(await read('password\r')).toBe('password');
    // Windows PowerShell writes UTF-16, other editors Latin-1.
    for (const encoding of ['utf16le', 'latin1'] as const) {
      await expect(read(Buffer.from('\uFEFFpässword', encoding))).rejects.toThrow(
        /names a file that is not UTF-8 text/,
      );
    }
  });
});

describe('server.cors_origins', () => {
  it.each([
    'https://app.example.com',
    'http://localhost:3000',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'app://obsidian.md',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc',
    'safari-web-extension://2C127FA4-62C7-7E4F-90E5-472B45EECFDC',
  ])('accepts the exact origin %s', async (origin) => {
    const { config } = await loadSetting({ env: { SERVER_CORS_ORIGINS: origin } });
    expect(config.server.corsOrigins).toEqual([origin]);
  });

  it.each([
    '*',
    'null',
    'file://',
    'file://localhost',
    'data://a',
    'ws://a',
    'capacitor://localhost/',
    'capacitor://',
    'capacitor://*',
    'CAPACITOR://localhost',
    'https://App.example.com',
    'https://a.example:443',
  ])('refuses %s, which no page sends', async (origin) => {
    expect(await linesOf({ env: { SERVER_CORS_ORIGINS: origin } })).toEqual([
      expect.stringContaining('has a wrong item (number 1)'),
    ]);
  });
});

describe('tracing.headers', () => {
  const load = async (headers: string) => {
    const env = { TRACING_ENDPOINT: 'https://c.example', TRACING_HEADERS: headers };
    const { config } = await loadSetting({ env });
    return readTracingHeaders(config.tracing.headers);
  };

  it('are decoded as OpenTelemetry encodes them', async () => {
    expect(await load('authorization=Basic%20YWJjOmRlZg==,x-tenant=a%2Cb')).toEqual({
      headers: { authorization: 'Basic YWJjOmRlZg==', 'x-tenant': 'a,b' },
    });
    expect(await load('authorization=Bearer a+b')).toEqual({
      headers: { authorization: 'Bearer a+b' },
    });
  });

  it.each([
    ['authorization=canary%zz', 'has a % in the value of authorization that does not begin'],
    ['authorization=canary%', 'has a % in the value of authorization that does not begin'],
    ['authorization=canary%0d%0aa:b', 'has a character in the value of authorization that is not'],
    ['authorization=canary%E2%82%AC', 'has a character in the value of authorization that is not'],
  ])('are refused with the name of the header: %s', async (headers, problem) => {
    const env = { TRACING_ENDPOINT: 'https://c.example', TRACING_HEADERS: headers };
    const lines = await linesOf({ env });
    expect(lines).toEqual([
      expect.stringContaining(`tracing.headers (environment TRACING_HEADERS): ${problem}`),
    ]);
    expect(lines.join()).not.toContain('canary');
  });
});
