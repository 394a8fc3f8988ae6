import { randomUUID } from 'node:crypto';
import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { hash } from '@node-rs/argon2';
import { quantile, type Slice } from '../compare.ts';
import type { WorkOrder } from './order.ts';

/** About as many as a relay has in flight. */
const PUBLISHES_IN_FLIGHT = 256;
/** Published before the clock starts, so that the code is compiled. */
const WARM_UP_PUBLISHES = 2_000;
const STREAM = 'FLOOR';

/** Hashes passwords, some at a time. */
export async function hashForAWhile(order: Extract<WorkOrder, { kind: 'argon2' }>): Promise<Slice> {
  const endsAt = performance.now() + order.seconds * 1_000;
  return await repeatInParallel(
    order.concurrency,
    () => performance.now() < endsAt,
    () => hash('velvet anchor 208 drifts past noon', order.parameters),
  );
}

/**
 * Publishes the messages of a relay and waits for their acknowledgements: each user has a subject of its own, and the
 * headers and the expectation are those of an event.
 */
export async function publishAll({
  url,
  count,
  likeStream,
}: Extract<WorkOrder, { kind: 'publish' }>): Promise<Slice> {
  // Without stack traces of requests, as in the service.
  const connection = await connect({ servers: url, noAsyncTraces: true });
  const manager = await jetstreamManager(connection);
  const { config } = await manager.streams.info(likeStream);
  // The service protects its stream from purges.
  await manager.streams.add({ ...config, name: STREAM, subjects: ['floor.>'], deny_purge: false });
  const js = jetstream(connection);
  await publishSome(js, WARM_UP_PUBLISHES);
  const slice = await publishSome(js, count);
  await manager.streams.delete(STREAM);
  await connection.close();
  return slice;
}

async function publishSome(js: JetStreamClient, count: number): Promise<Slice> {
  let sent = 0;
  return await repeatInParallel(
    PUBLISHES_IN_FLIGHT,
    () => sent < count,
    () => {
      sent += 1;
      return publishOne(js);
    },
  );
}

async function publishOne(js: JetStreamClient): Promise<unknown> {
  const [id, userId] = [randomUUID(), randomUUID()];
  const fields = headers();
  fields.append('ce-specversion', '1.0');
  fields.append('ce-id', id);
  fields.append('ce-source', 'urn:user-service:events');
  fields.append('ce-type', 'user-service.user.updated.v1');
  fields.append('ce-time', new Date().toISOString());
  fields.append('ce-subject', userId);
  fields.append('ce-datacontenttype', 'application/json');
  fields.append('ce-dataschema', 'urn:user-service:schema:user.updated.v1');
  fields.append('ce-userversion', '2');
  return await js.publish(`floor.user.updated.${userId}`, '{"changed_fields":["first_name"]}', {
    headers: fields,
    msgID: id,
    expect: { streamName: STREAM },
  });
}

/** Runs `concurrency` workers while `hasMore`. */
async function repeatInParallel(
  concurrency: number,
  hasMore: () => boolean,
  work: () => Promise<unknown>,
): Promise<Slice> {
  const durationsMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (hasMore()) {
      const from = performance.now();
      await work();
      durationsMs.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    perSecond: durationsMs.length / seconds,
    p50Ms: quantile(durationsMs, 0.5),
    p99Ms: quantile(durationsMs, 0.99),
    cpuUs: (user + system) / durationsMs.length,
  };
}
