import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mirror, pgStore } from '@user-service/client/events';
import { Pool } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readMirrorDatabaseUrl } from '../../src/config/mirror-database-url.ts';
import { runCommand } from '../support/cli-setting.ts';
import { eventually } from '../support/eventually.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { connectionUrl } from '../support/users-table.ts';
import { PATIENCE, startEventService } from './events-support.ts';

const STRANGER = '0198c0de-0000-7000-8000-000000000000';

/** A service, a copy that has all of its users, and the command on both. */
async function startCheck() {
  const service = await startEventService('http');
  const { connectionOptions } = await createTestDatabase({ template: 'template0' });
  const pool = new Pool({ ...connectionOptions });
  onTestFinished(() => pool.end());
  const directory = createTemporaryDirectory('mirror-check');
  onTestFinished(() => directory.remove());
  const keyFile = join(directory.path, 'key');
  writeFileSync(keyFile, service.key);
  const fill = async (options: Partial<Parameters<typeof pgStore>[0]> = {}) => {
    const store = pgStore({ pool, table: 'users', ...options });
    const running = mirror({ source: await service.source(''), store });
    await running.ready;
    await running.stop();
  };
  const databaseUrl = connectionUrl(connectionOptions);
  const check = (...more: readonly string[]) =>
    runCommand(
      ['mirror', 'check', '--table', 'users', '--url', service.url, '--key-file', keyFile, ...more],
      { mirrorDatabaseUrl: async () => databaseUrl },
    );
  const sql = (text: string) => pool.query(text);
  return { service, pool, sql, fill, check, keyFile, databaseUrl };
}

describe('mirror check', () => {
  test('finds nothing in a copy that is as the service, more than a page of it', async () => {
    const { service, fill, check } = await startCheck();
    await service.app.database.query(
      `insert into users (first_name, last_name, email, password)
       select 'Ada', 'Number ' || n, 'seed' || n || '@example.com', 'no hash'
       from generate_series(1, 1_250) n`,
    );
    await fill();
    const { code, stdout, stderr } = await check();
    expect([code, stdout, stderr]).toEqual([0, ['1250 users of the service: 0 findings'], []]);
    const json = await check('--json');
    expect(JSON.parse(json.stdout.join(''))).toEqual({ summary: { users: 1250, findings: 0 } });
  });

  test('finds what is missing, extra, older, newer and different, and changes nothing', async () => {
    const { service, sql, fill, check } = await startCheck();
    const people = [];
    for (let count = 0; count < 5; count += 1) people.push((await service.api.register()).id);
    await fill();
    const [lost, older, newer, edited] = people;
    await sql(
      `delete from users where id = '${lost}';
       update users set version = 0 where id = '${older}';
       update users set version = 99 where id = '${newer}';
       update users set last_name = 'Edited', status = 'gone' where id = '${edited}';
       insert into users (id, version) values ('${STRANGER}', 1)`,
    );
    const rows = async () => (await sql('select * from users order by id')).rows;
    const before = await rows();
    const text = await check();
    expect([text.code, text.stderr]).toEqual([1, []]);
    expect([...text.stdout].sort()).toEqual(
      [
        `missing: ${lost}: the table does not have the user`,
        `older: ${older}: the table has version 0, the service 1`,
        `newer: ${newer}: the table has version 99, the service 1`,
        `different: ${edited}: version 1 has other values: last_name, status`,
        `extra: ${STRANGER}: the service does not have the user`,
        '5 users of the service: 5 findings',
      ].sort(),
    );
    const json = await check('--json');
    const lines = json.stdout.map((line) => JSON.parse(line));
    expect(json.code).toBe(1);
    expect(lines).toContainEqual({
      ...{ kind: 'different', id: edited, service_version: 1, copy_version: 1 },
      fields: ['last_name', 'status'],
    });
    expect(lines.at(-1)).toEqual({
      summary: {
        ...{ users: 5, findings: 5 },
        ...{ missing: 1, extra: 1, older: 1, newer: 1, different: 1 },
      },
    });
    expect(await rows()).toEqual(before);
  });

  test('prints twenty findings of a kind, and says how many more there are', async () => {
    const { service, sql, fill, check } = await startCheck();
    await service.app.database.query(
      `insert into users (first_name, last_name, email, password)
       select 'Ada', 'Number ' || n, 'seed' || n || '@example.com', 'no hash'
       from generate_series(1, 30) n`,
    );
    await fill();
    await sql('delete from users');
    const { code, stdout } = await check();
    expect([code, stdout.length]).toEqual([1, 22]);
    expect(stdout.slice(-2)).toEqual([
      'missing: 10 more; --json shows all',
      '30 users of the service: 30 findings',
    ]);
  });

  test.each([
    ['catches up while the command looks', 'case when n < 4 then 1 else 6 end', 0],
    ['still gets newer versions', 'least(n, 5)', 0],
    ['stands still', '3', 1],
  ])('a user who is behind and %s', async (_name, version, expected) => {
    const { service, sql, fill, check } = await startCheck();
    const { id } = await service.api.register();
    await fill();
    for (const name of ['Byron', 'King', 'Li', 'Okafor', 'Lovelace'])
      await service.rename(id, name);
    // The copy, whose version depends on how often it was read.
    await sql(
      `alter table users rename to kept;
       create sequence looks;
       create view users as
         select id, ${version} as version, email, first_name, 'Lovelace' as last_name, status
         from (select kept.*, nextval('looks') as n from kept offset 0) read`,
    );
    expect(await check()).toMatchObject({ code: expected });
  });

  test('reads other columns', async () => {
    const { service, sql, check, fill } = await startCheck();
    await service.api.register();
    await sql('create table users (person uuid primary key, version integer, mail text)');
    const columns = { id: 'person', email: 'mail' };
    await fill({ columns });
    expect(await check('--columns', 'id=person,version,email=mail')).toMatchObject({ code: 0 });
    await sql(`update users set mail = 'other'`);
    const { code, stdout } = await check('--columns', 'id=person,version,email=mail');
    expect([code, stdout[0]]).toEqual([1, expect.stringMatching(/^different: .*: email$/)]);
  });

  test('says what is wrong with the table, and never shows the connection string', async () => {
    const { keyFile, service, check, databaseUrl } = await startCheck();
    await service.api.register();
    const absent = await check('--json');
    expect(JSON.parse(absent.stderr.join(''))).toEqual({
      error: {
        code: 'mirror_unreadable',
        message: 'Cannot read the table: relation "users" does not exist.',
      },
    });
    const argv = [
      'mirror',
      'check',
      '--table',
      'users',
      '--url',
      service.url,
      '--key-file',
      keyFile,
    ];
    const wrong = new URL(databaseUrl);
    wrong.password = 'canary';
    wrong.port = '1';
    const away = await runCommand(argv, { mirrorDatabaseUrl: async () => wrong.href });
    expect([away.code, away.stderr]).toEqual([1, ['error: Cannot read the table: unreachable.']]);
    for (const url of ['canary', 'postgres://canary:canary@[', 'http://canary']) {
      const { code, output } = await runCommand(argv, { mirrorDatabaseUrl: async () => url });
      expect([code, output]).toEqual([1, expect.not.stringContaining('canary')]);
    }
    const none = await runCommand(argv, { mirrorDatabaseUrl: async () => null });
    expect([none.code, none.output]).toEqual([2, expect.stringMatching(/MIRROR_DATABASE_URL/)]);
  });
});

