import { availableParallelism } from 'node:os';
import { compare, type Side } from '../compare.ts';
import { type Context, onDatabase, type Result } from '../context.ts';
import { runFloor } from '../floors/start.ts';
import { type LoadRequest, loadSide } from '../load-generator.ts';
import { registration } from '../people.ts';
import { startService } from '../service.ts';

/** The service's defaults. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash takes tens of milliseconds. */
const MIN_SECONDS = 2;
const QUICK_MIN_SECONDS = 1;
/** A request that would wait too long for its hash is refused; only the others count. */
const OVERLOADED = [503];
const JSON_TYPE = { 'content-type': 'application/json' };

/** Measures sign-in and registration beside the hash that both need. */
export async function measurePasswords(context: Context): Promise<Result[]> {
  const least = context.options.quick ? QUICK_MIN_SECONDS : MIN_SECONDS;
  const seconds = Math.max(context.options.seconds, least);
  const concurrency = 4 * availableParallelism();
  const floor: Side = {
    title: `Argon2id alone, ${concurrency} at once`,
    slice: () => runFloor({ kind: 'argon2', seconds, concurrency, parameters: ARGON2 }),
  };
  const service = await startService(onDatabase(context.database));
  try {
    const people = await context.people.on(service);
    const side = (title: string, requests: readonly LoadRequest[]): Side =>
      loadSide(
        context.generator,
        { title, pid: service.pid },
        () => ({
          ...{ kind: 'closed', url: service.url, connections: concurrency, seconds },
          requests,
        }),
        { refusals: OVERLOADED },
      );
    const signIn = side(
      'POST /v1/sessions (sign-in)',
      people.map(({ email, password }) => ({
        ...{ method: 'POST', path: '/v1/sessions', headers: JSON_TYPE },
        body: JSON.stringify({ email, password }),
      })),
    );
    const register = side('POST /v1/users (registration)', [
      {
        ...{ method: 'POST', path: '/v1/users', headers: JSON_TYPE },
        body: registration('new-{{n}}@example.com'),
      },
    ]);
    return [
      await compare(context, { id: 'c1', target: 0.9 }, { service: signIn, floor }),
      await compare(context, { id: 'c2', target: 0.9 }, { service: register, floor }),
    ];
  } finally {
    await service.stop();
  }
}
