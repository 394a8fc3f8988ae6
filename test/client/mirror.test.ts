import {
  checkMirrorStore,
  type Mirror,
  type MirrorOptions,
  type MirrorStore,
  mapStore,
  mirror,
  pgStore,
  type UserRow,
} from '@user-service/client/events';
import { Pool } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deleteStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase } from '../support/test-database.ts';
import {
  type EventService,
  PATIENCE,
  startEventService,
  type Transport,
} from './events-support.ts';

const STRANGER = '0198c0de-0000-7000-8000-000000000000';

/** A database of another team. */
async function createTeam() {
  const { connectionOptions } = await createTestDatabase({ template: 'template0' });
  const pool = new Pool({ ...connectionOptions });
  pool.on('error', () => {});
  onTestFinished(() => pool.end());
  const sql = async (text: string) => (await pool.query<Record<string, unknown>>(text)).rows;
  const rows = () =>
    sql('select id, version, email, first_name, last_name, status from users order by id');
  return { pool, sql, rows, store: () => pgStore({ pool, table: 'users' }) };
}

async function usersOf({ api }: EventService) {
  return await api.sql(
    'select id, version, email, first_name, last_name, status from users order by id',
  );
}

function expectSame(service: EventService, rows: () => Promise<unknown> | unknown) {
  return eventually(async () => expect(await rows()).toEqual(await usersOf(service)), {
    ...PATIENCE,
    what: 'a copy with the users of the service',
  });
}

/** Starts a mirror that stops with the test. */
function startMirror(options: MirrorOptions): Mirror {
  const running = mirror(options);
  onTestFinished(() => running.stop().catch(() => {}));
  return running;
}

async function change(service: EventService) {
  const { api } = service;
  const [gone, named, disabled] = [
    await api.register(),
    await api.register(),
    await api.register(),
  ];
  await service.rename(named.id, 'Okafor');
  await service.move(named.id, `moved-${named.id}@example.com`);
  await service.disable(disabled.id);
  await service.remove(gone.id);
}

describe.each<Transport>(['http', 'jetstream'])('a mirror over %s', (transport) => {
  test('has all users, follows each change, and goes on after a restart without a fill', async () => {
    const service = await startEventService(transport);
    const team = await createTeam();
    await change(service);
    const fills: unknown[] = [];
    const start = async () =>
      startMirror({
        source: await service.source('users'),
        service: service.service,
        store: team.store(),
        onFill: (gone) => fills.push(gone),
      });
    const first = await start();
    await first.ready;
    expect(await team.rows()).toEqual(await usersOf(service));
    await change(service);
    await expectSame(service, team.rows);
    await first.stop();
    await change(service);
    await start();
    await expectSame(service, team.rows);
    expect(fills).toEqual([null]);
  });

  test('fills again when its events are gone, and readers have rows all the time', async () => {
    const service = await startEventService(transport);
    const team = await createTeam();
    const { id } = await service.api.register();
    const gone: unknown[] = [];
    const start = async () =>
      startMirror({
        source: await service.source('users'),
        service: service.service,
        store: team.store(),
        onFill: (reason) => gone.push(reason),
      });
    const first = await start();
    await first.ready;
    await first.stop();
    // A copy that is ahead of a restored database, with a user that only it has.
    await team.sql(
      `insert into users (id, version, last_name) values ('${STRANGER}', 1, 'Nobody');
       update users set version = version + 100, last_name = 'Other' where id = '${id}';
       update user_service_mirrors set position = '1-00000000'`,
    );
    if (service.nats !== null) {
      await deleteStream(service.nats.url);
      // The service makes the stream again when it has something to publish.
      await change(service);
    }
    const counts: number[] = [];
    let isOver = false;
    const reader = (async () => {
      while (!isOver) counts.push((await team.rows()).length);
    })();
    try {
      await start();
      await expectSame(service, team.rows);
    } finally {
      isOver = true;
      await reader;
    }
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(gone).toHaveLength(2);
    await change(service);
    await expectSame(service, team.rows);
  });

  test('reads no user whose changes the events carry, and reads on a gap', async () => {
    const env = { EVENTS_INCLUDE: 'email,first_name,last_name' };
    const service = await startEventService(transport, { env });
    const team = await createTeam();
    const { id } = await service.api.register();
    await startMirror({
      source: await service.source('users'),
      service: service.service,
      store: team.store(),
    }).ready;
    const reads = () => service.requests.filter((path) => path === '/v1/users/batch').length;
    await service.rename(id, 'Byron');
    await service.move(id, 'byron@example.com');
    await service.disable(id);
    await service.enable(id);
    await service.rename(id, 'Lovelace');
    await expectSame(service, team.rows);
    expect(reads()).toBe(0);
    await team.sql('update users set version = version - 2');
    await service.rename(id, 'King');
    await expectSame(service, team.rows);
    expect(reads()).toBe(1);
  });

  test('repairs what others did to the table', async () => {
    const service = await startEventService(transport);
    const team = await createTeam();
    const people = [];
    for (let count = 0; count < 5; count += 1) people.push(await service.api.register());
    const [lost, older, newer, edited] = people.map((person) => person.id);
    const running = startMirror({
      source: await service.source('users'),
      service: service.service,
      store: team.store(),
    });
    await running.ready;
    expect((await running.reconcile()).repaired).toEqual([]);
    await team.sql(
      `delete from users where id = '${lost}';
       update users set version = 0, last_name = 'Old' where id = '${older}';
       update users set version = 99 where id = '${newer}';
       update users set last_name = 'Edited' where id = '${edited}';
       insert into users (id, version) values ('${STRANGER}', 1)`,
    );
    const { repaired } = await running.reconcile();
    expect(Object.fromEntries(repaired.map(({ id, kind }) => [id, kind]))).toEqual({
      [String(lost)]: 'missing',
      [String(older)]: 'older',
      [String(newer)]: 'newer',
      [String(edited)]: 'different',
      [STRANGER]: 'extra',
    });
    expect(repaired.find(({ id }) => id === edited)?.fields).toEqual(['last_name']);
    expect(await team.rows()).toEqual(await usersOf(service));
  });

  test('ends equal to a restored database after its resync', async () => {
    const service = await startEventService(transport);
    const team = await createTeam();
    const [kept, lost] = [await service.api.register(), await service.api.register()];
    await startMirror({
      source: await service.source('users'),
      service: service.service,
      store: team.store(),
    }).ready;
    // What a restore of an older copy does: the copy is ahead of the database.
    await team.sql(`update users set version = 7, last_name = 'Later' where id = '${kept.id}'`);
    await service.app.database.query(`delete from users where id = '${lost.id}'`);
    const operator = await service.app.operator();
    for (let cursor: unknown = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
      const request = { method: 'POST', url: '/v1/outbox/resync', payload: { cursor } } as const;
      const resync = await operator.inject(request);
      expect(resync.statusCode, resync.body).toBe(200);
      cursor = resync.json().next;
    }
    await expectSame(service, team.rows);
  });
});

