import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConfigSetting, loadSetting } from '../../test/support/config-setting.ts';
import { createTemporaryDirectory } from '../../test/support/temp-directory.ts';
import { loadConfig } from './load.ts';

const files = { '/run/nats': 'canary' };
const env = { NATS_TOKEN_FILE: '/run/nats', NATS_SERVERS: 'localhost' };

async function warningsOf(setting: ConfigSetting): Promise<readonly string[]> {
  return (await loadSetting(setting)).warnings;
}

describe('a file with a secret', () => {
  it.each([
    [0o644, 1000, 'every user of this machine can read (mode 0644)'],
    [0o604, 0, 'every user of this machine can read (mode 0604)'],
    [0o640, 1000, 'its group can read (mode 0640)'],
  ])('with mode %o of user %i causes a warning', async (mode, uid, text) => {
    const statuses = { '/run/nats': { mode: 0o100_000 | mode, uid } };
    const warnings = await warningsOf({ env, files, statuses });
    expect(warnings).toEqual([expect.stringContaining(`/run/nats has a secret that ${text}`)]);
    expect(warnings[0]).toMatch(/^environment NATS_TOKEN_FILE: /);
    expect(warnings[0]).not.toContain('canary');
  });

  it.each([
    [0o600, 1000],
    [0o400, 1000],
    [0o440, 0],
  ])('with mode %o of user %i causes none', async (mode, uid) => {
    const statuses = { '/run/nats': { mode: 0o100_000 | mode, uid } };
    expect(await warningsOf({ env, files, statuses })).toEqual([]);
  });

  it('is also the YAML file, once, if it has secrets itself', async () => {
    const statuses = { '/app/config.yaml': { mode: 0o644, uid: 1000 } };
    const nats = 'nats:\n  servers: [localhost]\n';
    expect(await warningsOf({ yaml: nats, statuses })).toEqual([]);
    const yaml = `${nats}  user: u\n  password: canary\nredis:\n  password: canary\n`;
    expect(await warningsOf({ yaml, statuses })).toEqual([
      expect.stringContaining('/app/config.yaml has a secret that every user of this machine'),
    ]);
  });

  it('is also a file that a key names, and a key beside the embedded data', async () => {
    const open = { mode: 0o644, uid: 1000 };
    const statuses = {
      '/app/client.key': open,
      '/app/n.creds': open,
      '/app/data/master-key': open,
      '/app/data/service-key': open,
    };
    const warnings = await warningsOf({
      env: {
        NATS_CREDS_FILE: 'n.creds',
        REDIS_TLS: 'true',
        REDIS_TLS_CERT: 'client.crt',
        REDIS_TLS_KEY: 'client.key',
      },
      statuses,
    });
    expect(warnings.map((warning) => warning.split(' has a ')[0])).toEqual([
      'nats.creds_file: /app/n.creds',
      'redis.tls_key: /app/client.key',
      'database.path: /app/data/master-key',
      'database.path: /app/data/service-key',
    ]);
  });

  it('is looked at on the disk', async () => {
    const directory = createTemporaryDirectory('secret-files');
    onTestFinished(() => directory.remove());
    const path = join(directory.path, 'token');
    writeFileSync(path, 'canary');
    const warnings = async (mode: number) => {
      chmodSync(path, mode);
      return (await loadConfig({ env: { NATS_TOKEN_FILE: 'token' }, cwd: directory.path }))
        .warnings;
    };
    expect(await warnings(0o604)).toHaveLength(1);
    expect(await warnings(0o600)).toEqual([]);
  });

  it('is left to its reader where it cannot be looked at', async () => {
    const directory = createTemporaryDirectory('secret-files');
    onTestFinished(() => directory.remove());
    writeFileSync(join(directory.path, 'data'), 'a file in place of the folder');
    expect((await loadConfig({ env: {}, cwd: directory.path })).warnings).toEqual([]);
  });
});
