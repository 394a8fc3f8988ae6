import { type Context, onDatabase, type Result, type Value } from '../context.ts';
import { type LoadReport, type LoadRequest, startLoadGenerator } from '../load-generator.ts';
import type { Person } from '../people.ts';
import { readResidentMb } from '../process-usage.ts';
import { type Service, startService } from '../service.ts';

/** Figures of one run. */
const ROWS = 13;
const SECONDS = 10;
const QUICK_SECONDS = 4;
const FLOOD_PER_SECOND = 1_200;
const OTHER_PER_SECOND = 5;
const READS_PER_SECOND = 200;
/** As many connections as one address may have. */
const FLOOD_CONNECTIONS = 500;
const FLOOD_ADDRESS = '127.0.0.2';
/** Of the first flood, so that the second one meets no counters of it. */
const FIRST_FLOOD_ADDRESS = '127.0.0.9';
const OTHER_ADDRESS = '127.0.0.3';
const REST_MS = 5_000;
const LOOK_EVERY_MS = 100;

/**
 * Measures how one client that floods the sign-in affects another client, reads, and memory, without and with limits. The
 * first flood meets a process that has just started; the second one meets compiled code, as after minutes of service.
 */
export async function measureFlood(context: Context): Promise<Result[]> {
  return [...(await measure(context, 'off', 0)), ...(await measure(context, 'on', ROWS))];
}

/** @param offset number of the row before the first one */
async function measure(context: Context, limits: 'on' | 'off', offset: number): Promise<Result[]> {
  const service = await startService({
    ...onDatabase(context.database),
    LIMITS_ENABLED: String(limits === 'on'),
  });
  try {
    const people = await context.people.on(service);
    const rest = () => new Promise((resolve) => setTimeout(resolve, REST_MS));
    await sendReads(context, service, people);
    const beforeMb = readResidentMb(service.pid);
    context.progress(`l: limits ${limits}, the first flood of the process`);
    const first = await sendFlood(context, service, people, FIRST_FLOOD_ADDRESS);
    await rest();
    context.progress(`l: limits ${limits}, reads without a flood`);
    const idle = await sendReads(context, service, people);
    context.progress(`l: limits ${limits}, ${FLOOD_PER_SECOND} sign-ins a second from one address`);
    const { flood, other, reads, peakMb } = await sendFlood(
      context,
      service,
      people,
      FLOOD_ADDRESS,
    );
    await rest();
    const readsTarget = Math.max(20, 2 * idle.p99Ms);
    const afterMb = readResidentMb(service.pid);
    const value = (
      number: number,
      title: string,
      figure: number,
      unit: Value['unit'],
      target?: number,
    ): Result => ({
      ...{ kind: 'value', id: `l${offset + number}`, value: figure, unit },
      title: `limits ${limits}: ${title}`,
      ...(target === undefined ? {} : { target }),
    });
    return [
      value(1, 'reads without a flood, p50', idle.p50Ms, 'ms'),
      value(2, 'reads without a flood, p99', idle.p99Ms, 'ms'),
      value(3, `reads under ${FLOOD_PER_SECOND} sign-ins a second, p50`, reads.p50Ms, 'ms'),
      value(
        4,
        `reads under ${FLOOD_PER_SECOND} sign-ins a second, p99`,
        reads.p99Ms,
        'ms',
        readsTarget,
      ),
      value(5, 'reads under the flood that succeed', share(reads), '%', 100),
      value(
        6,
        `another client's sign-ins, ${OTHER_PER_SECOND}/s, that succeed`,
        share(other),
        '%',
        100,
      ),
      value(7, 'sign-ins of the flood that succeed', flood.perSecond, '/s'),
      value(
        8,
        'sign-ins of the flood without a response',
        flood.errors / durationOf(context),
        '/s',
      ),
      value(9, 'memory before the first flood', beforeMb, 'MB'),
      value(10, 'memory at its peak', peakMb, 'MB'),
      value(11, `memory ${REST_MS / 1_000} s after`, afterMb, 'MB', 1.2 * beforeMb),
      value(12, 'first flood of a process: reads, p99', first.reads.p99Ms, 'ms'),
      value(13, "first flood of a process: another client's sign-ins", share(first.other), '%'),
    ];
  } finally {
    await service.stop();
  }
}

/** Each client is a process of its own, so that the flood does not delay the others. */
async function sendFlood(
  context: Context,
  service: Service,
  people: readonly Person[],
  address: string,
) {
  const clients = [startLoadGenerator(), startLoadGenerator()] as const;
  let peakMb = 0;
  const look = setInterval(() => {
    peakMb = Math.max(peakMb, readResidentMb(service.pid));
  }, LOOK_EVERY_MS);
  const signIns = people.map(
    ({ email, password }): LoadRequest => ({
      ...{ method: 'POST', path: '/v1/sessions', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ email, password }),
    }),
  );
  const seconds = durationOf(context);
  const common = { kind: 'open', url: service.url, seconds, requests: signIns } as const;
  try {
    const [flood, other, reads] = await Promise.all([
      clients[0].run({
        ...{ ...common, rate: FLOOD_PER_SECOND, connections: FLOOD_CONNECTIONS },
        addresses: [address],
      }),
      clients[1].run({
        ...{ ...common, rate: OTHER_PER_SECOND, connections: 20 },
        addresses: [OTHER_ADDRESS],
      }),
      sendReads(context, service, people),
    ]);
    return { flood, other, reads, peakMb };
  } finally {
    clearInterval(look);
    for (const client of clients) client.stop();
  }
}

async function sendReads(
  context: Context,
  { url }: Service,
  people: readonly Person[],
): Promise<LoadReport> {
  return await context.generator.run({
    ...{ kind: 'open', url, connections: 50, rate: READS_PER_SECOND, seconds: durationOf(context) },
    requests: people.map(({ token }) => ({
      ...{ method: 'GET', path: '/v1/me', headers: { authorization: `Bearer ${token}` } },
    })),
  });
}

function durationOf({ options }: Context): number {
  return options.quick ? QUICK_SECONDS : SECONDS;
}

/** Successes of all requests, in percent. */
function share({ count, errors, statuses }: LoadReport): number {
  const responses = Object.values(statuses).reduce((sum, number) => sum + number, 0);
  return (100 * count) / (responses + errors);
}
