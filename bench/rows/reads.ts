import { join } from 'node:path';
import { startRedis } from '../../test/support/redis-server.ts';
import { createTemporaryDirectory } from '../../test/support/temp-directory.ts';
import { compare, type Labels } from '../compare.ts';
import { type Context, onDatabase, type Result, wants } from '../context.ts';
import type { ServerOrder } from '../floors/order.ts';
import { startFloor } from '../floors/start.ts';
import { type LoadRequest, loadSide } from '../load-generator.ts';
import type { Person } from '../people.ts';
import { startService } from '../service.ts';

/** One row: the log level of the service decides whether the floor writes an access log. */
interface Read {
  readonly labels: Labels;
  readonly title: string;
  readonly floorTitle: string;
  readonly logLevel: 'info' | 'warn';
  requests(people: readonly Person[]): readonly LoadRequest[];
}

const ONE = 'GET /v1/users/{id}';
const MANY = 'POST /v1/public-profiles';

/** Measures reads from PostgreSQL and from Redis, with the log as by default and without the lines of requests. */
export async function measureReads(context: Context): Promise<Result[]> {
  const results: Result[] = [];
  if (wants(context, 'a') || wants(context, 'e')) results.push(...(await measureOnRedis(context)));
  if (wants(context, 'b') || wants(context, 'e')) {
    results.push(...(await measureOnPostgres(context)));
  }
  return results;
}

async function measureOnRedis(context: Context): Promise<Result[]> {
  const { database } = context;
  const redis = await startRedis();
  try {
    const { host, port } = redis;
    const env = { ...onDatabase(database), REDIS_HOST: host, REDIS_PORT: String(port) };
    const floorTitle = 'bare Fastify, the same headers, one Redis GET';
    const manyTitle = 'bare Fastify, the same headers, one Redis MGET';
    return await measureAll(context, {
      env,
      floor: (logFile) => ({ kind: 'redis', host, port, logFile }),
      prepare: async (people) => {
        for (const person of people) {
          await redis.command('SET', `bench:${person.id}`, userAsText(person));
        }
      },
      reads: [
        ...withAndWithoutLog('a', `${ONE}, cached`, floorTitle, readOne, 1),
        ...withAndWithoutLog(
          'e',
          `${MANY}, ${context.options.people} ids, cached`,
          manyTitle,
          readMany,
          0.9,
        ).slice(0, 1),
      ].filter(({ labels }) => wants(context, labels.id.charAt(0))),
    });
  } finally {
    await redis.stop();
  }
}

async function measureOnPostgres(context: Context): Promise<Result[]> {
  const connection = context.database;
  const floorTitle = 'bare Fastify, the same headers, one select for the ids of a turn';
  const manyTitle = 'bare Fastify, the same headers, one prepared select';
  const many = withAndWithoutLog(
    'e',
    `${MANY}, ${context.options.people} ids, uncached`,
    manyTitle,
    readMany,
  )[0];
  return await measureAll(context, {
    env: onDatabase(connection),
    floor: (logFile) => ({ kind: 'select', connection, logFile }),
    prepare: async () => {},
    reads: [
      ...withAndWithoutLog('b', `${ONE}, uncached`, floorTitle, readOne, 0.8),
      ...(many === undefined ? [] : [{ ...many, labels: { id: 'e2' } }]),
    ].filter(({ labels }) => wants(context, labels.id.charAt(0))),
  });
}

/** The row as users run the service, and the one without the lines of requests on either side. */
function withAndWithoutLog(
  id: string,
  title: string,
  floorTitle: string,
  requests: Read['requests'],
  target?: number,
): readonly Read[] {
  const logged = { floorTitle: `${floorTitle}, an access log line`, logLevel: 'info' } as const;
  const silent = { floorTitle, logLevel: 'warn' } as const;
  const labels = { id, ...(target === undefined ? {} : { target }) };
  return [
    { labels, title, requests, ...logged },
    { labels: { id: `${id}2` }, title: `${title}, \`logging.level: warn\``, requests, ...silent },
  ];
}

interface Setting {
  readonly env: Readonly<Record<string, string>>;
  floor(logFile: string | null): ServerOrder;
  prepare(people: readonly Person[]): Promise<void>;
  readonly reads: readonly Read[];
}

async function measureAll(context: Context, setting: Setting): Promise<Result[]> {
  const results: Result[] = [];
  for (const logLevel of ['info', 'warn'] as const) {
    const reads = setting.reads.filter((read) => read.logLevel === logLevel);
    if (reads.length > 0) results.push(...(await measureAt(context, setting, logLevel, reads)));
  }
  return results;
}

async function measureAt(
  context: Context,
  setting: Setting,
  logLevel: 'info' | 'warn',
  reads: readonly Read[],
): Promise<Result[]> {
  const { connections, seconds } = context.options;
  const directory = createTemporaryDirectory('bench-floor');
  const service = await startService({ ...setting.env, LOGGING_LEVEL: logLevel });
  try {
    const people = await context.people.on(service);
    await setting.prepare(people);
    const logFile = logLevel === 'info' ? join(directory.path, 'floor.log') : null;
    const floor = await startFloor(setting.floor(logFile));
    try {
      const results: Result[] = [];
      for (const { labels, title, floorTitle, requests } of reads) {
        const side = ({ url, pid }: { url: string; pid: number }, name: string) =>
          loadSide(context.generator, { title: name, pid }, () => ({
            ...{ kind: 'closed', url, connections, seconds },
            requests: requests(people),
          }));
        results.push(
          await compare(context, labels, {
            service: side(service, title),
            floor: side(floor, floorTitle),
          }),
        );
      }
      return results;
    } finally {
      await floor.stop();
    }
  } finally {
    await service.stop();
    await directory.remove();
  }
}

function readOne(people: readonly Person[]): LoadRequest[] {
  return people.map(({ id, token }) => ({
    method: 'GET',
    path: `/v1/users/${id}`,
    headers: { authorization: `Bearer ${token}` },
  }));
}

function readMany(people: readonly Person[]): LoadRequest[] {
  const body = JSON.stringify({ ids: people.map(({ id }) => id) });
  return people.slice(0, 10).map(({ token }) => ({
    method: 'POST',
    path: '/v1/public-profiles',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  }));
}

/** As long as the response of the service. */
function userAsText({ id, email }: Person): string {
  const time = '2026-01-01T00:00:00.000Z';
  return JSON.stringify({
    ...{ id, first_name: 'Ada', last_name: 'Okafor', email, phone: null },
    ...{ email_verified: false, status: 'active', version: 1, created_at: time, updated_at: time },
  });
}
