import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { ServerOrder } from './order.ts';

type HttpOrder = Exclude<ServerOrder, { kind: 'echo' }>;
type One = { Params: { id: string } };
type Many = { Body: { ids: string[] } };

/** The headers that the service sends with every response. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const JSON_TYPE = 'application/json; charset=utf-8';
const ENTITY_TAG = '"1"';

/** Serves the reads with the headers of the service, and one access log line a request. @returns its address */
export async function serve(order: HttpOrder): Promise<string> {
  const app = Fastify({
    // One line of its own instead of Fastify's two.
    disableRequestLogging: true,
    logger: order.logFile === null ? false : { level: 'info', file: order.logFile },
    genReqId: () => randomUUID(),
  });
  app.addHook('onRequest', (request, reply, next) => {
    reply.headers(HEADERS).header('x-request-id', request.id);
    next();
  });
  if (order.logFile !== null) logRequests(app);
  if (order.kind === 'redis') serveFromRedis(app, order);
  else serveFromPostgres(app, order);
  return await app.listen({ host: '127.0.0.1', port: 0 });
}

/** The fields of the service's line. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, next) => {
    app.log.info(
      {
        request_id: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
        client_ip: request.ip,
      },
      'request',
    );
    next();
  });
}

function serveFromRedis(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
): void {
  const redis = new Redis({ host, port, enableAutoPipelining: true });
  app.get<One>('/v1/users/:id', async ({ params }, reply) => {
    const text = await redis.get(`bench:${params.id}`);
    reply.header('etag', ENTITY_TAG).type(JSON_TYPE);
    return text;
  });
  app.post<Many>('/v1/public-profiles', async ({ body }, reply) => {
    const profiles = await redis.mget(body.ids.map((id) => `bench:${id}`));
    reply.type(JSON_TYPE);
    return `[${profiles.join(',')}]`;
  });
}

function serveFromPostgres(
  app: FastifyInstance,
  { connection }: Extract<HttpOrder, { kind: 'select' }>,
): void {
  const pool = new pg.Pool({ ...connection, max: 10 });
  const findUser = gather(async (ids) => {
    const { rows } = await pool.query<{ id: string }>({
      name: 'users',
      text: `select id, first_name, last_name, email, phone, email_verified, status, version, created_at, updated_at
        from users where id = any($1)`,
      values: [ids],
    });
    return new Map(rows.map((row) => [row.id, row]));
  });
  app.get<One>('/v1/users/:id', async ({ params }, reply) => {
    const user = await findUser(params.id);
    reply.header('etag', ENTITY_TAG).type(JSON_TYPE);
    return user;
  });
  app.post<Many>('/v1/public-profiles', async ({ body }, reply) => {
    const { rows } = await pool.query({
      name: 'profiles',
      text: 'select id, first_name, last_name from users where id = any($1)',
      values: [body.ids],
    });
    reply.type(JSON_TYPE);
    return rows;
  });
}

/** Reads all ids that one turn of the event loop asks for with one statement. */
function gather<T>(
  load: (ids: string[]) => Promise<Map<string, T>>,
): (id: string) => Promise<T | undefined> {
  let batch: { readonly ids: Set<string>; readonly rows: Promise<Map<string, T>> } | null = null;
  return async (id) => {
    if (batch === null) {
      const ids = new Set<string>();
      const endOfTurn = new Promise((resolve) => setImmediate(resolve));
      const rows = endOfTurn.then(() => {
        batch = null;
        return load([...ids]);
      });
      batch = { ids, rows };
    }
    batch.ids.add(id);
    return (await batch.rows).get(id);
  };
}
