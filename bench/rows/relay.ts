import { connect } from '@nats-io/transport-node';
import { type NatsServer, startNats } from '../../test/support/nats-server.ts';
import { compare, measureAlone, quantile, spreadOf } from '../compare.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { runFloor } from '../floors/start.ts';
import { loadSide, runLoad, WARM_UP_SECONDS } from '../load-generator.ts';
import { readCpuMs } from '../process-usage.ts';
import { type Service, startService } from '../service.ts';
import { fillOutbox, measureDrain, STREAM } from './drain.ts';

/** Waiting events of a slice. */
const EVENTS = 25_000;
const QUICK_EVENTS = 4_000;
const CHANGES_PER_SECOND = [200, 500];
const CONNECTIONS = 20;
/** Target for a change, with the publication of its event. */
const MAX_CPU_US = 600;
/** All slices of a rate in one: a percentile needs many changes. */
const DELAY_SLICES = 5;

/** Measures how fast the relay drains a full outbox, and how soon a change reaches a subscriber. */
export async function measureRelay(context: Context): Promise<Result[]> {
  const { postgres, options } = context;
  const nats = await startNats({ jetstream: true });
  try {
    const { database, people } = await copyWithPeople(context, 'bench_relay');
    const service = await startService({ ...onDatabase(database), NATS_SERVERS: nats.url });
    try {
      const count = options.quick ? QUICK_EVENTS : EVENTS;
      const fill = () => fillOutbox(postgres, database.database, count);
      const drain = () => measureDrain(nats, service.pid, count, fill);
      const row = await compare(
        context,
        { id: 'd1', target: 0.6 },
        {
          service: { title: `relay drains ${count} events`, warmUp: drain, slice: drain },
          floor: {
            title: 'acknowledged publishes with the same headers, 256 in flight',
            slice: () => runFloor({ kind: 'publish', url: nats.url, count, likeStream: STREAM }),
          },
        },
      );
      const changed = await people.on(service);
      const delays: Result[] = [];
      for (const rate of CHANGES_PER_SECOND) {
        delays.push(...(await measureDelay(context, nats, service, changed, rate)));
      }
      return [row, ...delays, await measureChanges(context, service, changed)];
    } finally {
      await service.stop();
    }
  } finally {
    await nats.stop();
  }
}

type People = readonly { readonly id: string; readonly token: string }[];

/** As many changes as the service takes, with the publication of their events. */
function measureChanges(context: Context, service: Service, people: People): Promise<Result> {
  const { generator, options } = context;
  const title = `PATCH /v1/users/{id}, ${CONNECTIONS} connections`;
  const load = { kind: 'closed', seconds: options.seconds, ...changesOf(service, people) } as const;
  const side = loadSide(generator, { title, pid: service.pid }, () => load);
  return measureAlone(context, { id: 'd8', maxCpuUs: MAX_CPU_US }, side);
}

function changesOf({ url }: Service, people: People) {
  const requests = people.map(({ id, token }) => ({
    method: 'PATCH',
    path: `/v1/users/${id}`,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/merge-patch+json',
    },
    body: '{"first_name":"Ada {{n}}"}',
  }));
  return { url, connections: CONNECTIONS, requests };
}

/** Measures from the time of the event, taken in its transaction, to its arrival at a plain subscriber. */
async function measureDelay(
  { options, generator, progress }: Context,
  nats: NatsServer,
  service: Service,
  people: People,
  rate: number,
): Promise<Result[]> {
  const client = changesOf(service, people);
  const load = (seconds: number) => runLoad(generator, { ...client, kind: 'open', seconds, rate });
  const connection = await connect({ servers: nats.url });
  try {
    progress(`d: ${rate} changes a second`);
    // At these rates, V8 would not have compiled the code of a change by then.
    await runLoad(generator, { ...client, kind: 'closed', seconds: WARM_UP_SECONDS });
    await load(options.seconds);
    const delaysMs: number[] = [];
    connection.subscribe('users.events.user.updated.>', {
      callback: (_error, message) => {
        const time = message.headers?.get('ce-time');
        if (time) delaysMs.push(Date.now() - Date.parse(time));
      },
    });
    await connection.flush();
    const cpu: number[] = [];
    for (let slice = 1; slice <= DELAY_SLICES; slice += 1) {
      const before = readCpuMs(service.pid);
      const { count } = await load(options.seconds);
      const after = readCpuMs(service.pid);
      if (before !== null && after !== null) cpu.push(((after - before) * 1_000) / count);
    }
    const title = `commit to delivery at ${rate} changes a second`;
    const figures = { kind: 'value', unit: 'ms' } as const;
    const number = 2 + 3 * CHANGES_PER_SECOND.indexOf(rate);
    return [
      { ...figures, id: `d${number}`, title: `${title}, p50`, value: quantile(delaysMs, 0.5) },
      {
        ...{ ...figures, id: `d${number + 1}`, title: `${title}, p99`, target: 15 },
        value: quantile(delaysMs, 0.99),
      },
      ...(cpu.length === 0
        ? []
        : [
            {
              ...({ kind: 'value', id: `d${number + 2}`, unit: 'µs' } as const),
              ...{ title: `CPU of a change at ${rate} a second`, target: MAX_CPU_US },
              value: spreadOf(cpu).median,
            },
          ]),
    ];
  } finally {
    await connection.close();
  }
}
