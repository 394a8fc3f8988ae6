import { randomUUID } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type App, createApp } from '../../../src/app/app.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createInProcessClient } from '../../../src/interfaces/cli/in-process-client.ts';
import { createApi, patientHashing } from '../../support/api.ts';
import {
  APP_DATABASES,
  type AppDatabase,
  createMasterKey,
  postgresEnvironment,
} from '../../support/app.ts';
import { type CliRun, runCommand } from '../../support/cli-setting.ts';
import { readStream } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { startNats } from '../../support/nats-server.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** A database that can be saved while no service runs on it, and restored later. */
interface World {
  /** The environment of a service on the present database. */
  environment(): Record<string, string>;
  save(): Promise<void>;
  restore(): Promise<void>;
}

async function createWorld(database: AppDatabase): Promise<World> {
  if (database === 'embedded') {
    const directory = createTemporaryDirectory('restored');
    onTestFinished(() => directory.remove());
    const [data, saved] = [join(directory.path, 'data'), join(directory.path, 'saved')];
    const copy = (from: string, to: string) => {
      rmSync(to, { recursive: true, force: true });
      cpSync(from, to, { recursive: true });
    };
    return {
      environment: () => ({ DATABASE_DRIVER: 'embedded', DATABASE_PATH: join(data, 'pg') }),
      save: async () => copy(data, saved),
      restore: async () => copy(saved, data),
    };
  }
  let present = await createTestDatabase();
  let saved = present;
  const clone = ({ connectionOptions }: typeof present) =>
    createTestDatabase({ template: connectionOptions.database });
  return {
    environment: () => postgresEnvironment(present.connectionOptions),
    save: async () => {
      saved = await clone(present);
    },
    restore: async () => {
      present = await clone(saved);
    },
  };
}

async function useService(database: AppDatabase) {
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const world = await createWorld(database);
  const masterKey = createMasterKey();
  let app: App | null = null;
  const stop = async () => void (await app?.stop());
  onTestFinished(stop);

  async function start() {
    const { config } = await loadConfig({
      env: {
        SERVER_PORT: '0',
        SERVER_SHUTDOWN_DELAY: '0s',
        MAIL_PATH: join(tmpdir(), `user-service-mail-${process.pid}`),
        LIMITS_ENABLED: 'false',
        SECURITY_MASTER_KEY: masterKey,
        EVENTS_INCLUDE: 'first_name,email',
        NATS_DRIVER: 'nats',
        NATS_SERVERS: nats.url,
        ...patientHashing,
        ...world.environment(),
      },
      cwd: '/nonexistent/user-service',
    });
    const started = await createApp({
      ...{ config, logger: createSilentLogger(), version: '0.0.0-test', threadPoolSize: '64' },
    });
    app = started;
    await started.listen();
    const operator = await started.operator();
    const openOperator = async () =>
      createInProcessClient({ server: operator, description: 'it', close: async () => {} });
    const run = (...args: string[]): Promise<CliRun> => runCommand(args, { openOperator });
    const api = createApi(started);
    const change = (id: string, payload: object) =>
      operator.inject({ method: 'PATCH', url: `/v1/users/${id}`, payload });
    const remove = (id: string) => operator.inject({ method: 'DELETE', url: `/v1/users/${id}` });
    async function drained() {
      await eventually(
        async () => {
          const [row] = await api.sql<{ waiting: number }>(
            'select count(*)::integer as waiting from outbox where published_at is null',
          );
          expect(row?.waiting).toBe(0);
        },
        { timeoutMs: 30_000 },
      );
      return readStream(nats.url);
    }
    return { operator, api, run, change, remove, drained };
  }

  return { world, start, stop };
}

type Service = Awaited<ReturnType<Awaited<ReturnType<typeof useService>>['start']>>;

interface Copy {
  readonly version: number;
  readonly [field: string]: unknown;
}

/** A JetStream consumer as the documentation describes it: it applies what is newer than its copy, deletions too. */
function follow(streamed: Awaited<ReturnType<Service['drained']>>): ReadonlyMap<string, Copy> {
  const copies = new Map<string, Copy>();
  for (const { event } of streamed) {
    const { type, userId, userVersion, data } = event;
    if (!type.startsWith('user.') || userId === null || userVersion === null) continue;
    const copy = copies.get(userId);
    if (userVersion <= (copy?.version ?? 0)) continue;
    if (type === 'user.deleted') copies.delete(userId);
    else {
      const { values = {} } = data as { values?: object };
      copies.set(userId, { ...copy, ...values, version: userVersion });
    }
  }
  return copies;
}

async function readTable({ api }: Service): Promise<ReadonlyMap<string, Copy>> {
  const rows = await api.sql<Copy & { id: string }>(
    'select id, version, first_name, email from users',
  );
  return new Map(rows.map(({ id, ...copy }) => [id, copy as Copy]));
}

const readFeed = async ({ operator }: Service, after: string) => {
  const answer = await operator.inject({ method: 'GET', url: `/v1/events?after=${after}` });
  return { status: answer.statusCode, code: answer.statusCode === 200 ? null : answer.json().code };
};

