import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { connectPostgres } from '../support/postgres-database.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createWorkingDirectory, type Env, PASSWORD, register, run, serve } from './support.ts';

const EMAIL = 'kept@example.com';
const KEY = 'a-key-of-a-repeated-sign-in';

interface Grant {
  readonly access_token: string;
  readonly refresh_token: string;
}

function post(url: string, path: string, body: object, headers: Env = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const signIn = (url: string, headers: Env = {}) =>
  post(url, '/v1/sessions', { email: EMAIL, password: PASSWORD }, headers);

/** Loses the master key of a service that has a user, a session, a stored answer and a pending confirmation. */
async function loseKey(cwd: string, before: Env) {
  const service = await serve(cwd, before);
  await register(service.url, EMAIL);
  const grant = (await (await signIn(service.url, { 'idempotency-key': KEY })).json()) as Grant;
  expect((await run(['keys', 'reset', '--confirm'], cwd, before)).stdout).toContain(
    'Nothing is lost',
  );
  const stillHere = await post(service.url, '/v1/sessions/refresh', {
    refresh_token: grant.refresh_token,
  });
  expect(stillHere.status).toBe(200);
  return { service, grant: (await stillHere.json()) as Grant };
}

async function expectAllWorks(cwd: string, after: Env, lost: Grant): Promise<void> {
  const { url } = await serve(cwd, after);
  const { access_token: token, refresh_token: refreshToken } = lost;
  const me = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  const refreshed = await post(url, '/v1/sessions/refresh', { refresh_token: refreshToken });
  expect([me.status, refreshed.status]).toEqual([401, 401]);
  // The repeated request of before is a new one.
  const again = await signIn(url, { 'idempotency-key': KEY });
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, null]);
  const { access_token: fresh } = (await again.json()) as Grant;
  const shown = await fetch(`${url}/v1/me`, {
    headers: { authorization: `Bearer ${fresh}` },
  });
  expect(shown.status).toBe(200);
}

describe('after the loss of the master key', () => {
  it('the embedded database is put right by `keys reset --confirm`, and only by that', async () => {
    const cwd = createWorkingDirectory();
    const { service, grant } = await loseKey(cwd, {});
    await service.process.kill();
    rmSync(join(cwd, 'data', 'master-key'));
    const refused = await run(['serve'], cwd);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('`user-service keys reset`');
    const shown = await run(['keys', 'reset', '--json'], cwd);
    expect(shown.code).toBe(1);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      outcome: 'not_confirmed',
      lost: { sessions: 1, answers: 1, challenges: 1, invitations: 0 },
    });
    expect((await run(['serve'], cwd)).code).toBe(1);
    const reset = await run(['keys', 'reset', '--confirm'], cwd);
    expect([reset.code, reset.stderr]).toEqual([0, '']);
    expect(reset.stdout).toContain('1 session: ended');
    await expectAllWorks(cwd, {}, grant);
  }, 180_000);

  it('PostgreSQL is put right once no other instance uses it, and each session has its event', async () => {
    const cwd = createWorkingDirectory();
    const database = await createTestDatabase();
    const connection = postgresEnvironment(database.connectionOptions);
    const before = { ...connection, SECURITY_MASTER_KEY: createMasterKey() };
    const after = { ...connection, SECURITY_MASTER_KEY: createMasterKey() };
    const { service, grant } = await loseKey(cwd, before);
    const early = await run(['keys', 'reset', '--confirm', '--json'], cwd, after);
    expect(early.code).toBe(1);
    expect(JSON.parse(early.stdout)).toMatchObject({
      outcome: 'instances_connected',
      new_kid: null,
      other_connections: expect.arrayContaining([
        { pid: expect.any(Number), application: 'user-service' },
      ]),
    });
    await service.process.kill();
    const reset = await run(['keys', 'reset', '--confirm', '--force', '--json'], cwd, after);
    expect([reset.code, reset.stderr]).toEqual([0, '']);
    expect(JSON.parse(reset.stdout)).toMatchObject({ outcome: 'reset', lost: { sessions: 1 } });
    await expectAllWorks(cwd, after, grant);
    const stored = await connectPostgres(database.connectionOptions);
    const { rows } = await stored.query(
      "select data ->> 'reason' as reason, user_version from outbox where type = 'session.ended'",
    );
    expect(rows).toEqual([{ reason: 'ended_by_admin', user_version: 1 }]);
  }, 180_000);

  it('no data is made where there is none', async () => {
    const cwd = createWorkingDirectory();
    const { code, stderr } = await run(['keys', 'reset', '--confirm'], cwd);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/There is no data under/)]);
  });
});
