import { availableParallelism } from 'node:os';
import { startRedis } from '../../test/support/redis-server.ts';
import { compare, type Side } from '../compare.ts';
import { type Context, onDatabase, type Result } from '../context.ts';
import { runFloor } from '../floors/start.ts';
import { type LoadRequest, loadSide } from '../load-generator.ts';
import { registration } from '../people.ts';
import { type Service, startService } from '../service.ts';

/** The service's defaults. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash takes tens of milliseconds. */
const MIN_SECONDS = 2;
const QUICK_MIN_SECONDS = 1;
/** A request that would wait too long for its hash is refused; only the others count. */
const OVERLOADED = [503];
const JSON_TYPE = { 'content-type': 'application/json' };

/** Limits that count each sign-in and refuse none: one client sends them all. */
const WIDE_LIMITS = {
  LIMITS_ENABLED: 'true',
  ...Object.fromEntries(
    ['SIGN_IN_CLIENT', 'SIGN_IN_PAIR', 'SIGN_IN_GLOBAL', 'GLOBAL'].flatMap((policy) => [
      [`LIMITS_${policy}_RATE`, '1000000'],
      [`LIMITS_${policy}_BURST`, '1000000'],
    ]),
  ),
};

/** Measures sign-in, with and without limits, and registration beside the hash that all need. */
export async function measurePasswords(context: Context): Promise<Result[]> {
  const least = context.options.quick ? QUICK_MIN_SECONDS : MIN_SECONDS;
  const seconds = Math.max(context.options.seconds, least);
  const concurrency = 4 * availableParallelism();
  const floor: Side = {
    title: `Argon2id alone, ${concurrency} at once`,
    slice: () => runFloor({ kind: 'argon2', seconds, concurrency, parameters: ARGON2 }),
  };
  const side = (service: Service, title: string, requests: readonly LoadRequest[]): Side =>
    loadSide(
      context.generator,
      { title, pid: service.pid },
      () => ({
        ...{ kind: 'closed', url: service.url, connections: concurrency, seconds },
        requests,
      }),
      { refusals: OVERLOADED },
    );
  /** @param counted where limits are counted */
  const signIns = async (id: string, counted: string, env: Readonly<Record<string, string>>) => {
    const service = await startService({ ...onDatabase(context.database), ...env });
    try {
      const people = await context.people.on(service);
      const requests = people.map(({ email, password }) => ({
        ...{ method: 'POST', path: '/v1/sessions', headers: JSON_TYPE },
        body: JSON.stringify({ email, password }),
      }));
      const title = `POST /v1/sessions (sign-in), ${counted}`;
      return await compare(
        context,
        { id, target: 0.9 },
        { service: side(service, title, requests), floor },
      );
    } finally {
      await service.stop();
    }
  };
  const registrations = async () => {
    const service = await startService(onDatabase(context.database));
    try {
      const register = side(service, 'POST /v1/users (registration)', [
        {
          ...{ method: 'POST', path: '/v1/users', headers: JSON_TYPE },
          body: registration('new-{{n}}@example.com'),
        },
      ]);
      return await compare(context, { id: 'c2', target: 0.9 }, { service: register, floor });
    } finally {
      await service.stop();
    }
  };
  const redis = await startRedis();
  try {
    return [
      await signIns('c1', 'limits off', {}),
      await registrations(),
      await signIns('c3', 'limits in memory', WIDE_LIMITS),
      await signIns('c4', 'limits on Redis', {
        ...WIDE_LIMITS,
        REDIS_HOST: redis.host,
        REDIS_PORT: String(redis.port),
      }),
    ];
  } finally {
    await redis.stop();
  }
}
