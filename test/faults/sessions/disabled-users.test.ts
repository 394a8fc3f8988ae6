import { expect, test } from 'vitest';
import type { Account } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { findLetIn, startTwoInstances, type TwoInstances } from './support.ts';

const reason = 'Reported as taken over';
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '1');

async function govern({ here }: TwoInstances, id: string, verb: string, body: object = { reason }) {
  const { key } = await here.createService('users:admin');
  const answer = await here.send('POST', `/v1/users/${id}/${verb}`, { token: key, body });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

const statusOf = async ({ here }: TwoInstances, account: Account): Promise<number> =>
  (await here.trySignIn(account.email, account.password)).statusCode;

test.each(['disable', 'expire-password'])(
  'no session survives 16 sign-ins and refreshes on two instances during %s',
  async (verb) => {
    const instances = await startTwoInstances({});
    const { here, there } = instances;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const account = await here.register();
      const known = await Promise.all(Array.from({ length: 4 }, () => here.signIn(account)));
      const racing = [
        ...Array.from({ length: 16 }, (_, index) =>
          (index % 2 === 0 ? here : there).trySignIn(account.email, account.password),
        ),
        ...known.map(({ refresh_token }) => there.tryRefresh(refresh_token)),
      ];
      await govern(instances, account.id, verb);
      const endedAtMs = performance.now();
      const grants = (await Promise.all(racing))
        .filter(({ statusCode }) => statusCode < 300)
        .map((answer) => answer.json());
      expect(await findLetIn([here, there], [...known, ...grants], endedAtMs, 500)).toEqual([]);
      for (const { refresh_token } of [...known, ...grants]) {
        expect((await there.tryRefresh(refresh_token)).statusCode).toBe(401);
      }
      expect(await here.sql('select id from sessions where user_id = $1', [account.id])).toEqual(
        [],
      );
      // Each session has one event for its start and one for its end.
      const counted = await here.sql<{ type: string; count: number }>(
        `select type, count(distinct data ->> 'session_id')::integer as count, count(*)::integer as events
         from outbox where user_id = $1 and type like 'session.%' group by type`,
        [account.id],
      );
      const [ended, started] = counted.sort((a, b) => a.type.localeCompare(b.type));
      expect(ended).toEqual({ ...started, type: 'session.ended' });
    }
  },
);

test('a disabled user is let in when the clock of PostgreSQL says so, whatever the other clocks say', async () => {
  const instances = await startTwoInstances({ steppableClock: true });
  const { server, here } = instances;
  const account = await here.register();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await govern(instances, account.id, 'disable', { reason, until });
  expect(await statusOf(instances, account)).toBe(401);
  await server.stepClock(3_540);
  expect(await statusOf(instances, account)).toBe(401);
  await server.stepClock(3_660);
  expect(await statusOf(instances, account)).toBe(201);
  // The clock goes back: who was enabled stays so.
  await server.stepClock(0);
  expect(await statusOf(instances, account)).toBe(201);
  const events = (await here.eventsOf(account.id)).filter(({ type }) => type.startsWith('user.'));
  expect(events.map(({ type, user_version }) => [type, user_version])).toEqual([
    ['user.created', 1],
    ['user.disabled', 2],
    ['user.enabled', 3],
  ]);
});

test('a user whose time has come is enabled once by two instances without a sign-in', async () => {
  const instances = await startTwoInstances({ steppableClock: true });
  const { server, here } = instances;
  const account = await here.register();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await govern(instances, account.id, 'disable', { reason, until });
  await server.stepClock(3_660);
  await eventually(
    async () =>
      expect(await here.sql('select status from users where id = $1', [account.id])).toEqual([
        { status: 'active' },
      ]),
    { timeoutMs: 30_000, what: 'the end of the disabling' },
  );
  const types = (await here.eventsOf(account.id)).map(({ type }) => type);
  expect(types).toEqual(['user.created', 'user.disabled', 'user.enabled']);
  const acts = await here.sql(
    'select action, actor_kind, reason from administrative_acts where user_id = $1 order by id',
    [account.id],
  );
  expect(acts).toEqual([
    { action: 'disable', actor_kind: 'service', reason },
    { action: 'enable', actor_kind: 'system', reason: null },
  ]);
});

test('a disabled user is refused on the other instance in time with Redis and NATS down', async () => {
  const down = { REDIS_HOST: '127.0.0.1', REDIS_PORT: '1', NATS_SERVERS: 'nats://127.0.0.1:1' };
  const instances = await startTwoInstances({}, down);
  const { here, there } = instances;
  const account = await here.register();
  const grant = await here.signIn(account);
  expect(await there.statusOf(grant.access_token)).toBe(200);
  await govern(instances, account.id, 'disable');
  const endedAtMs = performance.now();
  expect(await here.statusOf(grant.access_token)).toBe(401);
  expect(await findLetIn([here, there], [grant], endedAtMs, 500)).toEqual([]);
});
