import { startNats } from '../../test/support/nats-server.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { type Service, startService } from '../service.ts';
import { type BacklogShape, fillOutbox, measureDrain } from './drain.ts';

const EVENTS = 200_000;
const QUICK_EVENTS = 10_000;
const MEASURED_MS = 5_000;
const QUICK_MEASURED_MS = 2_000;
const SHAPES: readonly BacklogShape[] = ['all', 'one user', 'no user'];

const NUMBER_ALL =
  'do $$ begin loop exit when (select numbered from number_events(5000)) = 0; end loop; end $$';

/** Measures the drain of a backlog whose events are of many users, of one user, and of no user. */
export async function measureBacklogs(context: Context): Promise<Result[]> {
  const rates: number[] = [];
  const results: Result[] = [];
  const count = context.options.quick ? QUICK_EVENTS : EVENTS;
  for (const shape of SHAPES) {
    context.progress(`m: a backlog of ${count} events, ${shape}`);
    const rate = await measureShape(context, shape, count);
    rates.push(rate);
    const whose = shape === 'all' ? 'each of another user' : `of ${shape}`;
    const title = `drain of ${count.toLocaleString('en')} events ${whose}`;
    results.push({
      ...{ kind: 'value', id: `m${rates.length}`, title, value: rate, unit: '/s' },
    });
  }
  results.push({
    ...{ kind: 'value', id: 'm4', title: 'slowest of these to fastest', unit: '%', target: 80 },
    value: (100 * Math.min(...rates)) / Math.max(...rates),
  });
  return results;
}

async function measureShape(context: Context, shape: BacklogShape, count: number): Promise<number> {
  const name = `bench_backlog_${SHAPES.indexOf(shape)}`;
  const { database } = await copyWithPeople(context, name);
  const nats = await startNats({ jetstream: true });
  let service: Service | undefined;
  try {
    await fillOutbox(context.postgres, name, count, shape);
    // While NATS is away, the service goes on numbering what is committed.
    await context.postgres.query(NUMBER_ALL, name);
    await context.postgres.query('vacuum analyze outbox', name);
    const env = { ...onDatabase(database), NATS_SERVERS: nats.url };
    const start = async (): Promise<void> => {
      service = await startService(env);
    };
    const most = context.options.quick ? QUICK_MEASURED_MS : MEASURED_MS;
    const { perSecond } = await measureDrain(nats, null, count, start, most);
    return perSecond;
  } finally {
    await service?.stop();
    await nats.stop();
    await context.postgres.dropDatabase(name);
  }
}
