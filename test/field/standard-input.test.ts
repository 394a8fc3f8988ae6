import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWorkingDirectory, type Outcome, PASSWORD, run, serve } from '../e2e/support.ts';

describe('a password on standard input of `users create`', { timeout: 120_000 }, () => {
  it('is the password that was typed, without the byte order mark of PowerShell', async () => {
    const cwd = createWorkingDirectory();
    const { url } = await serve(cwd);
    const created = await create('a@mail.example', cwd, Buffer.from(`\ufeff${PASSWORD}\r\n`));
    expect(created).toMatchObject({ code: 0 });
    expect(await signIn(url, 'a@mail.example', PASSWORD)).toBe(201);
  });

  it('in Latin-1 or UTF-16 is refused, and registers nobody', async () => {
    const cwd = createWorkingDirectory();
    for (const input of [
      Buffer.from('caf\u00e9 quiet otter 79\n', 'latin1'),
      Buffer.from('\ufeffquiet otter sings 79\n', 'utf16le'),
      Buffer.from('quiet otter sings 79\n', 'utf16le'),
    ]) {
      const refused = await create('b@mail.example', cwd, input);
      expect(refused.stderr).toMatch(/^error: Standard input is not UTF-8\./);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
    }
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });
});

async function create(email: string, cwd: string, input: Uint8Array): Promise<Outcome> {
  const person = ['--first-name', 'A', '--last-name', 'B', '--email', email];
  return await run(['users', 'create', ...person], cwd, {}, { input });
}

async function signIn(url: string, email: string, password: string): Promise<number> {
  const response = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  await response.body?.cancel();
  return response.status;
}
