import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { startProcess } from '../support/child-process.ts';
import { deleteStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { startNats } from '../support/nats-server.ts';
import { runProgram } from '../support/service-process.ts';
import { runStatement } from '../support/superuser.ts';
import { createTestDatabase } from '../support/test-database.ts';
import {
  connectionUrl,
  createFollowerDirectory,
  type Follower,
  readTable,
  shellBlocks,
  startFollower,
} from '../support/users-table.ts';
import { createWorkingDirectory, type Env, register, serve } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Deadline, not expectation: the machine may be busy. */
const PATIENCE = { timeoutMs: 60_000, intervalMs: 100 };
/** A row that only a load of all users removes. */
const STRANGER = '0198c0de-0000-7000-8000-000000000000';

/** Commands as in a terminal of the page's reader, with a short name for the program. */
async function bash(script: string, cwd: string, env: Env) {
  const { PATH = '', HOME = '' } = process.env;
  const shell = `set -euo pipefail\nuser-service() { node ${root}/bin/user-service.cjs "$@"; }\n${script}`;
  const terminal = await startProcess('bash', ['-c', shell], { cwd, env: { PATH, HOME, ...env } });
  onTestFinished(async () => void (await terminal.kill()));
  return terminal;
}

/** A running service, and a key that the command of the page made. */
async function startService(env: Env) {
  const cwd = createWorkingDirectory();
  const settings = { REGISTRATION_VERIFICATION_MAIL: 'false', ...env };
  const { url } = await serve(cwd, settings);
  const made = await bash(`${shellBlocks[0]}\necho "$SERVICE_KEY"`, cwd, settings);
  expect((await made.exited).code, made.output()).toBe(0);
  const key = made.stdout().trim();
  const call = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers, ...sent });
    expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
    return response;
  };
  const readUsers = async () => {
    const lines = (await (await call('GET', '/v1/users/export')).text()).trim().split('\n');
    return lines
      .map((line) => JSON.parse(line))
      .filter((line) => line.id !== undefined)
      .map(({ id, version, email, first_name, last_name, status }) => ({
        ...{ id, version, email, first_name, last_name, status },
      }));
  };
  const expectSame = (follower: Pick<Follower, 'table'>) =>
    eventually(async () => expect(await readTable(follower)).toEqual(await readUsers()), {
      ...PATIENCE,
      what: 'a table with the users of the service',
    });
  return { cwd, url, key, call, expectSame };
}

/** Sets rows that a load of all users corrects, and nothing else. */
async function spoil({ table }: Pick<Follower, 'table'>): Promise<void> {
  await runStatement(
    table,
    `insert into users values ('${STRANGER}', 1, 'nobody@example.com', 'No', 'Body', 'active');
     update users set version = version + 100, last_name = 'Other'`,
  );
}

/** The changes that a copy has to follow: a new user, another version, a deletion. */
async function change({ url, call }: Awaited<ReturnType<typeof startService>>, name: string) {
  const [gone, disabled] = [
    await register(url, `${name}-gone@example.com`),
    await register(url, `${name}-disabled@example.com`),
  ];
  await call('DELETE', `/v1/users/${gone.id}`);
  await call('POST', `/v1/users/${disabled.id}/disable`, { reason: 'test' });
}

