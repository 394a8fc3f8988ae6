import { setImmediate as turn } from 'node:timers/promises';
import type { Context, Result } from '../context.ts';
import { type AdversarialRequest, adversarialRequests } from './adversarial-requests.ts';
import { type AdversarialServer, createAdversarialServer } from './adversarial-server.ts';

const WARM_UPS = 5;
/** Requests between two readings of the CPU time. */
const BATCH = 10;
/** A request takes the median of its batches, so that a collection of garbage does not decide. */
const BATCHES = 3;
/** The slowest requests of a first pass are measured again, with warm code. */
const MEASURED_AGAIN = 10;
const AGAIN_BATCHES = 15;
const TARGET_MS = 2;

/** Measures the CPU time that the slowest request of each public route takes. */
export async function measureSlowestRequests({ progress }: Context): Promise<Result[]> {
  const server = await createAdversarialServer();
  try {
    const results: Result[] = [];
    for (const route of server.routes) {
      if (route.access !== 'public' && route.operationId !== 'getPublicProfiles') continue;
      const title = `${route.method} ${route.path}`;
      const requests = adversarialRequests(route, server.accessToken);
      progress(`g: ${title}, ${requests.length} requests`);
      results.push({
        ...{ kind: 'slowest', id: 'g', title, targetMs: TARGET_MS, requests: requests.length },
        ...(await findSlowest(server, requests)),
      });
    }
    return results;
  } finally {
    await server.fastify.close();
  }
}

async function findSlowest(server: AdversarialServer, requests: readonly AdversarialRequest[]) {
  const first: { request: AdversarialRequest; ms: number }[] = [];
  for (const request of requests) {
    first.push({ request, ms: await cpuTime(server, request, BATCHES) });
  }
  first.sort((one, other) => other.ms - one.ms);
  let slowest = { request: '', status: 0, ms: 0 };
  for (const { request } of first.slice(0, MEASURED_AGAIN)) {
    const ms = await cpuTime(server, request, AGAIN_BATCHES);
    if (ms <= slowest.ms) continue;
    slowest = { request: request.name, status: await send(server, request), ms };
  }
  const plain = requests[0];
  return { ...slowest, plainMs: plain ? await cpuTime(server, plain, AGAIN_BATCHES) : Number.NaN };
}

/** CPU time of one request in milliseconds, of all threads of this process. */
async function cpuTime(
  server: AdversarialServer,
  request: AdversarialRequest,
  batches: number,
): Promise<number> {
  for (let count = 0; count < WARM_UPS; count += 1) await send(server, request);
  const times: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const before = process.cpuUsage();
    for (let count = 0; count < BATCH; count += 1) await send(server, request);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000 / BATCH);
    // Injected requests need no turn of the event loop, and what waits for one would keep their responses in memory.
    await turn();
  }
  times.sort((one, other) => one - other);
  return times[Math.floor(batches / 2)] ?? 0;
}

/** @throws Error for a response that says the server failed */
async function send(
  { fastify }: AdversarialServer,
  { name, method, url, headers, payload }: AdversarialRequest,
): Promise<number> {
  const { statusCode } = await fastify.inject({
    ...{ method, url, headers },
    ...(payload === undefined ? {} : { payload }),
  });
  if (statusCode >= 500) throw new Error(`${method} ${url}, ${name}: status ${statusCode}`);
  return statusCode;
}
