import { availableParallelism } from 'node:os';
import { startRedis } from '../../test/support/redis-server.ts';
import { compare, type Side } from '../compare.ts';
import { type Context, onDatabase, type Result } from '../context.ts';
import { type LoadRequest, loadSide } from '../load-generator.ts';
import { type Person, registration } from '../people.ts';
import { type Service, startService } from '../service.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Limits that count each request and refuse none: one client sends them all. */
export const WIDE_LIMITS: Readonly<Record<string, string>> = {
  LIMITS_ENABLED: 'true',
  ...Object.fromEntries(
    [
      ...['SIGN_IN_CLIENT', 'SIGN_IN_PAIR', 'SIGN_IN_GLOBAL', 'REGISTRATION_CLIENT'],
      ...['SERVICE_ACCOUNT', 'GLOBAL'],
    ].flatMap((policy) => [
      [`LIMITS_${policy}_RATE`, '1000000'],
      [`LIMITS_${policy}_BURST`, '1000000'],
    ]),
  ),
};

export function signInsOf(people: readonly Person[]): LoadRequest[] {
  return people.map(({ email, password }) => ({
    ...{ method: 'POST', path: '/v1/sessions', headers: JSON_TYPE },
    body: JSON.stringify({ email, password }),
  }));
}

/** @param name begins the addresses */
export function registrations(name: string): LoadRequest {
  return {
    ...{ method: 'POST', path: '/v1/users', headers: JSON_TYPE },
    body: registration(`${name}-{{n}}@example.com`),
  };
}

/** One kind of request, with limits and without. The relay, row d, serves no requests. */
interface Load {
  readonly id: string;
  readonly title: string;
  readonly redis: boolean;
  /** Hashes passwords: fewer connections. */
  readonly hashes?: boolean;
  requests(people: readonly Person[], key: string): readonly LoadRequest[];
}

const LOADS: readonly Load[] = [
  {
    ...{ id: 'na', title: 'GET /v1/users/{id}, cached, service key', redis: true },
    requests: (people, key) =>
      people.map(({ id }) => ({ method: 'GET', path: `/v1/users/${id}`, headers: bearer(key) })),
  },
  {
    ...{ id: 'nb', title: 'GET /v1/users/{id}, uncached, service key', redis: false },
    requests: (people, key) =>
      people.map(({ id }) => ({ method: 'GET', path: `/v1/users/${id}`, headers: bearer(key) })),
  },
  {
    ...{ id: 'nc', title: 'POST /v1/sessions (sign-in)', redis: true, hashes: true },
    requests: signInsOf,
  },
  {
    ...{ id: 'nc2', title: 'POST /v1/users (registration)', redis: true, hashes: true },
    requests: () => [registrations('limited')],
  },
  {
    ...{ id: 'ne', title: 'POST /v1/public-profiles, cached, service key', redis: true },
    requests: (people, key) => [
      {
        ...{ method: 'POST', path: '/v1/public-profiles' },
        headers: { ...bearer(key), ...JSON_TYPE },
        body: JSON.stringify({ ids: people.map(({ id }) => id) }),
      },
    ],
  },
];
/** Counting may cost a tenth of the rate at most. */
const TARGET = 0.9;

/** Measures the requests of the rows a, b, c and e with limits on, beside the same service with limits off. */
export async function measureLimits(context: Context): Promise<Result[]> {
  const redis = await startRedis();
  const onRedis = { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) };
  try {
    const results: Result[] = [];
    for (const load of LOADS) {
      const env = { ...onDatabase(context.database), ...(load.redis ? onRedis : {}) };
      results.push(await measureLoad(context, load, env));
    }
    return results;
  } finally {
    await redis.stop();
  }
}

async function measureLoad(
  context: Context,
  load: Load,
  env: Readonly<Record<string, string>>,
): Promise<Result> {
  const limited = await startService({ ...env, ...WIDE_LIMITS });
  try {
    const unlimited = await startService(env);
    try {
      const people = await context.people.on(limited);
      const requests = load.requests(people, await limited.createKey(['users:read']));
      const { seconds } = context.options;
      const connections =
        load.hashes === true ? 4 * availableParallelism() : context.options.connections;
      const side = ({ url, pid }: Service, title: string): Side =>
        loadSide(
          context.generator,
          { title, pid },
          () => ({ ...{ kind: 'closed', url, connections, seconds }, requests }),
          // A request that would wait too long for its hash.
          { refusals: load.hashes === true ? [503] : [] },
        );
      return await compare(
        context,
        { id: load.id, target: TARGET },
        {
          service: side(limited, `${load.title}, limits on`),
          floor: side(unlimited, 'the same service, limits off'),
        },
      );
    } finally {
      await unlimited.stop();
    }
  } finally {
    await limited.stop();
  }
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}
