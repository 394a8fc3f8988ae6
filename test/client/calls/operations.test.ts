import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Reply, type UserService, unwrap, userService } from '@user-service/client';
import { type RunningUserService, startUserService } from '@user-service/client/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { OPERATIONS } from '../../../packages/client/src/generated/table.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let service: RunningUserService;
let client: UserService;
let accountId: string;
let key: string;

beforeAll(async () => {
  service = await startUserService({ program: join(root, 'bin', 'user-service.cjs') });
  ({ id: accountId, key } = await service.createServiceAccount());
  client = userService({ url: service.url, key });
});
afterAll(() => service.stop());

/** Before the service: each request reaches it, and the connection of the first one is reset before the response. */
async function loseFirstResponse(): Promise<string> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    const isLost = requests === 1;
    const body = await new Response(request as unknown as ReadableStream).text();
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const answer = await fetch(service.url + request.url, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      body,
    });
    const text = await answer.text();
    if (isLost) return request.socket.resetAndDestroy();
    const replayed = answer.headers.get('idempotent-replayed');
    response
      .writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
        ...(replayed === null ? {} : { 'idempotent-replayed': replayed }),
      })
      .end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a person whose response was lost is registered once', async () => {
  const url = await loseFirstResponse();
  const email = 'once@example.com';
  const password = crypto.randomUUID();
  const person = { first_name: 'Ada', last_name: 'Once', email, password };
  const reply = await userService({ url, firstDelayMs: 1 }).users.register(person);
  expect(reply).toMatchObject({
    ok: true,
    data: { email, version: 1 },
    info: { attempts: 2, replayed: true, maybeRepeated: true },
  });
  const { users } = unwrap(await client.users.list({ email }).page());
  expect(users).toHaveLength(1);
});

test('a user signs in, changes the session, and signs out', async () => {
  const { id, email, password } = await service.addUser();
  const first = unwrap(await client.sessions.signIn({ email, password }));
  const ofUser = { token: first.access_token };
  expect(unwrap(await client.me.get(ofUser)).id).toBe(id);
  expect(unwrap(await client.sessions.list(ofUser)).sessions).toHaveLength(1);
  const { refresh_token } = first;
  const next = unwrap(await client.sessions.refresh({ refresh_token }));
  const ofNext = { token: next.access_token };
  const fresh = unwrap(await client.sessions.reauthenticate({ password }, ofNext));
  const ofFresh = { token: fresh.access_token };
  const wrong = await client.sessions.reauthenticate({ password: crypto.randomUUID() }, ofFresh);
  expect(wrong).toMatchObject({ ok: false, problem: { errors: [{ pointer: '/password' }] } });
  expect(await client.sessions.endCurrent(ofFresh)).toMatchObject({ ok: true, data: undefined });
  expect(await client.me.get(ofFresh)).toMatchObject({ problem: { code: 'invalid_token' } });
  const introspected = await client.tokens.introspect({ token: fresh.access_token });
  expect(unwrap(introspected)).toEqual({ active: false });
});

test('support disables and enables an account, and sees what was done', async () => {
  const { id } = await service.addUser();
  const operator = 'Zoë of support';
  const disabled = await client.users.disable(id, { reason: 'asked' }, { operator });
  expect(unwrap(disabled).status).toBe('disabled');
  expect(unwrap(await client.users.enable(id, { reason: 'asked' })).status).toBe('active');
  const { acts } = unwrap(await client.users.acts(id));
  expect(acts.map((act) => act.operator)).toContain(operator);
  expect(await client.users.delete(id)).toMatchObject({ ok: true });
  expect(await client.users.get(id)).toMatchObject({ problem: { code: 'user_not_found' } });
});

test('mails are requested, and a wrong code is a problem', async () => {
  const { email, password } = await service.addUser();
  const { challenge_id } = unwrap(await client.passwordResets.request({ email }));
  const proof = { challenge_id, code: '000000', new_password: crypto.randomUUID() };
  const reset = await client.passwordResets.confirm(proof);
  expect(reset).toMatchObject({ problem: { code: 'challenge_invalid' } });
  unwrap(await client.verification.request({ email }));
  const { access_token: token } = unwrap(await client.sessions.signIn({ email, password }));
  const change = { email: 'other@example.com' };
  expect(unwrap(await client.emailChanges.request(change, { token })).expires_in).toBeGreaterThan(
    0,
  );
});

