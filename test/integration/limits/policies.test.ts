import { expect, test } from 'vitest';
import { type Answer, createApi, createPerson, goodPassword } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';

/** Limits so wide that only the one that a test narrows can refuse. */
async function useLimitedApi(env: Readonly<Record<string, string>>) {
  const app = await useTestApp({
    database: 'embedded',
    env: { LIMITS_ENABLED: 'true', SERVER_TRUSTED_PROXIES: '10.0.0.0/8', ...env },
  });
  return { api: createApi(app), app };
}

const narrow = (policy: string, burst = 2) => ({
  [`LIMITS_${policy}_RATE`]: '1',
  [`LIMITS_${policy}_PER`]: '1h',
  [`LIMITS_${policy}_BURST`]: `${burst}`,
});

/** A sign-in through a trusted proxy, which names the address of the client. */
async function signInFrom(
  { app }: Awaited<ReturnType<typeof useLimitedApi>>,
  address: string,
  email: string,
  peer = '10.0.0.1',
): Promise<Answer> {
  return await app.http.inject({
    method: 'POST',
    url: '/v1/sessions',
    remoteAddress: peer,
    headers: { 'x-forwarded-for': address },
    payload: { email, password: 'a wrong guess at it' },
  });
}

function refusalOf(answer: Answer) {
  const { status, code, violated_policies: violated } = answer.json();
  return { status, code, violated };
}

test('a client that signs in too often gets 429 with the fields of its policy', async () => {
  const limited = await useLimitedApi(narrow('SIGN_IN_CLIENT'));
  const first = await signInFrom(limited, '192.0.2.1', 'a@example.com');
  expect(first.statusCode).toBe(401);
  expect(first.headers['ratelimit-policy']).toBe('"sign-in";q=2;w=7200');
  expect(first.headers.ratelimit).toMatch(/^"sign-in";r=1;t=3(600|59\d)$/);
  await signInFrom(limited, '192.0.2.1', 'b@example.com');
  const refused = await signInFrom(limited, '192.0.2.1', 'c@example.com');
  expect(refusalOf(refused)).toEqual({ status: 429, code: 'rate_limited', violated: ['sign-in'] });
  const wait = Number(refused.headers['retry-after']);
  expect(wait).toBeGreaterThan(3_500);
  expect(refused.headers.ratelimit).toBe(`"sign-in";r=0;t=${wait}`);
  expect((await signInFrom(limited, '198.51.100.1', 'c@example.com')).statusCode).toBe(401);
});

test('a successful sign-in shows what is left', async () => {
  const { api } = await useLimitedApi(narrow('SIGN_IN_CLIENT', 3));
  const account = await api.register();
  const answer = await api.trySignIn(account.email, account.password);
  expect([answer.statusCode, answer.headers['ratelimit-policy']]).toEqual([
    201,
    '"sign-in";q=3;w=10800',
  ]);
  expect(answer.headers.ratelimit).toMatch(/^"sign-in";r=2;t=\d+$/);
});

test('the addresses of one network share a larger budget', async () => {
  const limited = await useLimitedApi(narrow('SIGN_IN_CLIENT', 1));
  const statuses: number[] = [];
  for (let host = 1; host <= 5; host += 1) {
    const answer = await signInFrom(limited, `192.0.2.${host}`, `${host}@example.com`);
    statuses.push(answer.statusCode);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 429]);
  const inOne64 = await signInFrom(limited, '2001:db8:1:100::1', 'x@example.com');
  expect(inOne64.statusCode).toBe(401);
  const again = await signInFrom(limited, '2001:db8:1:100::2', 'y@example.com');
  expect(refusalOf(again)).toMatchObject({ status: 429, violated: ['sign-in'] });
  expect((await signInFrom(limited, '2001:db8:1:101::2', 'y@example.com')).statusCode).toBe(401);
});

test('a forwarded address of a peer that is no trusted proxy counts for nothing', async () => {
  const limited = await useLimitedApi(narrow('SIGN_IN_CLIENT', 1));
  const from = (address: string) =>
    signInFrom(limited, address, `${address}@example.com`, '203.0.113.9');
  expect((await from('192.0.2.1')).statusCode).toBe(401);
  expect((await from('198.51.100.1')).statusCode).toBe(429);
});

test('a client that tries one address too often is refused, and the response names no policy', async () => {
  const limited = await useLimitedApi(narrow('SIGN_IN_PAIR', 1));
  await signInFrom(limited, '192.0.2.1', 'ada@example.com');
  const refused = await signInFrom(limited, '192.0.2.1', 'ADA@example.com');
  expect(refusalOf(refused)).toEqual({ status: 429, code: 'rate_limited', violated: undefined });
  expect(refused.headers.ratelimit).toBeUndefined();
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500);
  expect((await signInFrom(limited, '192.0.2.1', 'eve@example.com')).statusCode).toBe(401);
  expect((await signInFrom(limited, '192.0.2.7', 'ada@example.com')).statusCode).toBe(401);
});

test('a client that refreshes too often is refused before its token is looked at', async () => {
  const { api } = await useLimitedApi(narrow('REFRESH_CLIENT'));
  const account = await api.register();
  const first = await api.signIn(account);
  const second = await api.refresh(first.refresh_token);
  const third = await api.refresh(second.refresh_token);
  const refused = await api.tryRefresh(third.refresh_token);
  expect(refusalOf(refused)).toMatchObject({ status: 429, violated: ['refresh'] });
});

test('registrations and changes of address of a client share a limit, which services do not have', async () => {
  const { api } = await useLimitedApi(narrow('REGISTRATION_CLIENT', 2));
  const account = await api.register();
  const { access_token: token } = await api.signIn(account);
  const change = (email: string) =>
    api.send('PATCH', `/v1/users/${account.id}`, {
      token,
      body: { email, current_password: account.password },
    });
  expect((await change('moved@example.com')).statusCode).toBe(200);
  const refused = await api.send('POST', '/v1/users', { body: createPerson() });
  expect(refusalOf(refused)).toMatchObject({ status: 429, violated: ['registration'] });
  expect(refusalOf(await change('again@example.com'))).toMatchObject({ status: 429 });
  const { key } = await api.createService('users:write');
  const imported = await api.send('POST', '/v1/users', { token: key, body: createPerson() });
  expect(imported.statusCode).toBe(201);
});

test('a service account that sends too much is refused, and shares nothing with another', async () => {
  const { api } = await useLimitedApi(narrow('SERVICE_ACCOUNT'));
  const [busy, other] = [
    await api.createService('users:read'),
    await api.createService('users:read'),
  ];
  const read = (token: string) => api.send('GET', '/v1/users', { token });
  expect((await read(busy.key)).headers.ratelimit).toMatch(/^"service-account";r=1;t=\d+$/);
  await read(busy.key);
  const refused = await read(busy.key);
  expect(refusalOf(refused)).toMatchObject({ status: 429, violated: ['service-account'] });
  expect((await read(other.key)).statusCode).toBe(200);
});

test('the operator is not limited', async () => {
  const { app } = await useLimitedApi(narrow('SIGN_IN_CLIENT', 1));
  const operator = await app.operator();
  for (let count = 0; count < 3; count += 1) {
    const payload = { email: createPerson().email, password: goodPassword };
    const answer = await operator.inject({ method: 'POST', url: '/v1/sessions', payload });
    expect(answer.statusCode).toBe(401);
  }
});