describe('a mirror', () => {
  test('fills again after a fill that its process did not survive', async () => {
    const service = await startEventService('jetstream');
    const team = await createTeam();
    const start = async (send = service.service.fetch) =>
      startMirror({
        source: await service.source('users'),
        service: { ...service.service, fetch: send },
        store: team.store(),
      });
    const first = await start();
    await first.ready;
    await first.stop();
    await change(service);
    await deleteStream(service.nats?.url ?? '');
    await service.api.register();
    // A row that only a fill removes.
    await team.sql(
      `insert into users (id, version, last_name) values ('${STRANGER}', 1, 'Nobody')`,
    );
    let exports = 0;
    const second = await start(async (...args) => {
      if (String(args[0]).endsWith('/export')) {
        exports += 1;
        throw new TypeError('fetch failed');
      }
      return await service.service.fetch(...args);
    });
    await eventually(() => expect(exports).toBeGreaterThan(0), PATIENCE);
    await second.stop();
    // The consumer exists now: only the position says that the copy is not complete.
    await start();
    await expectSame(service, team.rows);
  });

  test('keeps whole users in a map', async () => {
    const service = await startEventService('http');
    const users = new Map<string, UserRow>();
    const { id } = await service.api.register({ first_name: 'Ada' });
    const running = startMirror({ source: await service.source(''), store: mapStore(users) });
    await running.ready;
    expect(users.get(id)).toMatchObject({ first_name: 'Ada', email_verified: false, version: 1 });
    await service.rename(id, 'Byron');
    await eventually(
      () => expect(users.get(id)).toMatchObject({ last_name: 'Byron', version: 2 }),
      PATIENCE,
    );
    await service.remove(id);
    await eventually(() => expect(users.has(id)).toBe(false), PATIENCE);
    await running.stop();
  });

  test('has its table alone: another one waits, and takes over', async () => {
    const service = await startEventService('http');
    const team = await createTeam();
    const start = async () =>
      startMirror({ source: await service.source(''), store: team.store() });
    const first = await start();
    await first.ready;
    const second = await start();
    let isReady = false;
    const ready = second.ready.then(() => {
      isReady = true;
    });
    await service.api.register();
    await expectSame(service, team.rows);
    expect(isReady).toBe(false);
    await first.stop();
    await ready;
    await service.api.register();
    await expectSame(service, team.rows);
  });

  test('goes on when the connection to its table is cut', async () => {
    const service = await startEventService('http');
    const team = await createTeam();
    const notices: string[] = [];
    const running = startMirror({
      source: await service.source(''),
      store: team.store(),
      onRetry: ({ error }) => notices.push(error instanceof Error ? error.name : ''),
    });
    await running.ready;
    await team.sql(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    await change(service);
    await expectSame(service, team.rows);
    expect(notices).toContain('StoreUnavailable');
  });

  test('uses columns of other names, and only those', async () => {
    const service = await startEventService('http');
    const team = await createTeam();
    await team.sql(
      `create schema crm;
       create table crm."People ""of"" us" (person text primary key, v bigint, mail text, note text,
         changed timestamptz)`,
    );
    const store = pgStore({
      pool: team.pool,
      table: 'crm.People "of" us',
      columns: { id: 'person', version: 'v', email: 'mail', updated_at: 'changed' },
    });
    const { id, email } = await service.api.register();
    const running = startMirror({ source: await service.source(''), store });
    await running.ready;
    const read = () => team.sql('select person, v, mail, note from crm."People ""of"" us"');
    expect(await read()).toEqual([{ person: id, v: '1', mail: email, note: null }]);
    await team.sql(`update crm."People ""of"" us" set note = 'theirs'`);
    await service.move(id, 'byron@example.com');
    await eventually(
      async () =>
        expect(await read()).toEqual([
          { person: id, v: '2', mail: 'byron@example.com', note: 'theirs' },
        ]),
      PATIENCE,
    );
    expect((await running.reconcile()).repaired).toEqual([]);
  });

  test('ends at once for a refused key and a table that does not fit', async () => {
    const service = await startEventService('http');
    const team = await createTeam();
    const refused = startMirror({
      source: await service.source('', { key: 'usk_0000000000000000' }),
      store: team.store(),
    });
    await expect(refused.done).rejects.toMatchObject({ name: 'ServiceRefusal', status: 401 });
    await expect(refused.ready).rejects.toMatchObject({ status: 401 });
    await team.sql('create table wrong (id uuid primary key)');
    const misfit = startMirror({
      source: await service.source(''),
      store: pgStore({ pool: team.pool, table: 'wrong' }),
    });
    await expect(misfit.done).rejects.toMatchObject({ code: '42703' });
  });
});

describe('checkMirrorStore', () => {
  const rows = () => {
    const users = new Map<string, UserRow>();
    return mapStore(users, { fields: ['email', 'first_name', 'last_name', 'status'] });
  };

  test('finds nothing wrong with the stores of the package', async () => {
    const team = await createTeam();
    await checkMirrorStore(team.store);
    const store = rows();
    await checkMirrorStore(() => store);
  });

  type Session = Awaited<ReturnType<MirrorStore['open']>>;
  test.each<[string, (session: Session) => Partial<Session>]>([
    ['find', () => ({ find: async () => [] })],
    [
      'sorted by id',
      (session) => ({ list: async (...args) => [...(await session.list(...args))].reverse() }),
    ],
    ['goes on after an id', (session) => ({ list: (_after, limit) => session.list(null, limit) })],
    ['has the limit', (session) => ({ list: (after) => session.list(after, 10) })],
    [
      'null leaves it',
      (session) => ({
        apply: (change) => session.apply({ ...change, position: change.position ?? '0' }),
      }),
    ],
    ['deletes', (session) => ({ apply: (change) => session.apply({ ...change, deleted: [] }) })],
    ['forgotten', () => ({ forgetPosition: async () => {} })],
    [
      'replaces all',
      (session) => ({
        async replaceAll(pages, position) {
          for await (const page of pages)
            await session.apply({ rows: page, deleted: [], position: null });
          await session.apply({ rows: [], deleted: [], position: position() });
        },
      }),
    ],
  ])('names the rule that a store breaks: %s', async (rule, breakIt) => {
    const store = rows();
    const broken: MirrorStore = {
      ...store,
      async open(signal) {
        const session = await store.open(signal);
        return { ...session, ...breakIt(session) };
      },
    };
    const failure = await checkMirrorStore(() => broken).catch((error: Error) => error.message);
    if (rule === 'replaces all') expect(failure).toMatch(/failed fill changes nothing/);
    else expect(failure).toContain(rule);
  });
});
