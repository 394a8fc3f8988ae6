import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  EMBEDDED_CATALOG_VERSION,
  EMBEDDED_CONTROL_VERSION,
  EMBEDDED_POSTGRES_MAJOR,
} from '../../src/infrastructure/database/embedded/engine.ts';
import { explainOpenFailure } from '../../src/infrastructure/database/embedded/open-failure.ts';
import {
  type EmbeddedDatabaseOptions,
  openEmbeddedDatabase,
} from '../../src/infrastructure/database/embedded/pglite.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import { eventually } from '../support/eventually.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../support/temp-directory.ts';
import { createSignal, newUser, refusal, storeUser } from './fixtures.ts';

/** The parts that only the embedded database has: a data directory and a connection queue. */
describe('the embedded database', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = createTemporaryDirectory('data');
  });
  afterEach(() => directory.remove());

  async function open(options: Partial<EmbeddedDatabaseOptions> = {}) {
    const database = await openEmbeddedDatabase({
      path: join(directory.path, 'data', 'postgres'),
      templatePath: inject('embeddedTemplate'),
      ...options,
    });
    onTestFinished(() => database.close());
    return database;
  }

  test('starts from the template and keeps its data across restarts', async () => {
    const first = await open();
    const user = await storeUser(first);
    await first.close();
    const second = await open();
    expect(await createPostgresUserRepository(second).findById(user.id)).toEqual(user.profile);
  });

  test('creates no other files beside its directory', async () => {
    await open();
    expect(await readdir(join(directory.path, 'data'))).toEqual(['postgres']);
  });

  test('removes what a killed start left half unpacked, and starts', async () => {
    const leftover = join(directory.path, 'data', '.postgres.unpacking-0123456789ab');
    await mkdir(join(leftover, 'base'), { recursive: true });
    await writeFile(join(leftover, 'PG_VERSION'), '18\n');
    const database = await open();
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(await readdir(join(directory.path, 'data'))).toEqual(['postgres']);
  });

  test('accepts an empty directory, and rejects one with other files', async () => {
    const path = join(directory.path, 'data', 'postgres');
    await mkdir(path, { recursive: true });
    await (await open()).close();
    const other = join(directory.path, 'other');
    await mkdir(other);
    await writeFile(join(other, 'holiday.jpg'), '');
    await expect(open({ path: other })).rejects.toThrow(
      `${other} is not empty and holds no database`,
    );
    expect(await readdir(other)).toEqual(['holiday.jpg']);
  });

  test('names both versions when another PostgreSQL created the data', async () => {
    const path = join(directory.path, 'data', 'postgres');
    const database = await open();
    const { rows } = await database.query<{ n: number }>(
      "select current_setting('server_version_num')::integer / 10000 as n",
    );
    expect(String(rows[0]?.n)).toBe(EMBEDDED_POSTGRES_MAJOR);
    await database.close();
    expect((await readFile(join(path, 'PG_VERSION'), 'utf8')).trim()).toBe(EMBEDDED_POSTGRES_MAJOR);
    await writeFile(join(path, 'PG_VERSION'), '16\n');
    await expect(open()).rejects.toThrow(/made by PostgreSQL 16, and this build embeds 18/);
  });

  test('names the directory when its data cannot be read', async () => {
    const path = join(directory.path, 'data', 'postgres');
    await (await open()).close();
    await writeFile(join(path, 'global', 'pg_control'), Buffer.alloc(8192, 1));
    await expect(open()).rejects.toThrow(`cannot use ${path}: the data is damaged. Restore a copy`);
  });

  test('vacuums and analyzes after thousands of rows have changed', async () => {
    const database = await open({ path: null });
    const insert = `insert into service_accounts (id, name, key_hash, scopes)
      select gen_random_uuid(), 'n' || n, int4send(n), '{x}' from generate_series(1, 2000) n`;
    await database.query(insert);
    await eventually(async () => {
      const { rows } = await database.query<{ reltuples: number }>(
        "select reltuples from pg_class where relname = 'service_accounts'",
      );
      expect(rows[0]?.reltuples).toBe(2_000);
    });
  });

  test('rejects a caller that waits too long as unavailable', async () => {
    const database = await open({ path: null, maxWaitMs: 50 });
    const go = createSignal();
    const holder = database.transaction(() => go.fired);
    await expect(database.query('select 1')).rejects.toMatchObject(refusal('unavailable'));
    go.fire();
    await holder;
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('rolls back a transaction that takes too long, and rejects its later statements', async () => {
    const database = await open({ path: null, transactionTimeoutMs: 100 });
    const user = newUser();
    const go = createSignal();
    let late: Promise<unknown> | undefined;
    const work = database.transaction(async (connection) => {
      const users = createPostgresUserRepository(connection);
      await users.insert(user);
      await go.fired;
      late = users.findById(user.id);
      await late;
    });
    await expect(work).rejects.toMatchObject(refusal('unavailable'));
    expect(await createPostgresUserRepository(database).findById(user.id)).toBeNull();
    go.fire();
    await eventually(() => expect(late === undefined).toBe(false));
    await expect(late).rejects.toThrow('after the end');
  });
});

