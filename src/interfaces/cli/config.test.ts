import { describe, expect, it } from 'vitest';
import {
  type ConfigCommandIo,
  runConfigCheck,
  runConfigExplain,
  runConfigPrint,
} from './config.ts';
import { UsageError } from './io.ts';

type Command = typeof runConfigPrint;

interface Outcome {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

async function run(
  command: Command,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const io: ConfigCommandIo = {
    stdout: (line) => out.push(line),
    stderr: (line) => err.push(line),
    env,
    cwd: '/app',
    readFile: () => {
      throw Object.assign(new Error('missing'), { code: 'ENOENT' });
    },
    availableParallelism: 6,
    terminal: false,
  };
  return { code: await command(args, io), out, err };
}

const SECRETS = { DATABASE_PASSWORD: 'canary-1', REDIS_URL: 'rediss://:canary-2@cache:6380/1' };

describe('config print', () => {
  it('shows value and source of every key, with secrets hidden', async () => {
    const { code, out, err } = await run(runConfigPrint, ['--server.port', '9000'], SECRETS);
    expect(code).toBe(0);
    expect(err).toEqual([]);
    const rows = new Map(
      out.map((line) => [line.split(/\s/)[0], line.replaceAll(/ {2,}/g, ' | ')]),
    );
    expect(rows.get('server.port')).toBe('server.port | 9000 | flag --server.port');
    expect(rows.get('server.public_url')).toBe(
      'server.public_url | http://127.0.0.1:9000 | derived',
    );
    expect(rows.get('server.trusted_proxies')).toBe('server.trusted_proxies | [] | default');
    expect(rows.get('tokens.access_ttl')).toBe('tokens.access_ttl | 10m | default');
    expect(rows.get('database.password')).toBe(
      'database.password | [secret] | environment DATABASE_PASSWORD',
    );
    expect(rows.get('nats.password')).toBe('nats.password | (unset) | default');
    expect(rows.get('redis.host')).toBe('redis.host | cache | redis.url in environment REDIS_URL');
    expect(rows.get('redis.url')).toBe('redis.url | [secret] | environment REDIS_URL');
    expect(out.join('\n')).not.toContain('canary');
  });

  it('prints one JSON object with --json', async () => {
    const { code, out } = await run(runConfigPrint, ['--json'], SECRETS);
    expect(code).toBe(0);
    const printed: unknown = JSON.parse(out.join('\n'));
    expect(printed).toMatchObject({
      'database.password': { value: '[secret]', source: 'environment DATABASE_PASSWORD' },
      'nats.token': { value: null, source: 'default' },
      'server.port': { value: 8080, source: 'default' },
      'server.cors_origins': { value: [], source: 'default' },
    });
    expect(out.join('\n')).not.toContain('canary');
  });

  it('prints warnings on standard error', async () => {
    const { code, err } = await run(runConfigPrint, [], { SERVER_PROT: '1' });
    expect(code).toBe(0);
    expect(err).toEqual([
      'warning: environment SERVER_PROT is not read; did you mean SERVER_PORT?',
    ]);
  });

  it('lists the errors of an invalid configuration and exits 1', async () => {
    const { code, out, err } = await run(runConfigPrint, ['--server.port=a'], { REDIS_PORT: 'x' });
    expect(code).toBe(1);
    expect(out).toEqual([]);
    expect(err).toHaveLength(2);
  });

  it('shows only what a source sets with --changed', async () => {
    const { code, out } = await run(
      runConfigPrint,
      ['--changed', '--server.port', '9000'],
      SECRETS,
    );
    expect(code).toBe(0);
    expect(out.map((line) => line.split(/\s/)[0])).toEqual([
      'KEY',
      'server.port',
      'database.password',
      'redis.url',
      'redis.host',
      'redis.port',
      'redis.password',
      'redis.db',
      'redis.tls',
    ]);
    const json = await run(runConfigPrint, ['--changed', '--json', '--server.port', '9000']);
    expect(JSON.parse(json.out.join(''))).toEqual({
      'server.port': { value: 9000, source: 'flag --server.port' },
    });
    const none = await run(runConfigPrint, ['--changed']);
    expect(none).toEqual({ code: 0, out: [], err: ['Every key has its default.'] });
  });

  it.each([['--server.prot=1'], ['--server.port'], ['--config=a', '--config=b']])(
    'exits 2 for the wrong flag %s',
    async (...args) => {
      expect(await run(runConfigPrint, args)).toMatchObject({ code: 2, out: [] });
      expect(await run(runConfigCheck, args)).toMatchObject({ code: 2, out: [] });
    },
  );

  it('refuses wrong usage', async () => {
    await expect(run(runConfigPrint, ['everything'])).rejects.toThrow(UsageError);
    await expect(run(runConfigPrint, ['--yaml'])).rejects.toThrow(UsageError);
  });
});

describe('config check', () => {
  it('exits 0 with one line for a valid configuration', async () => {
    expect(await run(runConfigCheck, [], SECRETS)).toEqual({
      code: 0,
      out: ['The configuration is valid.'],
      err: [],
    });
  });

  it('lists every error', async () => {
    const { code, out, err } = await run(runConfigCheck, ['--server.prot', '1'], {
      REDIS_PORT: 'x',
      DATABASE_HOST: 'db',
    });
    expect(code).toBe(2);
    expect(out).toEqual([]);
    expect(err).toEqual([
      'redis.port (environment REDIS_PORT): "x" is not a whole number; expected a whole number from 1 to 65535',
      'server.prot (flag --server.prot): is not a known key; did you mean server.port?',
      expect.stringContaining(
        'security.master_key (default; database.host from environment DATABASE_HOST): is not set',
      ),
    ]);
  });

  it('prints one JSON document with --json', async () => {
    const { code, out } = await run(runConfigCheck, ['--json', '--server.prot=1']);
    expect(code).toBe(2);
    expect(JSON.parse(out.join(''))).toEqual({
      ok: false,
      faults: [
        {
          key: 'server.prot',
          source: 'flag --server.prot',
          problem: 'is not a known key',
          nearest: 'server.port',
        },
      ],
      warnings: [],
    });
    expect((await run(runConfigCheck, ['--json'])).out).toEqual([
      '{"ok":true,"faults":[],"warnings":[]}',
    ]);
  });

  it('refuses wrong usage', async () => {
    await expect(run(runConfigCheck, ['now'])).rejects.toThrow(UsageError);
  });
});

describe('config explain', () => {
  function explain(...args: readonly string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      stdout: (line: string) => out.push(line),
      stderr: (line: string) => err.push(line),
    };
    return { code: runConfigExplain(args, io), out, err };
  }

  it.each([
    'database.password',
    'DATABASE_PASSWORD',
    'DATABASE_PASSWORD_FILE',
    '--database.password',
  ])('explains a key by its name, variable or flag: %s', (name) => {
    expect(explain(name)).toEqual({
      code: 0,
      out: [
        'database.password: Password of the role',
        '  type         secret',
        '  default      none',
        '  environment  DATABASE_PASSWORD, DATABASE_PASSWORD_FILE',
        '  flag         --database.password',
      ],
      err: [],
    });
  });

  it('prints one JSON object with --json', () => {
    expect(JSON.parse(explain('tokens.access_ttl', '--json').out.join(''))).toEqual({
      key: 'tokens.access_ttl',
      meaning: 'Lifetime of an access token',
      type: 'duration 1m–1h',
      default: '10m',
      environment: ['TOKENS_ACCESS_TTL'],
      flag: '--tokens.access_ttl',
    });
  });

  it('refuses another text and names the nearest key', () => {
    expect(() => explain('server.prot')).toThrow(
      new UsageError('there is no such key; did you mean server.port?'),
    );
    expect(() => explain()).toThrow(UsageError);
    expect(() => explain('server.port', 'server.host')).toThrow(UsageError);
  });
});
