import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createApi, goodPassword, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { compareSamples } from '../../support/two-samples.ts';

/** Requests for a known and for an unknown address. */
const PAIRS = Number(process.env.FAULTS_PAIRS ?? '200');
const WARM_UPS = 20;
/** Beyond this, chance explains a difference once in 150,000 runs. */
const MAX_T = 4.5;
/** The bound for many pairs; for few ones it is that of chance. */
const MAX_AUC = 0.55;

interface Timed {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** Sends over one connection, and measures until the whole response is there. */
function createClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    post(path: string, body: object): Promise<Timed> {
      const text = JSON.stringify(body);
      return new Promise((resolve, reject) => {
        const startedAt = performance.now();
        const headers = { 'content-type': 'application/json', 'content-length': text.length };
        const sent = request(`${url}${path}`, { agent, method: 'POST', headers }, (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            received += part;
          });
          response.once('end', () => {
            const ms = performance.now() - startedAt;
            resolve({ status: response.statusCode ?? 0, body: received, ms });
          });
        });
        sent.once('error', reject).end(text);
      });
    },
    close: () => agent.destroy(),
  };
}

/** What may differ between two equal refusals. */
function withoutIds({ status, body }: Timed): unknown {
  const { request_id: _, instance: __, ...rest } = JSON.parse(body) as Record<string, unknown>;
  return { status, ...rest };
}

/**
 * Sends pairs in a random order of their two, so that a slow moment meets both alike.
 * @returns the times of known and unknown addresses, in milliseconds
 */
async function measurePairs(
  client: ReturnType<typeof createClient>,
  path: string,
  pair: (index: number) => { readonly known: object; readonly unknown: object },
): Promise<{ readonly known: number[]; readonly unknown: number[] }> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let index = 0; index < WARM_UPS + PAIRS; index += 1) {
    const bodies = pair(index);
    const order =
      Math.random() < 0.5 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    const answers: Partial<Record<'known' | 'unknown', Timed>> = {};
    for (const side of order) answers[side] = await client.post(path, bodies[side]);
    const { known, unknown } = answers as Record<'known' | 'unknown', Timed>;
    expect(withoutIds(known)).toEqual(withoutIds(unknown));
    if (index < WARM_UPS) continue;
    times.known.push(known.ms);
    times.unknown.push(unknown.ms);
  }
  return times;
}

function assertIndistinguishable(
  what: string,
  { known, unknown }: { readonly known: number[]; readonly unknown: number[] },
): void {
  const { t, auc, aucDeviation } = compareSamples(known, unknown);
  const distance = Math.abs(auc - 0.5);
  process.stdout.write(
    `${what}: ${known.length} pairs, t ${t.toFixed(2)}, AUC ${(0.5 + distance).toFixed(3)}\n`,
  );
  expect(Math.abs(t)).toBeLessThan(MAX_T);
  expect(distance).toBeLessThan(Math.max(MAX_AUC - 0.5, MAX_T * aucDeviation));
}

describe('neither answers nor times tell whether an address has an account', () => {
  it('at the sign-in', async () => {
    const app = await useTestApp({ database: 'postgres', env: patientHashing });
    const api = createApi(app);
    const { id } = await api.register();
    // Each address once: further guesses at one address have to wait.
    const people = await api.sql<{ email: string }>(
      `insert into users (id, first_name, last_name, email, password)
       select gen_random_uuid(), first_name, last_name, 'known' || n || '@example.com', password
       from users, generate_series(1, $2::integer) as n
       where id = $1
       returning email`,
      [id, WARM_UPS + PAIRS],
    );
    const { url } = await app.listen();
    const client = createClient(url);
    try {
      const times = await measurePairs(client, '/v1/sessions', (index) => ({
        known: { email: people[index]?.email, password: `${goodPassword}!` },
        unknown: {
          email: `other${index}@example.com`,
          password: `${goodPassword}!`,
        },
      }));
      assertIndistinguishable('sign-in', times);
    } finally {
      client.close();
    }
  });
});