describe('an embedded database that does not start', () => {
  const DAMAGED = /damaged\. Restore/;
  let directory: TemporaryDirectory;
  let path: string;
  beforeEach(async () => {
    directory = createTemporaryDirectory('data');
    path = join(directory.path, 'postgres');
    const options = { path, templatePath: inject('embeddedTemplate') };
    await (await openEmbeddedDatabase(options)).close();
  });
  afterEach(() => directory.remove());

  /** What the database says after the engine failed for an unknown reason. */
  async function explain(error: unknown = new Error('Aborted()')): Promise<string> {
    const failure = await explainOpenFailure(path, error);
    expect(failure.cause).toBe(error);
    return failure.message;
  }

  test('has the versions of the engine in its control file', async () => {
    const control = await readFile(join(path, 'global', 'pg_control'));
    expect([control.readUInt32LE(8), control.readUInt32LE(12)]).toEqual([
      EMBEDDED_CONTROL_VERSION,
      EMBEDDED_CATALOG_VERSION,
    ]);
  });

  test('says when another build created the data', async () => {
    const file = join(path, 'global', 'pg_control');
    const control = await readFile(file);
    control.writeUInt32LE(EMBEDDED_CATALOG_VERSION + 1, 12);
    await writeFile(file, control);
    await expect(openEmbeddedDatabase({ path })).rejects.toThrow(
      `another build created the data (catalog ${EMBEDDED_CATALOG_VERSION + 1}`,
    );
  });

  test.each([
    ['ENOSPC', /its disk is full, and a start needs 16 MiB\. The data is not damaged by that/],
    ['EDQUOT', /quota/],
    ['EACCES', /this user may not read and write it/],
    ['EROFS', /its file system is read-only/],
    ['EMFILE', /may not open more files\. Raise the limit/],
    ['ENFILE', /too many open files/],
    ['ENOMEM', /not enough memory/],
  ])('names the remedy for %s, anywhere in the chain of causes', async (code, reason) => {
    const cause = Object.assign(new Error('failed'), { code });
    const text = await explain(new Error('Aborted()', { cause }));
    expect(text).toMatch(reason);
    expect(text).not.toMatch(DAMAGED);
  });

  test('names memory when the engine cannot get any', async () => {
    const error = new RangeError('WebAssembly.Memory(): could not allocate memory');
    expect(await explain(error)).toMatch(/not enough memory/);
  });

  test('counts as damaged only when nothing else is wrong, and leaves no file behind', async () => {
    const before = await readdir(path);
    expect(await explain()).toMatch(DAMAGED);
    expect(await readdir(path)).toEqual(before);
  });
});
