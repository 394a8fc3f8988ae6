import { availableParallelism } from 'node:os';
import type { ConnectionOptions } from '../../test/support/postgres-server.ts';
import { startRedis } from '../../test/support/redis-server.ts';
import { compare, type Side } from '../compare.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { runFloor } from '../floors/start.ts';
import { type LoadRequest, loadSide } from '../load-generator.ts';
import { runPgbench } from '../pgbench.ts';
import { type Service, startService } from '../service.ts';
import { registrations, signInsOf, WIDE_LIMITS } from './limits.ts';
import { insertFloorUsers } from './session-scripts.ts';
import { signInScript } from './sign-in-script.ts';

/** The service's defaults. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash takes tens of milliseconds. */
const MIN_SECONDS = 2;
const QUICK_MIN_SECONDS = 1;
/** A request that would wait too long for its hash is refused; only the others count. */
const OVERLOADED = [503];
const CONCURRENCY = 4 * availableParallelism();
/** Connections of the service's pool. */
const CLIENTS = 10;

/** One row: a service with this environment on this database, and its floor. */
interface Setting {
  readonly id: string;
  readonly database: ConnectionOptions;
  readonly env?: Readonly<Record<string, string>>;
  readonly floor: Side;
  readonly title: string;
  requests(service: Service): Promise<readonly LoadRequest[]>;
}

/** Measures sign-in and registration beside the hash that both need, and limited sign-ins beside all that they need. */
export async function measurePasswords(context: Context): Promise<Result[]> {
  const seconds = secondsOf(context);
  const hashes: Side = {
    title: `Argon2id alone, ${CONCURRENCY} at once`,
    slice: () =>
      runFloor({ kind: 'argon2', seconds, concurrency: CONCURRENCY, parameters: ARGON2 }),
  };
  const { database, people } = context;
  const copy = await copyWithPeople(context, 'bench_sign_ins');
  await context.postgres.query(insertFloorUsers(), copy.database.database);
  const signIn = 'POST /v1/sessions (sign-in)';
  const limited = {
    database: copy.database,
    floor: signInFloor(copy.database, seconds, hashes),
    requests: async (service: Service) => signInsOf(await copy.people.on(service)),
  };
  const redis = await startRedis();
  const onRedis = { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) };
  try {
    return [
      await measure(context, {
        ...{ id: 'c1', database, floor: hashes, title: `${signIn}, limits off` },
        requests: async (service) => signInsOf(await people.on(service)),
      }),
      await measure(context, {
        ...{ id: 'c2', database, floor: hashes, title: 'POST /v1/users (registration)' },
        requests: async () => [registrations('new')],
      }),
      await measure(context, {
        ...{ id: 'c3', title: `${signIn}, limits in memory`, env: WIDE_LIMITS, ...limited },
      }),
      await measure(context, {
        ...{ id: 'c4', title: `${signIn}, limits on Redis`, ...limited },
        env: { ...WIDE_LIMITS, ...onRedis },
      }),
    ];
  } finally {
    await redis.stop();
  }
}

async function measure(context: Context, setting: Setting): Promise<Result> {
  const { id, title, floor } = setting;
  const service = await startService({ ...onDatabase(setting.database), ...setting.env });
  try {
    const requests = await setting.requests(service);
    const side = loadSide(
      context.generator,
      { title, pid: service.pid },
      () => ({
        ...{ kind: 'closed', url: service.url, connections: CONCURRENCY },
        ...{ seconds: secondsOf(context), requests },
      }),
      { refusals: OVERLOADED },
    );
    return await compare(context, { id, target: 0.9 }, { service: side, floor });
  } finally {
    await service.stop();
  }
}

function secondsOf({ options }: Context): number {
  return Math.max(options.seconds, options.quick ? QUICK_MIN_SECONDS : MIN_SECONDS);
}

/**
 * The hash and the transactions of a sign-in, each alone on the machine for half of a slice. Both use all cores, so a
 * sign-in costs at least the sum of their times.
 */
function signInFloor(database: ConnectionOptions, seconds: number, hashes: Side): Side {
  return {
    title: `${hashes.title}; then pgbench, ${CLIENTS} clients: the statements of a sign-in`,
    async slice() {
      const hash = await hashes.slice();
      const statements = await runPgbench(database, {
        ...{ lines: signInScript(), clients: CLIENTS },
        length: { seconds: Math.max(1, Math.round(seconds)) },
      });
      return {
        perSecond: 1 / (1 / hash.perSecond + 1 / statements.perSecond),
        cpuUs: null,
        p50Ms: hash.p50Ms + statements.p50Ms,
        p99Ms: hash.p99Ms + statements.p99Ms,
      };
    },
  };
}
