import { describe, expect, it } from 'vitest';
import {
  type ConfigSetting,
  fileError,
  linesOf,
  loadSetting,
} from '../../test/support/config-setting.ts';
import { Secret } from './secret.ts';

describe('secrets', () => {
  const env = { DATABASE_PASSWORD_FILE: '/run/secret' };

  it.each([
    ['text\n', 'text'],
    ['text\r\n', 'text'],
    ['text\r', 'text'],
    ['\uFEFFtext\r\n', 'text'],
    [' text ', ' text '],
  ])('come from a file without its last line break: %j', async (content, expected) => {
    const { config, sources } = await loadSetting({ env, files: { '/run/secret': content } });
    expect(config.database.password).toBeInstanceOf(Secret);
    expect(config.database.password?.reveal()).toBe(expected);
    expect(sources.get('database.password')).toBe('environment DATABASE_PASSWORD_FILE');
  });

  it('come from a file named in the YAML file or by a flag, relative to the working directory', async () => {
    const files = { '/app/a': 'one', '/app/b': 'two' };
    const { config } = await loadSetting({
      yaml: 'database: {password_file: ./a}',
      args: ['--redis.password_file', 'b'],
      files,
    });
    expect(config.database.password?.reveal()).toBe('one');
    expect(config.redis.password?.reveal()).toBe('two');
  });

  it.each([
    ['missing', fileError('ENOENT'), 'names a file that does not exist'],
    ['forbidden', fileError('EACCES'), 'names a file that cannot be read (permission denied)'],
    ['a folder', fileError('EISDIR'), 'names a file that is a folder'],
    ['empty', '', 'names an empty file'],
    ['of other bytes', fileError('ERR_NOT_UTF8'), 'names a file that is not UTF-8 text'],
    ['only a line break', '\n', 'names an empty file'],
  ])('may not come from a file that is %s', async (_name, content, problem) => {
    const lines = await linesOf({ env, files: { '/run/secret': content } });
    expect(lines).toEqual([
      `database.password (environment DATABASE_PASSWORD_FILE): ${problem}; expected a readable file that contains the secret`,
    ]);
  });

  it.each<[string, ConfigSetting]>([
    [
      'environment DATABASE_PASSWORD and environment DATABASE_PASSWORD_FILE',
      { env: { ...env, DATABASE_PASSWORD: 'canary' } },
    ],
    [
      'file ./config.yaml line 2 and file ./config.yaml line 3',
      { yaml: 'database:\n  password: canary\n  password_file: /run/secret\n' },
    ],
    [
      'flag --database.password and flag --database.password_file',
      { args: ['--database.password=canary', '--database.password_file=/run/secret'] },
    ],
  ])('may not be set both directly and by file: %s', async (both, setting) => {
    const lines = await linesOf({ ...setting, files: { '/run/secret': 'canary' } });
    expect(lines).toEqual([`database.password: is set by ${both}; expected one of them`]);
  });

  it('work as flags, with a warning that does not repeat them', async () => {
    const { config, warnings } = await loadSetting({ args: ['--nats.token', 'canary'] });
    expect(config.nats.token?.reveal()).toBe('canary');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('flag --nats.token: other users of this machine can see flags');
    expect(warnings[0]).not.toContain('canary');
  });

  it('are in no error message, wherever the typo is', async () => {
    const text = 'canary-1b7f';
    const settings: readonly ConfigSetting[] = [
      { env: { SECURITY_MASTER_KEY: text } },
      { env: { DATABASE_URL: text, REDIS_URL: `redis://:${text}@h/x` } },
      { env: { NATS_SERVERS: `nats://u:${text}@h`, SERVER_PUBLIC_URL: `https://u:${text}@h` } },
      { yaml: `database: {pasword: ${text}}` },
      { yaml: `database: {password:${text}}` },
      { yaml: `database: ${text}` },
      { yaml: `database:\n  password: "${text}\n` },
      { yaml: `database:\n  password: *${text}\n` },
      { yaml: `database:\n  password: !${text} x\n` },
      { yaml: `database:\n  password: [${text}]\n` },
      { yaml: `database:\n  password: 1\n   ${text}: 2\n\t${text}` },
      { yaml: text },
      { args: [`--database.pasword=${text}`] },
      { args: ['--database.pasword', text] },
      { args: [`--database.password:${text}=x`] },
    ];
    for (const setting of settings) {
      const lines = await linesOf(setting);
      expect(lines.join('\n')).not.toContain(text);
    }
  });
});
