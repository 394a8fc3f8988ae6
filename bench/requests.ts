import { availableParallelism } from 'node:os';
import { startRedis } from '../test/support/redis-server.ts';
import { type Context, onDatabase, type Result, type Row } from './context.ts';
import { type Figures, type LoadRequest, merge, runFloor, runLoad, startFloor } from './measure.ts';
import {
  createPeople,
  NotInThisBuild,
  type Person,
  registration,
  type Service,
  startService,
} from './service.ts';

/** Users that the requests of a load address in turn. */
const PEOPLE = 100;
const WARM_UP_SECONDS = 2;
/** The service's defaults. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Measures reads from PostgreSQL, registrations and sign-ins, which need no other server. */
export async function measureOnPostgres(context: Context): Promise<Result[]> {
  const { database, progress } = context;
  const service = await startService(onDatabase(database));
  const results: Result[] = [];
  try {
    progress(`registering ${PEOPLE} people`);
    const people = await createPeople(service.url, PEOPLE);
    const floor = await startFloor({ kind: 'select', connection: database });
    try {
      if (wants(context, 'b')) {
        results.push(
          await compareLoads(context, service.url, floor.url, readOne(people), {
            id: 'b',
            title: 'GET /v1/users/{id}, uncached',
            floorTitle: 'bare Fastify and one prepared select',
            target: 0.8,
          }),
        );
      }
      if (wants(context, 'e')) {
        results.push(
          await compareLoads(context, service.url, floor.url, readBatch(people), {
            id: 'e2',
            title: 'POST /v1/public-profiles with 100 ids, uncached',
            floorTitle: 'bare Fastify and one prepared select',
          }),
        );
      }
    } finally {
      await floor.stop();
    }
    if (wants(context, 'c')) results.push(...(await measurePasswords(context, service, people)));
  } finally {
    await service.stop();
  }
  return results;
}

/** Measures the same reads with Redis. */
export async function measureOnRedis(context: Context): Promise<Result[]> {
  const titles = {
    a: 'GET /v1/users/{id}, cached',
    e: 'POST /v1/public-profiles with 100 ids, cached',
  };
  const redis = await startRedis();
  try {
    const service = await startService({
      ...onDatabase(context.database),
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
    });
    try {
      const people = await createPeople(service.url, PEOPLE);
      for (const person of people)
        await redis.command('SET', `bench:${person.id}`, profile(person));
      const floor = await startFloor({ kind: 'redis', host: redis.host, port: redis.port });
      const results: Result[] = [];
      try {
        if (wants(context, 'a')) {
          results.push(
            await compareLoads(context, service.url, floor.url, readOne(people), {
              id: 'a',
              title: titles.a,
              floorTitle: 'bare Fastify and one Redis GET',
              target: 0.7,
            }),
          );
        }
        if (wants(context, 'e')) {
          results.push(
            await compareLoads(context, service.url, floor.url, readBatch(people), {
              id: 'e',
              title: titles.e,
              floorTitle: 'bare Fastify and one Redis MGET',
            }),
          );
        }
      } finally {
        await floor.stop();
      }
      return results;
    } finally {
      await service.stop();
    }
  } catch (error) {
    if (!(error instanceof NotInThisBuild)) throw error;
    return Object.entries(titles)
      .filter(([id]) => wants(context, id))
      .map(([id, title]) => ({ kind: 'omitted', id, title, reason: error.message }));
  } finally {
    await redis.stop();
  }
}

/** Whether the command line selects this measurement. */
export function wants({ options }: Context, id: string): boolean {
  return options.only.length === 0 || options.only.includes(id);
}

async function measurePasswords(
  context: Context,
  service: Service,
  people: readonly Person[],
): Promise<Result[]> {
  const { seconds } = context.options;
  const concurrency = 4 * availableParallelism();
  const floor = (): Promise<Figures> =>
    runFloor({ kind: 'argon2', seconds, concurrency, parameters: ARGON2 });
  const load = (requests: readonly LoadRequest[]) => (): Promise<Figures> =>
    runLoad({ url: service.url, connections: concurrency, seconds, requests });
  const json = { 'content-type': 'application/json' };
  const signIns = people.map(({ email, password }) => ({
    method: 'POST',
    path: '/v1/sessions',
    headers: json,
    body: JSON.stringify({ email, password }),
  }));
  const registrations = [
    {
      method: 'POST',
      path: '/v1/users',
      headers: json,
      body: registration('new-{{n}}@example.com'),
    },
  ];
  const floorTitle = `Argon2id alone, ${concurrency} at once`;
  return [
    await compare(context, floor, load(signIns), {
      id: 'c1',
      title: 'POST /v1/sessions (sign-in)',
      floorTitle,
      target: 0.9,
    }),
    await compare(context, floor, load(registrations), {
      id: 'c2',
      title: 'POST /v1/users (registration)',
      floorTitle,
      target: 0.9,
    }),
  ];
}

type Labels = Omit<Row, 'service' | 'floor'>;

async function compareLoads(
  context: Context,
  serviceUrl: string,
  floorUrl: string,
  requests: readonly LoadRequest[],
  labels: Labels,
): Promise<Result> {
  const { connections, seconds } = context.options;
  for (const url of [floorUrl, serviceUrl]) {
    context.progress(`${labels.id}: warming up ${url === floorUrl ? 'the floor' : 'the service'}`);
    await runLoad({ url, connections, seconds: Math.min(WARM_UP_SECONDS, seconds), requests });
  }
  return await compare(
    context,
    () => runLoad({ url: floorUrl, connections, seconds, requests }),
    () => runLoad({ url: serviceUrl, connections, seconds, requests }),
    labels,
  );
}

/** Alternates between floor and service, so that a machine that slows down affects both. */
async function compare(
  { options, progress }: Context,
  floorRound: () => Promise<Figures>,
  serviceRound: () => Promise<Figures>,
  labels: Labels,
): Promise<Result> {
  const floor: Figures[] = [];
  const service: Figures[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    progress(`${labels.id}: ${labels.floorTitle}, round ${round} of ${options.rounds}`);
    floor.push(await floorRound());
    progress(`${labels.id}: ${labels.title}, round ${round} of ${options.rounds}`);
    service.push(await serviceRound());
  }
  return { kind: 'row', ...labels, floor: merge(floor), service: merge(service) };
}

function readOne(people: readonly Person[]): LoadRequest[] {
  return people.map(({ id, token }) => ({
    method: 'GET',
    path: `/v1/users/${id}`,
    headers: { authorization: `Bearer ${token}` },
  }));
}

function readBatch(people: readonly Person[]): LoadRequest[] {
  const body = JSON.stringify({ ids: people.map(({ id }) => id) });
  return people.slice(0, 10).map(({ token }) => ({
    method: 'POST',
    path: '/v1/public-profiles',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  }));
}

/** As long as the response of the service. */
function profile({ id, email }: Person): string {
  const time = '2026-01-01T00:00:00.000Z';
  return JSON.stringify({
    id,
    first_name: 'Ada',
    last_name: 'Okafor',
    email,
    phone: null,
    email_verified: false,
    status: 'active',
    version: 1,
    created_at: time,
    updated_at: time,
  });
}
