import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningProcess, startProcess } from '../../test/support/child-process.ts';
import { startNats } from '../../test/support/nats-server.ts';
import { quantile } from '../compare.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { startService } from '../service.ts';

const PROCESSES = 20;
/** Between the ends of two sessions. */
const PACE_MS = 100;
const FEEDS = ['NATS', 'HTTP'] as const;
const PATIENCE_MS = 30_000;
const program = join(import.meta.dirname, '../../test/support/verifier-process.mjs');

/**
 * Measures how soon all of 20 services refuse the token of a session that ended: from the request that ends it. They run
 * on this machine, beside the service, its database and its broker.
 */
export async function measureRefusals(context: Context): Promise<Result[]> {
  const { database, people } = await copyWithPeople(context, 'bench_refusals');
  const nats = await startNats({ jetstream: true });
  const settings = { ...onDatabase(database), NATS_SERVERS: nats.url };
  const service = await startService(settings);
  const processes: RunningProcess[] = [];
  try {
    const key = await service.createKey(['tokens:introspect']);
    const persons = await people.on(service);
    const count = Math.floor(persons.length / FEEDS.length);
    const results: Result[] = [];
    for (const [turn, feed] of FEEDS.entries()) {
      context.progress(`p: ${PROCESSES} services that follow over ${feed}`);
      // A session ends once: each feed has its own.
      const own = persons.slice(turn * count, (turn + 1) * count);
      const tokens = own.map(({ token }) => token);
      const http = { url: service.url, key };
      const started = await Promise.all(
        Array.from({ length: PROCESSES }, () =>
          startProcess(process.execPath, [
            program,
            JSON.stringify({
              ...{ issuer: 'http://bench.test', http },
              jwksUrl: `${service.url}/.well-known/jwks.json`,
              ...(feed === 'NATS' ? { nats: nats.url } : {}),
            }),
          ]),
        ),
      );
      processes.push(...started);
      const delays = await endSessions(service.url, tokens, started);
      for (const child of started) await child.kill();
      results.push(value(feed, 'p50', quantile(delays, 0.5)), {
        ...value(feed, 'p99', quantile(delays, 0.99)),
        target: 100,
      });
    }
    return results;
  } finally {
    for (const child of processes) await child.kill();
    await service.stop();
    await nats.stop();
  }
}

function value(feed: (typeof FEEDS)[number], part: 'p50' | 'p99', ms: number) {
  const id = `p${(feed === 'NATS' ? 4 : 6) + (part === 'p50' ? 0 : 1)}`;
  const title = `end of a session to its refusal by ${PROCESSES} services over ${feed}, ${part}`;
  return { kind: 'value', id, title, value: ms, unit: 'ms' } as const;
}

/** @returns the times until each process refused each token, in milliseconds */
async function endSessions(
  url: string,
  tokens: readonly string[],
  processes: readonly RunningProcess[],
): Promise<number[]> {
  for (const child of processes) {
    const ready = await child.waitForLine(/^ready/, PATIENCE_MS);
    const body = JSON.stringify(tokens);
    await fetch(`${ready.slice('ready '.length)}?watch`, { method: 'POST', body });
  }
  const beganAt = new Map<string, number>();
  for (const token of tokens) {
    beganAt.set(sessionOf(token), performance.timeOrigin + performance.now());
    const headers = { authorization: `Bearer ${token}` };
    const { status } = await fetch(`${url}/v1/sessions/current`, { method: 'DELETE', headers });
    if (status !== 204) throw new Error(`the end of a session: ${status}`);
    await sleep(PACE_MS);
  }
  const refused = /^refused (\S+) at (\S+)$/gm;
  return (
    await Promise.all(
      processes.map(async (child) => {
        await waitFor(() => [...child.stdout().matchAll(refused)].length === tokens.length);
        return [...child.stdout().matchAll(refused)];
      }),
    )
  )
    .flat()
    .map(([, id = '', at]) => Number(at) - (beganAt.get(id) ?? Number.NaN));
}

function sessionOf(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { readonly sid: string }).sid;
}

async function waitFor(condition: () => boolean): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error('a service did not refuse every token');
    await sleep(50);
  }
}
