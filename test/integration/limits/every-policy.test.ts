import { expect, test } from 'vitest';
import type { AccountPolicy } from '../../../src/application/limits/limits.ts';
import { POLICY_NAMES, type PolicyName } from '../../../src/application/limits/policies.ts';
import { type Answer, type Api, createApi, createPerson } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';

const PROXY = '10.0.0.1';

/** Requests of clients in different networks. */
function createClients({ app }: Api) {
  let clients = 0;
  return (path: string, payload: object, address?: string): Promise<Answer> => {
    clients += 1;
    return app.http.inject({
      method: 'POST',
      url: path,
      remoteAddress: PROXY,
      headers: { 'x-forwarded-for': address ?? `203.0.${clients}.9` },
      payload,
    });
  };
}

type Send = ReturnType<typeof createClients>;

/** Two requests that count against the policy, and a third that does not. */
type Case = (send: Send, api: Api) => Promise<readonly (() => Promise<Answer>)[]>;

const CLIENT = '198.51.100.7';
const wrong = 'a wrong guess at it';

async function refreshTokens(api: Api, count: number): Promise<string[]> {
  const account = await api.register();
  const grants = [];
  for (let made = 0; made < count; made += 1) grants.push(await api.signIn(account));
  return grants.map(({ refresh_token: token }) => token);
}

const signIn = (send: Send, email: string, address?: string) => () =>
  send('/v1/sessions', { email, password: wrong }, address);

/** Policies that count mails when they are made and refuse no request: `verification/mail-budgets.test.ts` has them. */
const OF_MAILS = {
  reset_account: true,
  verification_account: true,
} satisfies Record<AccountPolicy, true>;

type RefusingPolicy = Exclude<PolicyName, AccountPolicy>;

const refusing = POLICY_NAMES.filter((name): name is RefusingPolicy => !(name in OF_MAILS));

/** What triggers each policy while all others have their defaults. A new policy needs a case here. */
const CASES: Readonly<Record<RefusingPolicy, Case>> = {
  sign_in_client: async (send) => [
    signIn(send, 'a@example.com', CLIENT),
    signIn(send, 'b@example.com', CLIENT),
    signIn(send, 'b@example.com'),
  ],
  sign_in_pair: async (send) => [
    signIn(send, 'a@example.com', CLIENT),
    signIn(send, 'a@example.com', CLIENT),
    signIn(send, 'b@example.com', CLIENT),
  ],
  sign_in_global: async (send) => [
    signIn(send, 'a@example.com'),
    signIn(send, 'b@example.com'),
    () => send('/v1/users', createPerson()),
  ],
  refresh_client: async (send, api) => {
    const [one, two, three] = await refreshTokens(api, 3);
    const refresh = (token: string | undefined, address?: string) => () =>
      send('/v1/sessions/refresh', { refresh_token: token }, address);
    return [refresh(one, CLIENT), refresh(two, CLIENT), refresh(three)];
  },
  registration_client: async (send) => [
    () => send('/v1/users', createPerson(), CLIENT),
    () => send('/v1/users', createPerson(), CLIENT),
    () => send('/v1/users', createPerson()),
  ],
  reset_client: async (send) => [
    () => send('/v1/password-resets', { email: 'a@example.com' }, CLIENT),
    () => send('/v1/password-resets', { email: 'b@example.com' }, CLIENT),
    () => send('/v1/password-resets', { email: 'b@example.com' }),
  ],
  service_account: async (_send, api) => {
    const [one, other] = [
      await api.createService('users:read'),
      await api.createService('users:read'),
    ];
    const read = (token: string) => () => api.send('GET', '/v1/users', { token });
    return [read(one.key), read(one.key), read(other.key)];
  },
  global: async (send, api) => {
    const account = await api.register();
    const { device_token: device } = (await api.trySignIn(account.email, account.password)).json();
    return [
      signIn(send, 'a@example.com'),
      () => send('/v1/password-resets', { email: 'b@example.com' }),
      // A known device is let in while the whole service is beyond its limit.
      () => send('/v1/sessions', { ...account, id: undefined, device_token: device }),
    ];
  },
};

/** Requests that the preparation of a case counts against its own policy. */
const PREPARED: Readonly<Partial<Record<PolicyName, number>>> = { global: 2 };

test.each(refusing)('%s refuses alone, and only what it counts', async (policy) => {
  const name = `LIMITS_${policy.toUpperCase()}`;
  const app = await useTestApp({
    database: 'embedded',
    env: {
      LIMITS_ENABLED: 'true',
      SERVER_TRUSTED_PROXIES: `${PROXY}/32`,
      [`${name}_RATE`]: '1',
      [`${name}_PER`]: '1h',
      [`${name}_BURST`]: String(1 + (PREPARED[policy] ?? 0)),
    },
  });
  const api = createApi(app);
  const [first, second, other] = await CASES[policy](createClients(api), api);
  const allowed = await first?.();
  expect(allowed?.statusCode, allowed?.body).toBeLessThan(429);
  const refused = await second?.();
  expect([refused?.statusCode, refused?.json().code]).toEqual([429, 'rate_limited']);
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(60);
  const beside = await other?.();
  expect(beside?.statusCode, beside?.body).toBeLessThan(429);
  const { body } = await app.http.inject('/metrics');
  const counts = [...body.matchAll(/^user_service_rate_limited_total\{policy="(\w+)"\} (\d+)$/gm)];
  expect(counts.flatMap(([, label, count]) => (count === '0' ? [] : [[label, count]]))).toEqual([
    [policy, '1'],
  ]);
});
