import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateOpenApi } from '../../scripts/generate-openapi.ts';
import { type Operation, readOperations } from './support/openapi-operations.ts';
import {
  createRouteApp,
  type RouteApp,
  type TestResponse,
  type TestUser,
} from './support/test-app.ts';

const UNKNOWN_ID = '0198c0de-0000-7000-8000-00000000dead';
const operations = readOperations(JSON.parse(await generateOpenApi()));
/** An empty requirement makes credentials optional. */
const guarded = operations.filter(
  ({ security }) =>
    security.length > 0 && security.every((needed) => Object.keys(needed).length > 0),
);
const withIds = guarded.filter(({ path }) => path.includes('{'));

let app: RouteApp;
let victim: TestUser;
let attacker: TestUser;
beforeAll(async () => {
  app = await createRouteApp();
  victim = await app.user();
  attacker = await app.user();
});
afterAll(() => app?.stop());

let invited = 0;
/** Bodies with which the operation succeeds for the caller's own account. */
const bodies: Readonly<Record<string, (user: TestUser) => object>> = {
  replaceUser: () => ({ first_name: 'X', last_name: 'Y', email: 'x@y.example', phone: null }),
  patchUser: () => ({ first_name: 'X' }),
  changePassword: ({ password }) => ({
    current_password: password,
    new_password: 'nine slow turtles',
  }),
  requestEmailChange: ({ password }) => ({
    email: 'x@y.example',
    current_password: password,
  }),
  disableUser: () => ({ reason: 'Reported as taken over' }),
  enableUser: () => ({ reason: 'The owner has a new password' }),
  sendPasswordReset: () => ({ reason: 'The owner called support' }),
  expirePassword: () => ({ reason: 'Reported as taken over' }),
  revokeAllSessions: () => ({ reason: 'Reported as leaked' }),
  createInvitation: () => ({ email: `guest-${invited++}@example.com` }),
  createWebhookEndpoint: () => ({ url: 'https://hooks.example.com/' }),
  patchWebhookEndpoint: () => ({ enabled: true }),
  rotateWebhookSecret: () => ({}),
  redeliverWebhooks: () => ({}),
  reauthenticateSession: ({ password }) => ({ password }),
  deleteOwnUser: ({ password }) => ({ current_password: password }),
  getPublicProfiles: ({ id }) => ({ ids: [id] }),
  getUsers: ({ id }) => ({ ids: [id] }),
  introspectToken: ({ token }) => ({ token }),
};

function call(
  { operationId, method, path }: Operation,
  target: { readonly userId: string; readonly sessionId: string },
  as: string | undefined,
): Promise<TestResponse> {
  const isOwnSession = operationId === 'endSession';
  const url = path
    .replace('{session_id}', target.sessionId)
    .replace('{delivery_id}', target.sessionId)
    .replace('{id}', isOwnSession ? target.sessionId : target.userId);
  const body = bodies[operationId]?.(attacker);
  return app.call(method, url, {
    ...(as === undefined ? {} : { as }),
    ...(body === undefined ? {} : { body }),
    headers: { 'if-match': '*' },
  });
}

/** Everything in a response that could distinguish one target from another. */
function distinguishable({ status, headers, body }: TestResponse): unknown {
  const { request_id: _id, instance: _instance, ...rest } = body;
  const { date: _date, 'x-request-id': _requestId, ...others } = headers;
  return { status, headers: others, body: rest };
}

describe.each(withIds.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (_name, operation) => {
    test('another user is rejected, and cannot find out whether the account exists', async () => {
      const real = { userId: victim.id, sessionId: victim.sessionId };
      const none = { userId: UNKNOWN_ID, sessionId: UNKNOWN_ID };
      const onReal = await call(operation, real, attacker.token);
      const onNone = await call(operation, none, attacker.token);
      expect([403, 404]).toContain(onReal.status);
      expect(distinguishable(onReal)).toEqual(distinguishable(onNone));
    });
  },
);

describe('every guarded route', () => {
  test.each(guarded.map((operation) => [operation.operationId, operation] as const))(
    '%s rejects an anonymous caller and a service without the scope',
    async (_name, operation) => {
      const target = { userId: victim.id, sessionId: victim.sessionId };
      const anonymous = await call(operation, target, undefined);
      expect([anonymous.status, anonymous.body.code]).toEqual([401, 'unauthenticated']);
      const scope = operation.scope === 'events:read' ? 'tokens:introspect' : 'events:read';
      const scopeless = await call(operation, target, await app.serviceKey(scope));
      expect([scopeless.status, scopeless.body.code]).toEqual([403, 'forbidden']);
    },
  );

  test.each(guarded.map((operation) => [operation.operationId, operation] as const))(
    '%s accepts no other scope',
    async (_name, operation) => {
      const target = { userId: UNKNOWN_ID, sessionId: UNKNOWN_ID };
      const needed = operation.scope === undefined ? [] : [operation.scope];
      const all = ['users:read', 'users:write', 'users:admin', 'events:read', 'tokens:introspect'];
      const others = await app.serviceKey(...all.filter((scope) => !needed.includes(scope)));
      expect((await call(operation, target, others)).status).toBe(403);
      // It would end the sessions of the test itself; `routes.test.ts` shows it.
      if (needed.length === 0 || operation.operationId === 'revokeAllSessions') return;
      const own = await app.serviceKey(...needed);
      expect([200, 201, 204, 404]).toContain((await call(operation, target, own)).status);
    },
  );
});

test('afterwards, the victim is unchanged and still signed in', async () => {
  const me = await app.call('GET', '/v1/me', { as: victim.token });
  expect(me.body).toMatchObject({ id: victim.id, email: victim.email, version: 1 });
  const sessions = await app.call('GET', '/v1/sessions', { as: victim.token });
  expect(sessions.body.sessions).toMatchObject([{ id: victim.sessionId, current: true }]);
  const { email, password } = victim;
  const again = await app.call('POST', '/v1/sessions', { body: { email, password } });
  expect(again.status).toBe(201);
});
