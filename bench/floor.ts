// The upper bound for a service: a bare server with the one call that every implementation needs, or that call alone.
// It runs as a process of its own with its order in BENCH_FLOOR.
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { hash } from '@node-rs/argon2';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { FloorOrder, ServerOrder } from './floor-order.ts';

/** About as many as a relay has in flight. */
const PUBLISHES_IN_FLIGHT = 256;

const order = JSON.parse(process.env.BENCH_FLOOR ?? '{}') as FloorOrder;
if (order.kind === 'argon2') await hashForAWhile(order);
else if (order.kind === 'publish') await publishAll(order);
else await serve(order);

async function hashForAWhile(argon2: Extract<FloorOrder, { kind: 'argon2' }>): Promise<void> {
  const endsAt = performance.now() + argon2.seconds * 1_000;
  await report(
    argon2.concurrency,
    () => performance.now() < endsAt,
    () => hash('velvet anchor 208 drifts past noon', argon2.parameters),
  );
}

/** Publishes to a stream like that of the service and waits for acknowledgements; each message has its own subject. */
async function publishAll({ url, count }: Extract<FloorOrder, { kind: 'publish' }>): Promise<void> {
  // Without stack traces of requests, as in the service.
  const connection = await connect({ servers: url, noAsyncTraces: true });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'FLOOR', subjects: ['floor.>'] });
  const js = jetstream(connection);
  const payload = new TextEncoder().encode('{"changed_fields":["first_name"]}');
  let sent = 0;
  await report(
    PUBLISHES_IN_FLIGHT,
    () => sent < count,
    () => {
      sent += 1;
      return js.publish(`floor.user.updated.${sent}`, payload, { msgID: String(sent) });
    },
  );
  await manager.streams.delete('FLOOR');
  await connection.close();
}

/** Runs `concurrency` workers while `hasMore`, and prints the figures as one line of JSON. */
async function report(
  concurrency: number,
  hasMore: () => boolean,
  work: () => Promise<unknown>,
): Promise<void> {
  const durationsMs: number[] = [];
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
  durationsMs.sort((a, b) => a - b);
  const [p50Ms = 0, p99Ms = 0] = [0.5, 0.99].map(
    (part) => durationsMs[Math.floor(durationsMs.length * part)],
  );
  const perSecond = durationsMs.length / seconds;
  console.log(JSON.stringify({ perSecond, p50Ms, p99Ms, errors: 0, statuses: {} }));
}

async function serve(server: ServerOrder): Promise<void> {
  const app = Fastify();
  if (server.kind === 'redis') {
    const redis = new Redis({ host: server.host, port: server.port, enableAutoPipelining: true });
    app.get<{ Params: { id: string } }>('/v1/users/:id', async ({ params }, reply) => {
      reply.type('application/json');
      return await redis.get(`bench:${params.id}`);
    });
    app.post<{ Body: { ids: string[] } }>('/v1/public-profiles', async ({ body }, reply) => {
      const profiles = await redis.mget(body.ids.map((id) => `bench:${id}`));
      reply.type('application/json');
      return `[${profiles.join(',')}]`;
    });
  } else {
    const pool = new pg.Pool({ ...server.connection, max: 10 });
    app.get<{ Params: { id: string } }>('/v1/users/:id', async ({ params }) => {
      const { rows } = await pool.query({
        name: 'one',
        text: 'select id, first_name, last_name, email, phone, status, version, created_at, updated_at from users where id = $1',
        values: [params.id],
      });
      return rows[0];
    });
    app.post<{ Body: { ids: string[] } }>('/v1/public-profiles', async ({ body }) => {
      const { rows } = await pool.query({
        name: 'batch',
        text: 'select id, first_name, last_name from users where id = any($1)',
        values: [body.ids],
      });
      return rows;
    });
  }
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  console.log(`listening ${url}`);
}
