import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApi, createPerson, goodPassword, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { compareSamples } from '../../support/two-samples.ts';

/** Requests for a known and for an unknown address. */
const PAIRS = Number(process.env.FAULTS_PAIRS ?? '200');
const WARM_UPS = 20;
/** Beyond this, chance explains a difference once in 150,000 runs. */
const MAX_T = 4.5;
/**
 * The bound for the 2,000 pairs of the long form, where chance stays below 0.541. For fewer pairs chance alone goes
 * beyond it, so the bound is wider then: 0.63 for the 200 pairs of the short form.
 */
const MAX_AUC = 0.55;

interface Timed {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
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
        const headers = {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        };
        const sent = request(`${url}${path}`, { agent, method: 'POST', headers }, (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            received += part;
          });
          response.once('end', () => {
            const ms = performance.now() - startedAt;
            const { statusCode: status = 0, headers } = response;
            resolve({ status, headers, body: received, ms });
          });
        });
        sent.once('error', reject).end(text);
      });
    },
    close: () => agent.destroy(),
  };
}

/** Everything but what is different in two equal responses; a test compares `Retry-After` for itself. */
function withoutIds({ status, headers, body }: Timed): unknown {
  const { date: _date, 'x-request-id': _id, 'retry-after': wait, ...shown } = headers;
  const parsed = JSON.parse(body) as Record<string, unknown>;
  const { request_id: _, instance: __, challenge_id: challenge, ...rest } = parsed;
  const has = { challenge: challenge !== undefined, wait: wait !== undefined };
  return { status, shown, rest, has };
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

/** Fast and as strong as OWASP allows: a small hash hides less of what else a request does. */
const env = {
  ...patientHashing,
  REGISTRATION_EXISTING_EMAIL: 'conceal',
  REGISTRATION_REQUIRE_VERIFIED_EMAIL: 'true',
  PASSWORD_ARGON2_MEMORY_KIB: '7168',
  PASSWORD_ARGON2_ITERATIONS: '5',
};

interface Door {
  readonly name: string;
  readonly path: string;
  /** The same for the known and the unknown address, but for the address. */
  readonly body: (email: string) => object;
}

const DOORS: readonly Door[] = [
  {
    name: 'sign-in',
    path: '/v1/sessions',
    body: (email) => ({ email, password: `${goodPassword}!` }),
  },
  { name: 'password reset', path: '/v1/password-resets', body: (email) => ({ email }) },
  { name: 'e-mail verification', path: '/v1/email-verifications', body: (email) => ({ email }) },
  {
    name: 'registration that conceals taken addresses',
    path: '/v1/users',
    body: (email) => createPerson({ email }),
  },
];

describe('neither answers nor times tell whether an address has an account', () => {
  it.each(DOORS.map((door) => [door.name, door] as const))('at the %s', async (name, door) => {
    const { path, body } = door;
    const app = await useTestApp({ hashing: 'configured', database: 'postgres', env });
    const api = createApi(app);
    const password = await hashOf(api);
    // Each address once: further requests with one address have to wait, or get no mail.
    const people = await api.sql<{ email: string }>(
      `insert into users (id, first_name, last_name, email, password, email_verified)
       select gen_random_uuid(), 'Ada', 'Okafor', 'known' || n || '@example.com', $1, $3
       from generate_series(1, $2::integer) as n
       returning email`,
      [password, WARM_UPS + PAIRS, path !== '/v1/email-verifications'],
    );
    const { url } = await app.listen();
    const client = createClient(url);
    try {
      const times = await measurePairs(client, path, (index) => ({
        known: body(people[index]?.email ?? ''),
        unknown: body(`other${index}@example.com`),
      }));
      assertIndistinguishable(name, times);
    } finally {
      client.close();
    }
  });

  it('through the waits and the stop of wrong passwords', async () => {
    const stop = 12;
    const app = await useTestApp({
      hashing: 'configured',
      database: 'postgres',
      env: { ...env, LOCKOUT_STOP: String(stop) },
    });
    const api = createApi(app);
    await api.sql(
      `insert into users (id, first_name, last_name, email, password, email_verified)
       values (gen_random_uuid(), 'Ada', 'Okafor', 'known@example.com', $1, true)`,
      [await hashOf(api)],
    );
    const { url } = await app.listen();
    const client = createClient(url);
    onTestFinished(() => client.close());
    const attempts = () =>
      Promise.all(
        ['known', 'other'].map((name) => {
          const body = { email: `${name}@example.com`, password: `${goodPassword}!` };
          return client.post('/v1/sessions', body);
        }),
      );
    const statuses: number[] = [];
    // Two requests for each failure: one that is judged, and one during the wait that it caused.
    for (let count = 0; count < 2 * (stop + 2); count += 1) {
      const [known, other] = (await attempts()) as [Timed, Timed];
      statuses.push(known.status);
      expect(withoutIds(known)).toEqual(withoutIds(other));
      // The two requests are not at the same instant, so a second may end between them.
      expect(Math.abs(retryAfterOf(known) - retryAfterOf(other))).toBeLessThanOrEqual(1);
      const rows = await api.sql<{ failures: number; wait: number | null }>(
        `select failures, round(extract(epoch from blocked_until - last_at))::integer as wait
         from sign_in_failures`,
      );
      expect(rows).toHaveLength(2);
      expect(rows[1]).toEqual(rows[0]);
      if (count % 2 === 1) {
        await api.sql(
          "update sign_in_failures set blocked_until = now() - interval '1 second' where failures < $1",
          [stop],
        );
      }
    }
    // Free attempts, waits, and the stop, after which no attempt is judged.
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.filter((status) => status === 401)).toHaveLength(stop);
    expect(statuses.at(-1)).toBe(429);
  });
});

/** The hash of a password with the parameters of the service, from a registration. */
async function hashOf(api: ReturnType<typeof createApi>): Promise<string> {
  await api.send('POST', '/v1/users', { body: createPerson() });
  const [row] = await api.sql<{ password: string }>('select password from registration_requests');
  await api.sql('delete from registration_requests');
  return row?.password ?? '';
}

function retryAfterOf({ headers }: Timed): number {
  return Number(headers['retry-after'] ?? 0);
}
