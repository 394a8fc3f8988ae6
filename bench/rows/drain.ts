import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { PostgresServer } from '../../test/support/postgres-server.ts';
import type { Slice } from '../compare.ts';
import { readCpuMs } from '../process-usage.ts';

export const STREAM = 'USERS';
const DRAIN_TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 5;

/** Whose events are waiting: each of another user, all of one user, or of no user. */
export type BacklogShape = 'all' | 'one user' | 'no user';

/** Inserts waiting events, which the relay sees at once at the commit. */
export async function fillOutbox(
  postgres: PostgresServer,
  database: string,
  count: number,
  shape: BacklogShape = 'all',
): Promise<void> {
  const [userId, version, type, data] = {
    all: ['gen_random_uuid()', '2', 'user.updated', '{"changed_fields":["first_name"]}'],
    'one user': [
      `'01980000-0000-7000-8000-000000000001'::uuid`,
      '1 + n',
      'user.updated',
      '{"changed_fields":["first_name"]}',
    ],
    'no user': ['null', 'null', 'authentication.failed', '{"reason":"wrong_password"}'],
  }[shape];
  await postgres.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
     select gen_random_uuid(), ${userId}, ${version}, '${type}', '${data}', 'bench', now()
     from generate_series(1, ${count}) as n`,
    database,
  );
}

/**
 * Measures the events a second that arrive in the stream, from the first look that finds some to the last.
 * @param pid of the service, for its CPU time; null for none
 * @param start makes events wait, or starts the service
 * @param most ends the measurement after this time, in milliseconds, when events are still waiting
 */
export async function measureDrain(
  nats: { readonly url: string },
  pid: number | null,
  count: number,
  start: () => Promise<void>,
  most = Number.POSITIVE_INFINITY,
): Promise<Slice> {
  const connection = await connect({ servers: nats.url });
  try {
    const manager = await jetstreamManager(connection);
    const messages = (): Promise<number> =>
      manager.streams.info(STREAM).then(
        ({ state }) => state.messages,
        () => 0, // the service has not made it yet
      );
    const before = await messages();
    const readCpu = () => (pid === null ? null : readCpuMs(pid));
    const cpuBefore = readCpu();
    const started = start();
    const endsAt = performance.now() + DRAIN_TIMEOUT_MS;
    let first: { readonly atMs: number; readonly messages: number } | null = null;
    let failure: unknown;
    started.catch((error: unknown) => {
      failure = error;
    });
    while (performance.now() < endsAt && failure === undefined) {
      const now = { atMs: performance.now(), messages: await messages() };
      if (now.messages > before) first ??= now;
      if (first !== null && (now.messages >= before + count || now.atMs - first.atMs >= most)) {
        const cpuAfter = readCpu();
        await started;
        const sent = now.messages - first.messages;
        return {
          perSecond: (sent / (now.atMs - first.atMs)) * 1_000,
          p50Ms: Number.NaN,
          p99Ms: Number.NaN,
          cpuUs:
            cpuBefore === null || cpuAfter === null
              ? null
              : ((cpuAfter - cpuBefore) * 1_000) / (now.messages - before),
        };
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    throw failure ?? new Error(`the relay did not publish ${count} events in time`);
  } finally {
    await connection.close();
  }
}
