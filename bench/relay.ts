import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type NatsServer, startNats } from '../test/support/nats-server.ts';
import type { ConnectionOptions } from '../test/support/postgres-server.ts';
import { type Context, onDatabase, type Result } from './context.ts';
import { type Figures, runFloor, runLoad } from './measure.ts';
import { createPeople, NotInThisBuild, startService } from './service.ts';

/** Pending events when the relay starts, for each second of `--seconds`. */
const EVENTS_PER_SECOND_ASKED = 5_000;
const DRAIN_TIMEOUT_MS = 300_000;
const CHANGES_PER_SECOND = 200;
/** Users that are changed in turn; each has one event in flight at a time. */
const PEOPLE = 100;
const WARM_UP_SECONDS = 2;
const STREAM = 'USERS';
const EVENTS = 'users.events.>';
const TITLE = 'Relay drains the outbox';

/** Measures how fast the relay drains a full outbox, and how soon a change reaches a subscriber. */
export async function measureRelay(context: Context): Promise<Result[]> {
  const nats = await startNats({ jetstream: true });
  try {
    const database = await context.postgres.createDatabase('bench_relay');
    // The first start, without NATS, creates the schema.
    const before = await startService(onDatabase(database));
    await before.stop();
    const count = EVENTS_PER_SECOND_ASKED * context.options.seconds;
    context.progress(`d: filling the outbox with ${count} events`);
    await fillOutbox(context, database, count);
    context.progress(`d: publishing ${count} messages without the service`);
    const floor = await runFloor({ kind: 'publish', url: nats.url, count });
    return await measureService(context, nats, database, count, floor);
  } catch (error) {
    if (!(error instanceof NotInThisBuild)) throw error;
    return [{ kind: 'omitted', id: 'd', title: TITLE, reason: error.message }];
  } finally {
    await nats.stop();
  }
}

async function measureService(
  context: Context,
  nats: NatsServer,
  database: ConnectionOptions,
  count: number,
  floor: Figures,
): Promise<Result[]> {
  const connection = await connect({ servers: nats.url });
  try {
    context.progress('d: draining the outbox');
    const drained = watchDrain(connection, count);
    // If the start fails, its error is thrown instead of this one.
    drained.catch(() => undefined);
    const service = await startService({ ...onDatabase(database), NATS_SERVERS: nats.url });
    try {
      const perSecond = await drained;
      const drain: Result[] = [
        {
          kind: 'row',
          id: 'd1',
          title: `${TITLE} of ${count} events`,
          floorTitle: 'acknowledged publishes, 256 in flight',
          service: { ...floor, perSecond, p50Ms: Number.NaN, p99Ms: Number.NaN },
          floor,
          target: 0.3,
        },
        {
          kind: 'value',
          id: 'd2',
          title: 'Events drained',
          value: perSecond,
          unit: '/s',
          target: 5_000,
        },
      ];
      return [...drain, ...(await measureDelay(context, connection, service.url))];
    } finally {
      await service.stop();
    }
  } finally {
    await connection.close();
  }
}

/** Inserts the rows of a change of the first name, each for another user. */
async function fillOutbox(
  { postgres }: Context,
  { database }: ConnectionOptions,
  count: number,
): Promise<void> {
  await postgres.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
     select gen_random_uuid(), gen_random_uuid(), 2, 'user.updated', '{"changed_fields":["first_name"]}', 'bench', now()
     from generate_series(1, ${count})`,
    database,
  );
  await postgres.query('analyze outbox', database);
}

/** Measures events a second, from the first one in the stream to the last. */
async function watchDrain(connection: NatsConnection, count: number): Promise<number> {
  const manager = await jetstreamManager(connection);
  const deadline = performance.now() + DRAIN_TIMEOUT_MS;
  let first: { readonly atMs: number; readonly messages: number } | null = null;
  while (performance.now() < deadline && !connection.isClosed()) {
    const messages = await manager.streams.info(STREAM).then(
      ({ state }) => state.messages,
      () => 0,
    );
    const atMs = performance.now();
    if (messages > 0) first ??= { atMs, messages };
    if (first !== null && messages >= count) {
      return ((messages - first.messages) / (atMs - first.atMs)) * 1_000;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the relay did not publish ${count} events in time`);
}

/** Measures from the time of the event, taken in its transaction, to its arrival at a plain subscriber. */
async function measureDelay(
  { options, progress }: Context,
  connection: NatsConnection,
  url: string,
): Promise<Result[]> {
  const people = await createPeople(url, PEOPLE);
  const load = (seconds: number) =>
    runLoad({
      url,
      connections: 20,
      seconds,
      rate: CHANGES_PER_SECOND,
      requests: people.map(({ id, token }) => ({
        method: 'PATCH',
        path: `/v1/users/${id}`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/merge-patch+json',
        },
        body: '{"first_name":"Ada {{n}}"}',
      })),
    });
  progress('d: warming up');
  await load(Math.min(WARM_UP_SECONDS, options.seconds));
  const delaysMs: number[] = [];
  const subscription = connection.subscribe(EVENTS, {
    callback: (_error, message) => {
      const time = message.headers?.get('ce-time');
      const isChange = message.headers?.get('ce-type').includes('user.updated');
      if (time && isChange) delaysMs.push(Date.now() - Date.parse(time));
    },
  });
  progress(`d: ${CHANGES_PER_SECOND} changes a second`);
  await load(options.seconds);
  subscription.unsubscribe();
  delaysMs.sort((a, b) => a - b);
  const quantile = (part: number): number => delaysMs[Math.floor(delaysMs.length * part)] ?? 0;
  const title = `Commit to delivery at ${CHANGES_PER_SECOND} changes a second`;
  return [
    { kind: 'value', id: 'd3', title: `${title}, p50`, value: quantile(0.5), unit: 'ms' },
    {
      kind: 'value',
      id: 'd4',
      title: `${title}, p99`,
      value: quantile(0.99),
      unit: 'ms',
      target: 50,
    },
  ];
}