describe('mirror check --repair', () => {
  const spoil = (id: string) => `update users set last_name = 'Edited' where id = '${id}'`;

  test('makes the rows that differ as the service has the users, and the mirror goes on', async () => {
    const { service, sql, fill, check, pool } = await startCheck();
    const people = [];
    for (let count = 0; count < 5; count += 1) people.push((await service.api.register()).id);
    await fill();
    const [lost, older, newer, edited, kept] = people;
    await sql(
      `alter table users add column note text;
       update users set note = 'theirs';
       delete from users where id = '${lost}';
       update users set version = 0 where id = '${older}';
       update users set version = 99 where id = '${newer}';
       update users set last_name = 'Edited', status = 'gone' where id = '${edited}';
       insert into users (id, version) values ('${STRANGER}', 1)`,
    );
    const repair = await check('--repair');
    expect([repair.code, repair.stderr]).toEqual([0, []]);
    expect([...repair.stdout].sort()).toEqual(
      [
        `missing: ${lost}: the table does not have the user`,
        `older: ${older}: the table has version 0, the service 1`,
        `newer: ${newer}: the table has version 99, the service 1`,
        `different: ${edited}: version 1 has other values: last_name, status`,
        `extra: ${STRANGER}: the service does not have the user`,
        '5 users of the service: 5 findings, repaired',
      ].sort(),
    );
    expect((await check()).stdout).toEqual(['5 users of the service: 0 findings']);
    const { rows } = await sql(`select id from users where note = 'theirs' order by id`);
    expect(rows.map(({ id }) => id)).toEqual([older, newer, edited, kept].sort());
    const nothing = await check('--repair', '--json');
    expect(nothing.stdout.map((line) => JSON.parse(line))).toEqual([
      { summary: { users: 5, findings: 0, repaired: true } },
    ]);
    await service.rename(String(kept), 'Byron');
    const fills: unknown[] = [];
    const running = mirror({
      source: await service.source(''),
      store: pgStore({ pool, table: 'users' }),
      onFill: (gone) => fills.push(gone),
    });
    await eventually(
      async () =>
        expect((await sql(`select from users where last_name = 'Byron'`)).rows).toHaveLength(1),
      PATIENCE,
    );
    await running.stop();
    expect(fills).toEqual([]);
  });

  test('says which rows it changed as JSON, and finds the position in another table', async () => {
    const { service, sql, fill, check } = await startCheck();
    const { id } = await service.api.register();
    await fill({ positionTable: 'places' });
    await sql(spoil(id));
    expect(await check('--repair')).toMatchObject({ code: 1 });
    const { code, stdout } = await check('--repair', '--position-table', 'places', '--json');
    expect([code, ...stdout.map((line) => JSON.parse(line))]).toEqual([
      0,
      {
        ...{ kind: 'different', id, service_version: 1, copy_version: 1 },
        ...{ fields: ['last_name'], repaired: true },
      },
      { summary: { users: 1, findings: 1, repaired: true, different: 1 } },
    ]);
  });

  test('changes nothing while a mirror has the table', async () => {
    const { service, sql, check, pool } = await startCheck();
    const { id } = await service.api.register();
    const running = mirror({
      source: await service.source(''),
      store: pgStore({ pool, table: 'users' }),
    });
    onTestFinished(() => running.stop());
    await running.ready;
    await sql(spoil(id));
    const { code, stdout, stderr } = await check('--repair', '--json');
    expect([code, stdout]).toEqual([1, []]);
    expect(JSON.parse(stderr.join(''))).toMatchObject({ error: { code: 'mirror_in_use' } });
    expect((await sql(`select from users where last_name = 'Edited'`)).rows).toHaveLength(1);
    expect((await running.reconcile()).repaired).toMatchObject([{ kind: 'different', id }]);
  });

  test('deletes no row because of a response about other users', async () => {
    const { service, sql, fill, check } = await startCheck();
    const [asked, other] = [await service.api.register(), await service.api.register()];
    await fill();
    await sql(spoil(asked.id));
    const rows = async () => (await sql('select id from users order by id')).rows;
    const before = await rows();
    const foreign = createServer((request, response) => {
      void (async () => {
        const { authorization = '' } = request.headers;
        const isBatch = request.url === '/v1/users/batch';
        const path = isBatch ? `/v1/users/${other.id}` : request.url;
        const answer = await fetch(`${service.url}${path}`, { headers: { authorization } });
        const body: unknown = await answer.json();
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isBatch ? { users: [body], missing: [] } : body));
      })();
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void foreign.close());
    const { port } = foreign.address() as AddressInfo;
    const { code, stderr } = await check('--repair', '--url', `http://127.0.0.1:${port}`);
    expect([code, stderr]).toEqual([1, [expect.stringContaining('did not say of every user')]]);
    expect(await rows()).toEqual(before);
  });

  test.each([
    ['that does not exist', '', 'mirror_unreadable', 'relation'],
    [
      'that another program keeps',
      `create table users (id uuid primary key, version integer, email text, first_name text,
         last_name text, status text)`,
      'mirror_unreadable',
      'relation "user_service_mirrors" does not exist',
    ],
    [
      'that no mirror has filled',
      `create table users (id uuid primary key, version integer, email text, first_name text,
         last_name text, status text);
       create table user_service_mirrors (name text primary key, position text not null)`,
      'mirror_not_filled',
      'No mirror has filled this table',
    ],
    [
      'without a column',
      `create table users (id uuid primary key, version integer);
       create table user_service_mirrors (name text primary key, position text not null);
       insert into user_service_mirrors values ('users', '1-0')`,
      'mirror_unreadable',
      'column "email" does not exist',
    ],
  ])('refuses a table %s, and creates none', async (_name, setUp, errorCode, message) => {
    const { service, sql, check } = await startCheck();
    await service.api.register();
    await sql(setUp);
    const tables = async () =>
      (await sql(`select table_name from information_schema.tables where table_schema = 'public'`))
        .rows;
    const before = await tables();
    const { code, stdout, stderr } = await check('--repair', '--json');
    expect([code, stdout]).toEqual([1, []]);
    expect(JSON.parse(stderr.join(''))).toEqual({
      error: { code: errorCode, message: expect.stringContaining(message) },
    });
    expect(await tables()).toEqual(before);
  });
});

test('the connection string comes from the environment, or from a file that it names', async () => {
  const directory = createTemporaryDirectory('mirror-url');
  onTestFinished(() => directory.remove());
  const file = join(directory.path, 'url');
  writeFileSync(file, 'postgres://file/db\n');
  const read = readMirrorDatabaseUrl;
  expect(
    await read({ MIRROR_DATABASE_URL: 'postgres://env/db', MIRROR_DATABASE_URL_FILE: file }),
  ).toBe('postgres://env/db');
  expect(await read({ MIRROR_DATABASE_URL: '', MIRROR_DATABASE_URL_FILE: file })).toBe(
    'postgres://file/db',
  );
  expect(await read({})).toBeNull();
  await expect(read({ MIRROR_DATABASE_URL_FILE: directory.path })).rejects.toThrow(/EISDIR/);
});
