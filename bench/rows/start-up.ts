import { startNats } from '../../test/support/nats-server.ts';
import { startRedis } from '../../test/support/redis-server.ts';
import { createTemporaryDirectory } from '../../test/support/temp-directory.ts';
import { type Context, onDatabase, type Result } from '../context.ts';
import { readResidentMb } from '../process-usage.ts';
import { startService } from '../service.ts';

/** Starts of one kind; the report has their median. */
const STARTS = 5;
const QUICK_STARTS = 2;
/** V8 gives memory back after 8 s with little to do; a service that has just started has still the garbage of its start. */
const IDLE_SECONDS = 30;

/** Measures the duration of a start, and the memory of an idle service. */
export async function measureStartUp(context: Context): Promise<Result[]> {
  return [...(await measureEmbedded(context)), ...(await measureReal(context))];
}

async function measureEmbedded(context: Context): Promise<Result[]> {
  const directory = createTemporaryDirectory('bench');
  try {
    context.progress('f: first start, embedded');
    const first = await startService({}, directory.path);
    const firstMs = first.startMs;
    await first.stop();
    const { startMs, memoryMb } = await repeatStarts(context, 'embedded', {}, directory.path);
    return [
      value('f1', 'First start, everything embedded', firstMs, 'ms'),
      value('f2', 'Later start, everything embedded', startMs, 'ms', 800),
      value('f3', 'Idle memory, everything embedded', memoryMb, 'MB', 200),
    ];
  } finally {
    await directory.remove();
  }
}

async function measureReal(context: Context): Promise<Result[]> {
  const redis = await startRedis();
  const nats = await startNats({ jetstream: true });
  const everything = {
    ...onDatabase(context.database),
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    NATS_SERVERS: nats.url,
  };
  try {
    return await real(context, 'PostgreSQL, Redis and NATS', everything);
  } finally {
    await redis.stop();
    await nats.stop();
  }
}

async function real(
  context: Context,
  servers: string,
  env: Readonly<Record<string, string>>,
): Promise<Result[]> {
  const { startMs, memoryMb } = await repeatStarts(context, servers, env);
  return [
    value('f4', `Start on ${servers}`, startMs, 'ms', 350),
    value('f5', `Idle memory on ${servers}`, memoryMb, 'MB', 90),
  ];
}

async function repeatStarts(
  context: Context,
  what: string,
  env: Readonly<Record<string, string>>,
  directory?: string,
): Promise<{ startMs: number; memoryMb: number }> {
  const times: number[] = [];
  let memoryMb = 0;
  const starts = context.options.quick ? QUICK_STARTS : STARTS;
  for (let start = 1; start <= starts; start += 1) {
    context.progress(`f: ${what}, start ${start} of ${starts}`);
    const service = await startService(env, directory);
    times.push(service.startMs);
    if (start === starts) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1_000));
      memoryMb = readResidentMb(service.pid);
    }
    await service.stop();
  }
  times.sort((a, b) => a - b);
  return { startMs: times[Math.floor(starts / 2)] ?? 0, memoryMb };
}

function value(
  id: string,
  title: string,
  figure: number,
  unit: 'ms' | 'MB',
  target?: number,
): Result {
  return {
    kind: 'value',
    id,
    title,
    value: figure,
    unit,
    ...(target === undefined ? {} : { target }),
  };
}
