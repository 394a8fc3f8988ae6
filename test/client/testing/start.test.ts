import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startUserService } from '@user-service/client/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = join(root, 'bin', 'user-service.cjs');

describe('the real service of the test kit', () => {
  it('registers users, signs them in, makes keys, shows mails, and leaves nothing behind', async () => {
    const folder = useTemporaryFolder();
    const service = await startUserService({ program });
    onTestFinished(() => service.stop());
    const user = await service.addUser({ first_name: 'Ada', email: 'ada@example.com' });
    expect(foldersIn(folder)).toHaveLength(1);
    const token = await service.tokenFor(user);
    const me = await fetch(`${service.url}/v1/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await me.json()).toMatchObject({ id: user.id, first_name: 'Ada' });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ iss: service.issuer, aud: service.audience });

    const mail = await service.waitForMail('ada@example.com');
    expect(mail.links[0]).toMatch(/\/account\/verify-email\?\S+#t=/);
    expect(service.mails()).toHaveLength(1);
    expect(service.mails('bo@example.com')).toEqual([]);

    const { key } = await service.createServiceAccount(['users:read']);
    const authorization = `Bearer ${key}`;
    const read = await fetch(`${service.url}/v1/users/${user.id}`, { headers: { authorization } });
    expect(read.status).toBe(200);
    const list = await fetch(`${service.url}/v1/users/export`, { headers: { authorization } });
    expect(list.status).toBe(403);

    await service.stop();
    await service.stop();
    await expect(fetch(`${service.url}/health`)).rejects.toThrow();
    expect(foldersIn(folder)).toEqual([]);
  });

  it('takes configuration, and reports what the service says against it', async () => {
    const env = { TOKENS_ACCESS_TTL: '90s' };
    const service = await startUserService({ program, env });
    onTestFinished(() => service.stop());
    const token = await service.tokenFor(await service.addUser());
    const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(exp - iat).toBe(90);
    const wrong = startUserService({ program, env: { TOKENS_ACCESS_TTL: 'long' } });
    await expect(wrong).rejects.toThrow('tokens.access_ttl');
    const foreign = startUserService({ program, env: { DATABASE_HOST: 'db.example.com' } });
    await expect(foreign).rejects.toThrow('DATABASE_HOST cannot be set');
    await expect(startUserService({ program: '/nonexistent.cjs' })).rejects.toThrow('nonexistent');
  });

  it('ends with the process of the test, also when that is killed', async () => {
    const entry = JSON.stringify(join(root, 'packages/client/src/testing.ts'));
    const script = `
      const { startUserService } = await import(${entry});
      const service = await startUserService({ program: ${JSON.stringify(program)} });
      console.log('at ' + service.url);
      setInterval(() => {}, 1_000);
    `;
    const folder = useTemporaryFolder();
    const tsx = join(root, 'node_modules/.bin/tsx');
    const child = await startProcess(tsx, ['--input-type=module', '-e', script], { cwd: root });
    onTestFinished(async () => void (await child.kill()));
    const [, url = ''] = (await child.waitForLine(/^at /, 60_000)).split(' ');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(foldersIn(folder)).toHaveLength(1);
    await child.kill();
    await eventually(async () => {
      await expect(fetch(`${url}/health/live`)).rejects.toThrow();
      expect(foldersIn(folder)).toEqual([]);
    });
  });
});

/** Lets the kit make its folders in one of the test. */
function useTemporaryFolder(): string {
  const { TMPDIR } = process.env;
  const directory = createTemporaryDirectory('kit');
  process.env.TMPDIR = directory.path;
  onTestFinished(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    directory.remove();
  });
  return directory.path;
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith('user-service-'));
}
