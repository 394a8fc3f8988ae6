import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeUserServiceOptions, fakeUserService } from './fake-user-service.ts';

async function useFake(options: FakeUserServiceOptions = {}) {
  const fake = await fakeUserService(options);
  onTestFinished(() => fake.stop());
  const { key } = await fake.createServiceAccount();
  const get = async (path: string, credentials = key, headers: Record<string, string> = {}) =>
    await fetch(fake.url + path, {
      headers: { authorization: `Bearer ${credentials}`, ...headers },
    });
  const introspect = async (token: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${fake.url}/v1/tokens/introspect`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  return { fake, get, introspect };
}

describe('tokens of the fake', () => {
  it('verify with the key set, and after the key was replaced too', async () => {
    const { fake } = await useFake({ audience: 'orders' });
    const keys = createRemoteJWKSet(new URL(`${fake.url}/.well-known/jwks.json`), {
      cooldownDuration: 0,
    });
    const user = fake.addUser();
    const first = fake.tokenFor(user);
    fake.rotateSigningKey();
    for (const token of [first, fake.tokenFor(user)]) {
      const { payload } = await jwtVerify(token, keys, {
        ...{ issuer: fake.issuer, audience: 'orders', typ: 'at+jwt', algorithms: ['EdDSA'] },
      });
      expect(payload).toMatchObject({ sub: user.id, client_id: 'first-party' });
      expect(payload.scope).toBeUndefined();
    }
  });

  it('expire when the time of the fake has come', async () => {
    const startMs = 1_900_000_000_000;
    const { fake, introspect } = await useFake({ now: () => startMs });
    const token = fake.tokenFor(fake.addUser(), { expiresIn: 60, scopes: ['orders:read'] });
    expect(await introspect(token)).toMatchObject({
      ...{ active: true, scope: 'orders:read', exp: 1_900_000_060 },
    });
    fake.advance(59_999);
    expect(await introspect(token)).toMatchObject({ active: true });
    fake.advance(1);
    expect(fake.now()).toBe(startMs + 60_000);
    expect(await introspect(token)).toEqual({ active: false });
    expect(() => fake.advance(-1)).toThrow(RangeError);
  });

  it('end with their session, with those of their user, and with those of all users', async () => {
    const { fake, get, introspect } = await useFake();
    const [ada, bo, cy] = [fake.addUser(), fake.addUser(), fake.addUser()];
    const ended = fake.tokenFor(ada);
    const other = fake.tokenFor(ada);
    fake.endSession(ended);
    expect(await introspect(ended)).toEqual({ active: false });
    expect((await get('/v1/me', ended)).status).toBe(401);
    expect((await get('/v1/me', other)).status).toBe(200);
    expect(() => fake.endSession(ended)).toThrow('no such session');

    const ofBo = Array.from({ length: 11 }, () => fake.tokenFor(bo));
    fake.disable(bo);
    expect(await introspect(ofBo[0] ?? '')).toEqual({ active: false });
    expect(() => fake.tokenFor(bo)).toThrow('disabled');
    fake.enable(bo);
    const later = fake.tokenFor(bo);
    expect(await introspect(later)).toMatchObject({ active: true });

    const ofCy = fake.tokenFor(cy);
    fake.revokeAll();
    expect(await introspect(ofCy)).toEqual({ active: false });
    const set = (await (await get('/v1/revocations')).text()).trim().split('\n');
    const entries = set.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries).toMatchObject([
      { kind: 'session' },
      { kind: 'user', id: bo.id },
      { kind: 'all', id: null },
      { position: expect.stringMatching(/^3-/) },
    ]);
    // A sign-in in the second of a revocation gets a later `iat`.
    const claims = JSON.parse(Buffer.from(later.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.iat).toBe(Number(entries[1]?.not_before) + 1);
  });

  it('of services have no session, and the scopes of their account', async () => {
    const { fake, get, introspect } = await useFake();
    const account = await fake.createServiceAccount(['users:read']);
    const token = fake.tokenForService(account);
    expect(await introspect(token)).toMatchObject({ sub: account.id, scope: 'users:read' });
    expect(await introspect(token)).not.toHaveProperty('sid');
    const user = fake.addUser();
    expect((await get(`/v1/users/${user.id}`, token)).status).toBe(200);
    expect((await get('/v1/users/export', token)).status).toBe(403);
  });
});

describe('feeds of the fake', () => {
  it('wait for the first event, and stream what comes', async () => {
    const { fake, get } = await useFake();
    const waiting = get('/v1/events?after=0&wait=20s');
    const stream = await get('/v1/events', undefined, { accept: 'text/event-stream' });
    const user = fake.addUser();
    const page = await (await waiting).text();
    expect(JSON.parse(page)).toMatchObject({
      ...{ type: 'user-service.user.created.v1', subject: user.id, sequence: '1' },
    });
    const emitted = fake.emit({ type: 'user.promoted', userId: user.id, data: { to: 'gold' } });
    expect(emitted).toMatchObject({ userversion: 1, sequence: '2' });
    const seen = await readUntil(stream, 'gold');
    expect(seen).toMatch(
      /^retry: 2000\n\nid: 1-[0-9a-f]{8}\ndata: .*\n\nid: 2-[0-9a-f]{8}\ndata: /,
    );
  });

  it('end a wait when the time of the fake has come', async () => {
    const { fake, get } = await useFake();
    const waiting = get('/v1/revocations?after=0&wait=20s');
    const answered = waiting.then(async (response) => await response.text());
    // The request is there before the time moves.
    while (fake.requestCount('/v1/revocations') === 0) await new Promise(setImmediate);
    fake.advance(20_000);
    expect(await answered).toBe('');
  });

  it('show revocations as they come, and say what was sent', async () => {
    const { fake, get } = await useFake();
    const user = fake.addUser();
    const token = fake.tokenFor(user);
    const stream = await get('/v1/revocations', undefined, { accept: 'text/event-stream' });
    fake.endSession(token);
    expect(await readUntil(stream, '"kind":"session"')).toContain('event: position\nid: 0\n');
  });

  it('forget an entry when its tokens have expired', async () => {
    const { fake, get } = await useFake();
    fake.endSession(fake.tokenFor(fake.addUser()));
    fake.advance(721_000);
    const set = await (await get('/v1/revocations')).text();
    expect(set).toMatch(/^\{"position":"1-[0-9a-f]{8}"\}\n$/);
  });

  it('answer 410 for what they have forgotten, and 503 while the fake is not available', async () => {
    const { fake, get } = await useFake();
    for (let count = 0; count < 3; count += 1) fake.addUser();
    fake.forgetFeeds();
    const gone = await get('/v1/events?after=1');
    expect(gone.status).toBe(410);
    expect(await gone.json()).toMatchObject({ code: 'position_gone', oldest: '2' });
    expect((await get('/v1/events?after=2')).status).toBe(200);
    fake.setAvailable(false);
    const refused = await get('/v1/events');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    fake.setAvailable(true);
    expect((await get('/v1/events')).status).toBe(200);
  });

  it('tell of every change of a user, with the version', async () => {
    const { fake, get } = await useFake();
    const { id } = fake.addUser({ first_name: 'Ada' });
    fake.updateUser(id, { first_name: 'Eda', last_name: 'Lund' });
    fake.updateUser(id, { email: 'eda@example.com' });
    fake.disable(id);
    fake.enable(id);
    fake.deleteUser(id);
    const lines = (await (await get('/v1/events')).text()).trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ type, userversion }) => `${type} ${userversion}`)).toEqual([
      'user-service.user.created.v1 1',
      'user-service.user.updated.v1 2',
      'user-service.user.email_changed.v1 3',
      'user-service.user.disabled.v1 4',
      'user-service.user.enabled.v1 5',
      'user-service.user.deleted.v1 6',
    ]);
    expect(events[1]?.data).toEqual({ changed_fields: ['first_name', 'last_name'] });
    expect((await get(`/v1/users/${id}`)).status).toBe(404);
  });
});

it('webhooks of the fake are signed, once for each event that the endpoint takes', async () => {
  const received: { headers: Record<string, string>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    received.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(received.length === 1 ? 204 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { fake } = await useFake();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const { secret } = fake.addWebhookEndpoint(url, ['user.created', 'user.deleted']);
  const user = fake.addUser();
  await fake.webhookDeliveries();
  fake.updateUser(user, { last_name: 'Lund' });
  fake.deleteUser(user);
  const deliveries = await fake.webhookDeliveries();
  expect(deliveries.map(({ status, event }) => `${event.type} ${status}`)).toEqual([
    'user-service.user.created.v1 204',
    'user-service.user.deleted.v1 500',
  ]);
  const webhook = new Webhook(secret);
  for (const { headers, body } of received) {
    expect(webhook.verify(body, headers)).toMatchObject({ subject: user.id });
  }
});

/** What a stream has sent when it contains the text. */
async function readUntil(response: Response, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let seen = '';
  for await (const part of response.body ?? []) {
    seen += decoder.decode(part, { stream: true });
    if (seen.includes(text)) return seen;
  }
  throw new Error(`the stream ended without ${text}: ${seen}`);
}