async function positionNow({ operator }: Service): Promise<string> {
  const answer = await operator.inject({ method: 'GET', url: '/v1/users/export' });
  return JSON.parse(answer.body.trim().split('\n').at(-1) ?? '').position;
}

/** The kinds of findings; the last line is the summary. */
const kindsOf = ({ stdout }: CliRun): ReadonlySet<string> =>
  new Set(stdout.slice(0, -1).map((line) => JSON.parse(line).kind));

describe.each(APP_DATABASES)('a restored database (%s)', (database) => {
  test('is told from the stream, and after a resync every consumer has the users table', async () => {
    const { world, start, stop } = await useService(database);
    const first = await start();
    const [changed, deleted, same] = [
      await first.api.register(),
      await first.api.register(),
      await first.api.register(),
    ];
    // Consumers know of this deletion, so it is not told again.
    await first.remove((await first.api.register()).id);
    for (const name of ['Two', 'Three', 'Four', 'Five']) {
      await first.change(changed.id, { first_name: name });
    }
    await first.drained();
    const before = await positionNow(first);
    await stop();
    await world.save();

    const second = await start();
    await second.change(changed.id, { first_name: 'Six' });
    await second.change(changed.id, { first_name: 'Seven' });
    await second.remove(deleted.id);
    const lost = await second.api.register();
    await second.change(lost.id, { first_name: 'Lost' });
    expect(follow(await second.drained())).toEqual(await readTable(second));
    const lostPosition = await positionNow(second);
    expect(await second.run('events', 'verify')).toMatchObject({ code: 0 });
    await stop();
    await world.restore();

    const restored = await start();
    await restored.change(changed.id, { first_name: 'Six again' });
    const table = await readTable(restored);
    expect(table.get(changed.id)).toMatchObject({ version: 6, first_name: 'Six again' });
    // The consumer ignores the second version 6, has no copy of one user, and one of a user who is gone.
    const wrong = follow(await restored.drained());
    expect(wrong.get(changed.id)).toMatchObject({ version: 7, first_name: 'Seven' });
    expect([wrong.has(deleted.id), wrong.has(lost.id)]).toEqual([false, true]);
    const found = await restored.run('events', 'verify', '--json');
    expect(found.code).toBe(1);
    expect(kindsOf(found)).toEqual(new Set(['unknown', 'out_of_order']));
    expect(await readFeed(restored, before)).toMatchObject({ status: 200 });

    expect(await restored.run('events', 'resync')).toMatchObject({ code: 1 });
    expect(await readTable(restored)).toEqual(table);
    const resynced = await restored.run('events', 'resync', '--confirm', '--json');
    expect(resynced).toMatchObject({
      code: 0,
      stdout: [JSON.stringify({ announced: 3, deleted: 1 })],
    });
    const streamed = await restored.drained();
    const copies = follow(streamed);
    expect(copies).toEqual(await readTable(restored));
    expect(copies.get(changed.id)).toMatchObject({ version: 1_000_006, first_name: 'Six again' });
    expect([...copies.keys()].sort()).toEqual([changed.id, deleted.id, same.id].sort());
    for (const position of [before, lostPosition, '3', '12']) {
      expect(await readFeed(restored, position)).toEqual({ status: 410, code: 'position_gone' });
    }
    expect(await readFeed(restored, await positionNow(restored))).toMatchObject({ status: 200 });

    await restored.change(changed.id, { first_name: 'After' });
    expect(follow(await restored.drained())).toEqual(await readTable(restored));
    const clean = await restored.run('events', 'verify', '--json');
    expect(clean.stdout.slice(0, -1)).toEqual([]);
    expect(clean.code).toBe(0);
    expect(JSON.parse(clean.stdout.at(-1) ?? '')).toMatchObject({ summary: { findings: 0 } });
  }, 120_000);

  test('a resync that was interrupted goes on with the same version', async () => {
    const { start } = await useService(database);
    const service = await start();
    for (let count = 0; count < 3; count += 1) await service.api.register();
    const step = async (cursor: object | null) =>
      (
        await service.operator.inject({
          method: 'POST',
          url: '/v1/outbox/resync',
          payload: { cursor },
        })
      ).json();
    await step(null);
    expect(await step({ part: 'users', after: null })).toMatchObject({ announced: 3 });
    // A user of the time after the begin has a history of its own.
    const later = await service.api.register();
    const finished = await service.run('events', 'resync', '--confirm', '--json');
    expect(finished.stdout).toEqual([JSON.stringify({ announced: 0, deleted: 0 })]);
    const versions = await service.api.sql<{ version: number }>('select version from users');
    expect(versions.map(({ version }) => version).sort()).toEqual([
      1, 1_000_001, 1_000_001, 1_000_001,
    ]);
    expect((await service.api.eventsOf(later.id)).map(({ type }) => type)).toEqual([
      'user.created',
    ]);
    expect(await step({ part: 'users', after: randomUUID() })).toMatchObject({ next: null });
  });
});