describe('the programs of docs/use-it/events.md keep a table of all users', () => {
  it('over HTTP, with everything embedded: from where they were, and again from the start after 410', async () => {
    const service = await startService({});
    await register(service.url, 'ada@example.com');
    const follower = await startFollower('follow-http.mjs', service);
    await service.expectSame(follower);
    await change(service, 'followed');
    await service.expectSame(follower);

    await follower.pause();
    await change(service, 'away');
    await runStatement(
      follower.table,
      'insert into loaded_users (id, version) values (gen_random_uuid(), 0)',
    );
    follower.resume();
    await service.expectSame(follower);
    const kept = 'select id from loaded_users where version = 0';
    expect(await runStatement(follower.table, kept), 'loaded again').toHaveLength(1);

    await follower.pause();
    await spoil(follower);
    await runStatement(follower.table, `update feed set position = '1-00000000'`);
    follower.resume();
    await service.expectSame(follower);
    expect(await runStatement(follower.table, kept)).toEqual([]);
  });

  it('over JetStream, on PostgreSQL: from where they were, and again from the start with a new stream', async () => {
    const { connectionOptions } = await createTestDatabase();
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const service = await startService({
      ...postgresEnvironment(connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
      NATS_SERVERS: nats.url,
    });
    await register(service.url, 'ada@example.com');
    const follower = await startFollower('follow-jetstream.mjs', { ...service, natsUrl: nats.url });
    await service.expectSame(follower);
    await change(service, 'followed');
    await service.expectSame(follower);

    await follower.pause();
    await change(service, 'away');
    follower.resume();
    await service.expectSame(follower);

    await spoil(follower);
    await deleteStream(nats.url);
    await change(service, 'replaced');
    await service.expectSame(follower);
  });

  it.each([
    ['keep-users.mjs', false],
    ['keep-users-jetstream.mjs', true],
  ] as const)('with the client package: %s', async (program, withNats) => {
    const nats = withNats ? await startNats({ jetstream: true }) : null;
    if (nats !== null) onTestFinished(() => nats.stop());
    const service = await startService(nats === null ? {} : { NATS_SERVERS: nats.url });
    await register(service.url, 'ada@example.com');
    const follower = await startFollower(program, { ...service, natsUrl: nats?.url ?? '' });
    await service.expectSame(follower);
    await follower.pause();
    await change(service, 'away');
    follower.resume();
    await service.expectSame(follower);
    await follower.pause();
    await spoil(follower);
    await runStatement(follower.table, `update user_service_mirrors set position = '1-00000000'`);
    if (nats !== null) {
      await deleteStream(nats.url);
      await change(service, 'replaced');
    }
    follower.resume();
    await service.expectSame(follower);

    const env = { MIRROR_DATABASE_URL: connectionUrl(follower.table) };
    const check = await runProgram(['mirror', 'check', '--table', 'users'], {
      ...{ cwd: service.cwd, env },
    });
    expect((await check.exited).code, check.output()).toBe(0);
    expect(check.stdout()).toMatch(/^\d+ users of the service: 0 findings\n$/);
  });

  it('and handle each event, with the client package', async () => {
    const service = await startService({});
    const first = await register(service.url, 'ada@example.com');
    const env = { ...process.env, SERVICE_URL: service.url, SERVICE_KEY: service.key };
    const cwd = createFollowerDirectory();
    const start = () => startProcess(process.execPath, ['handle-events.mjs'], { cwd, env });
    const program = await start();
    onTestFinished(async () => void (await program.kill()));
    await eventually(() => expect(program.stdout()).toBe(`user.created ${first.id}\n`), PATIENCE);
    process.kill(program.pid, 'SIGTERM');
    expect((await program.exited).code, program.output()).toBe(0);
    await service.call('DELETE', `/v1/users/${first.id}`);
    const again = await start();
    onTestFinished(async () => void (await again.kill()));
    await eventually(() => expect(again.stdout()).toBe(`user.deleted ${first.id}\n`), PATIENCE);
  });

  it('with the commands of the page, as they stand', async () => {
    const service = await startService({});
    await register(service.url, 'ada@example.com');
    const { connectionOptions: table } = await createTestDatabase({ template: 'template0' });
    const [, run = '', ...others] = shellBlocks;
    expect(others).toEqual([]);
    const addresses = [
      ['http://127.0.0.1:8080', service.url],
      ['postgres://127.0.0.1/reports', connectionUrl(table)],
    ] as const;
    let script = run;
    for (const [example, own] of addresses) {
      expect(script).toContain(example);
      script = script.replace(example, own);
    }
    await bash(`SERVICE_KEY=${service.key}\n${script}`, createFollowerDirectory(), {});
    await service.expectSame({ table });
  });

  it('with packages that exist under these names', () => {
    const page = readFileSync(`${root}/docs/use-it/events.md`, 'utf8');
    const { devDependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    const named = [...page.matchAll(/`npm install ([^`]+)`/g)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(named).toHaveLength(4);
    expect(named.filter((name) => !(name in devDependencies))).toEqual([]);
  });
});
