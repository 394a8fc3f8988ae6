import { describe, expect, it } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { connectPostgres } from '../support/postgres-database.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createWorkingDirectory, outcomeOf, register, run, serve } from './support.ts';

const AUDIT = ['users', 'audit-data'];
const PERMISSIVE = { REGISTRATION_EMAIL_RULES: 'permissive' };

describe('users audit-data', () => {
  it('goes through the running embedded service, and opens the data of a stopped one', async () => {
    const cwd = createWorkingDirectory();
    const { url, process } = await serve(cwd, PERMISSIVE);
    const { id } = await register(url, 'root@localhost');
    expect(await run(AUDIT, cwd)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '1 user checked: no finding\n',
    });
    process.signal('SIGTERM');
    await outcomeOf(process);
    const strict = await run(AUDIT, cwd);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toMatch(new RegExp(`^${id} +email +email_domain +cannot sign in`, 'm'));
    expect(strict.output).not.toContain('root@localhost');
    expect((await run(AUDIT, cwd, PERMISSIVE)).code).toBe(0);
  });

  it('names rows of another program in PostgreSQL, with --json', async () => {
    const { connectionOptions } = await createTestDatabase();
    const database = await connectPostgres(connectionOptions);
    const { rows } = await database.query<{ id: string }>(
      `insert into users (first_name, last_name, email, password)
       select 'Adopted', 'Person', 'person' || n || '@mail.example', '$1$canary' from generate_series(1, 450) as n
       returning id`,
    );
    const cwd = createWorkingDirectory();
    const env = {
      ...postgresEnvironment(connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
    };
    const { code, stdout, stderr, output } = await run([...AUDIT, '--json'], cwd, env);
    expect([code, stderr]).toEqual([1, '']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.pop()).toEqual({
      summary: { checked: 450, findings: 450, users: 450, complete: true },
    });
    expect(new Set(lines.map(({ id, rule }) => `${id} ${rule}`))).toEqual(
      new Set(rows.map(({ id }) => `${id} password_hash_unknown`)),
    );
    expect(output).not.toMatch(/canary|mail\.example/);
  });
});
