import { describe, expect, it } from 'vitest';
import { loadSetting } from '../../test/support/config-setting.ts';

describe('unknown environment variables', () => {
  it('cause a warning if they look like a typo', async () => {
    const { warnings } = await loadSetting({
      env: {
        DATABASE_PASWORD: 'canary',
        SERVER_PROT: '1',
        DATABASE_HOST_FILE: '/x',
        NATS_URLS: 'x',
      },
    });
    expect(warnings).toEqual([
      'environment DATABASE_PASWORD is not read; did you mean DATABASE_PASSWORD?',
      'environment SERVER_PROT is not read; did you mean SERVER_PORT?',
      'environment DATABASE_HOST_FILE is not read: only secrets are read from files',
      'environment NATS_URLS is not read; did you mean NATS_URL?',
    ]);
  });

  it('of other software are ignored', async () => {
    const { warnings } = await loadSetting({
      env: {
        DATABASE_POOL: '1',
        REDIS_SERVICE_HOST: 'x',
        MAILTO: 'x',
        PATH: '/bin',
        SERVER_PROT: '',
      },
    });
    expect(warnings).toEqual([]);
  });
});
