import { describe, expect, it } from 'vitest';
import {
  type ConfigSetting,
  fileError,
  linesOf,
  loadSetting,
} from '../../test/support/config-setting.ts';
import { ConfigError } from './config-error.ts';

describe('configuration errors', () => {
  it('are reported all at once, each with key, source, problem and expectation', async () => {
    const lines = await linesOf({
      yaml: 'server:\n  prot: 1\n  port: eighty\nlogging:\n  level: loud\n',
      env: { DATABASE_PORT: '70000', TOKENS_ACCESS_TTL: '10', NATS_TLS: 'yes' },
      args: ['--sessions.idle_ttl', '1d', '--sessions.absolute_ttl', '1h', '--sever.host', 'x'],
    });
    expect(lines).toEqual([
      'server.prot (file ./config.yaml line 2): is not a known key; did you mean server.port?',
      'server.port (file ./config.yaml line 3): "eighty" is not a whole number; expected a whole number from 0 to 65535',
      'logging.level (file ./config.yaml line 5): "loud" is not one of the accepted words; expected one of `debug`, `info`, `warn`, `error`',
      'tokens.access_ttl (environment TOKENS_ACCESS_TTL): "10" is not a duration; expected a duration from 1m to 1h, such as 500ms, 30s, 5m, 24h or 7d',
      'database.port (environment DATABASE_PORT): "70000" is out of range; expected a whole number from 1 to 65535',
      'nats.tls (environment NATS_TLS): "yes" is not a boolean; expected `true` or `false`',
      'sever.host (flag --sever.host): is not a known key; did you mean server.host?',
      'sessions.idle_ttl (flag --sessions.idle_ttl; sessions.absolute_ttl from flag --sessions.absolute_ttl): is longer than sessions.absolute_ttl; expected at most as long',
    ]);
  });

  it('are all in the message of the error', async () => {
    const error = await loadSetting({ env: { SERVER_PORT: 'x', REDIS_PORT: 'y' } }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain('The configuration has 2 errors:');
    expect(String(error)).toContain('server.port');
    expect(String(error)).toContain('redis.port');
  });

  it('do not include consequences of another error', async () => {
    const lines = await linesOf({ env: { DATABASE_HOST: 'a b', DATABASE_DRIVER: 'postgres' } });
    expect(lines).toEqual([
      'database.host (environment DATABASE_HOST): has white space; expected one host name or IP address, without scheme, port and brackets, or the absolute path of a folder',
    ]);
  });

  it('limit the timeout of the breached-password API to one second', async () => {
    const env = { PWNED_PASSWORDS_TIMEOUT: '1001ms' };
    expect(await linesOf({ env })).toEqual([
      'pwned_passwords.timeout (environment PWNED_PASSWORDS_TIMEOUT): "1001ms" is out of range; expected a duration from 50ms to 1s, such as 500ms, 30s, 5m, 24h or 7d',
    ]);
    const { config } = await loadSetting({ env: { PWNED_PASSWORDS_TIMEOUT: '1s' } });
    expect(config.pwnedPasswords.timeoutMs).toBe(1_000);
  });

  it('explain variables that Kubernetes sets for services', async () => {
    const [line] = await linesOf({ env: { REDIS_PORT: 'tcp://10.0.0.1:6379' } });
    expect(line).toContain('enableServiceLinks: false');
  });

  it.each<[string, ConfigSetting, string]>([
    ['a text in quotes where a number belongs', { yaml: 'server: {port: "80"}' }, 'server.port'],
    ['a fraction', { yaml: 'server: {port: 80.5}' }, 'server.port'],
    ['a number where text belongs', { yaml: 'database: {password: 123}' }, 'put it in quotes'],
    [
      'a number where a duration belongs',
      { yaml: 'tokens: {access_ttl: 600}' },
      '600 is not a duration',
    ],
    ['YAML 1.1 booleans', { yaml: 'redis: {tls: yes}' }, '"yes" is not a boolean'],
    ['a section in place of a value', { yaml: 'server: {port: {a: 1}}' }, 'server.port'],
    [
      'a value in place of a section',
      { yaml: 'server: 80' },
      'is not a mapping; expected a section',
    ],
    ['text in place of a list', { yaml: 'server: {trusted_proxies: 10.0.0.0/8}' }, 'is not a list'],
    ['a list of numbers', { yaml: 'server: {trusted_proxies: [1]}' }, 'is not a list of texts'],
    ['a malformed network', { env: { SERVER_TRUSTED_PROXIES: '10.0.0.0/33' } }, 'number 1'],
    [
      'a malformed address',
      { env: { SERVER_TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.256' } },
      'number 2',
    ],
    [
      'an origin with a path',
      { env: { SERVER_CORS_ORIGINS: 'https://a.example/' } },
      'cors_origins',
    ],
    ['any origin', { env: { SERVER_CORS_ORIGINS: '*' } }, 'cors_origins'],
    ['any header', { env: { SERVER_CORS_ALLOWED_HEADERS: '*' } }, 'cors_allowed_headers'],
    ['no header', { env: { SERVER_CORS_EXPOSED_HEADERS: 'a b' } }, 'cors_exposed_headers'],
    ['a null origin', { env: { SERVER_CORS_ORIGINS: 'null' } }, 'cors_origins'],
    ['a collector without a scheme', { env: { TRACING_ENDPOINT: 'collector:4318' } }, 'not http'],
    ['a fraction above 1', { env: { TRACING_SAMPLE_RATIO: '1.5' } }, '"1.5" is out of'],
    [
      'a fraction that is not a number',
      { env: { TRACING_SAMPLE_RATIO: 'half' } },
      'is not a number',
    ],
    ['a fraction in quotes', { yaml: 'tracing: {sample_ratio: "0.5"}' }, 'is not a number'],
    ['a public URL of another scheme', { env: { SERVER_PUBLIC_URL: 'ftp://a' } }, 'is not http(s)'],
    ['a public URL with a query', { env: { SERVER_PUBLIC_URL: 'https://a/?b' } }, 'query'],
    ['a NATS server with credentials', { env: { NATS_SERVERS: 'nats://u:p@h:1' } }, 'nats.servers'],
    ['a list item with a bad port', { env: { REDIS_SENTINELS: 'a:0' } }, 'redis.sentinels'],
    ['a line break in text', { env: { DATABASE_USER: 'a\nb' } }, 'has a control character'],
    ['a line break in the sender', { env: { MAIL_FROM: 'a@b\r\nBcc: c@d' } }, 'control character'],
    ['a flag without a value', { args: ['--server.port'] }, 'flag --server.port): has no value'],
    ['a flag followed by a flag', { args: ['--server.port', '--redis.tls'] }, 'has no value'],
    [
      'a flag given twice',
      { args: ['--server.port=1', '--server.port=2'] },
      'flag --server.port twice',
    ],
    [
      'two names of one key',
      { env: { DATABASE_NAME: 'a', DATABASE_DB_NAME: 'b' } },
      'environment DATABASE_NAME and environment DATABASE_DB_NAME',
    ],
    ['--config without a value', { args: ['--config'] }, 'flag --config: has no value'],
    [
      '--config given twice',
      { args: ['--config=config.yaml', '--config=b'], yaml: '' },
      'flag --config: is given twice',
    ],
    ['a missing file', { args: ['--config', 'no.yaml'] }, 'names a file that does not exist'],
    [
      'a forbidden default file',
      { files: { '/app/config.yaml': fileError('EACCES') } },
      'file ./config.yaml: cannot be read (permission denied)',
    ],
  ])('include %s', async (_name, setting, expected) => {
    const lines = await linesOf(setting);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(expected);
  });

  it('accept two names of one key with the same value', async () => {
    const { config } = await loadSetting({ env: { DATABASE_NAME: 'a', DATABASE_DB_NAME: 'a' } });
    expect(config.database.name).toBe('a');
    expect((await loadSetting({ env: { DATABASE_DB_NAME: 'b' } })).config.database.name).toBe('b');
  });
});