test('invitations and webhooks are made, listed and removed', async () => {
  const invitation = unwrap(await client.invitations.create({ email: 'guest@example.com' }));
  const found = [];
  for await (const { id } of client.invitations.list()) found.push(id);
  expect(found).toEqual([invitation.id]);
  unwrap(await client.invitations.revoke(invitation.id));

  const made = await client.webhooks.create({ url: 'https://hooks.example.com/users' });
  const { id } = unwrap(made);
  const { version } = unwrap(await client.webhooks.get(id));
  const update = await client.webhooks.update(id, { enabled: false }, { ifVersion: version });
  expect(unwrap(update).enabled).toBe(false);
  const { id: deliveryId } = unwrap(await client.webhooks.test(id));
  const deliveries = [];
  for await (const delivery of client.webhooks.deliveries(id, { limit: 1 })) {
    deliveries.push(delivery.id);
  }
  expect(deliveries).toContain(deliveryId);
  unwrap(await client.webhooks.delete(id));
  expect(unwrap(await client.webhooks.list()).webhook_endpoints).toEqual([]);
});

test('streams are responses, whose body the caller reads', async () => {
  const { id } = await service.addUser();
  const exported = await unwrap(await client.users.export()).text();
  expect(exported).toContain(id);
  const events = unwrap(await client.events.read({ user: id, types: 'user.created' }));
  expect(events.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
  expect(JSON.parse((await events.text()).split('\n')[0] ?? '')).toMatchObject({ subject: id });
  const stopped = new AbortController();
  const followed = await client.events.read(
    { wait: '20s', after: 'latest' },
    {
      ...{ accept: 'text/event-stream', signal: stopped.signal },
    },
  );
  const body = unwrap(followed).text();
  stopped.abort();
  await expect(body).rejects.toThrow();
  expect(await client.events.read({ after: '999999999-00000000' })).toMatchObject({
    problem: { code: 'position_gone', status: 410 },
  });
  expect(unwrap(await client.tokens.revocations()).status).toBe(200);
});

test('documents and tokens of the service are read', async () => {
  expect(unwrap(await client.tokens.keySet()).keys.length).toBeGreaterThan(0);
  expect(unwrap(await client.oauth.metadata()).issuer).toBe(service.url);
  const grant = { grant_type: 'client_credentials', client_id: accountId, client_secret: key };
  const { access_token } = unwrap(await client.oauth.token(grant));
  expect(unwrap(await client.tokens.introspect({ token: access_token })).active).toBe(true);
  const refused = await client.oauth.token({ ...grant, client_secret: 'usk_of_no_account' });
  expect(refused).toMatchObject({ problem: { status: 401, code: 'invalid_client' } });
  expect(unwrap(await client.operations.live())).toEqual({ status: 'ok' });
  expect(unwrap(await client.operations.ready()).status).toBe('ready');
  expect(unwrap(await client.operations.health()).status).toBe('ok');
  expect(unwrap(await client.operations.metrics())).toContain('# HELP');
  expect(unwrap(await client.docs.openApi())).toHaveProperty('openapi');
  expect(unwrap(await client.docs.page())).toContain('<html');
});

test('what is repeated without a key answers the second request like the first one', async () => {
  const { id, email, password } = await service.addUser();
  const signIn = async () => unwrap(await client.sessions.signIn({ email, password }));
  const { access_token, refresh_token = '' } = await signIn();
  const { refresh_token: ofGrant = '' } = await signIn();
  const calls: Readonly<Record<string, () => Promise<AnyReply>>> = {
    'users.batch': () => client.users.batch([id]),
    'profiles.byId': () => client.profiles.byId([id]),
    'invitations.lookUp': () => client.invitations.lookUp({ token: crypto.randomUUID() }),
    'tokens.introspect': () => client.tokens.introspect({ token: access_token }),
    'sessions.refresh': () => client.sessions.refresh({ refresh_token }),
    'oauth.token': () =>
      client.oauth.token({ grant_type: 'refresh_token', refresh_token: ofGrant }),
    'oauth.revoke': () => client.oauth.revoke({ token: access_token }),
  };
  const flagged = Object.entries(OPERATIONS).flatMap(([group, rows]) =>
    Object.entries(rows)
      .filter(([, row]) => /[rsg]/.test(row.split(' ')[3] ?? ''))
      .map(([name]) => `${group}.${name}`),
  );
  expect(Object.keys(calls).sort()).toEqual(flagged.sort());
  for (const [name, call] of Object.entries(calls)) {
    const [first, second] = [outcomeOf(await call()), outcomeOf(await call())];
    expect([name, second]).toEqual([name, first]);
  }
});

type AnyReply = Reply<unknown, { readonly code: string }>;

/** Without what each response has anew, such as an access token. */
function outcomeOf(reply: AnyReply) {
  const { refresh_token } = { ...(reply.ok ? (reply.data as { refresh_token?: string }) : {}) };
  return { status: reply.info.status, code: reply.ok ? null : reply.problem.code, refresh_token };
}
