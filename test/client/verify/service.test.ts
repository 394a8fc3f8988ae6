import type { VerifierState, VerifyResult } from '@user-service/client/verify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMasterKey } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { type RunningService, startRunningService } from './running-service.ts';

let service: RunningService;

beforeAll(async () => {
  service = await startRunningService();
});
afterAll(async () => void (await service?.stop()));

/** The reason of a refusal, or the id of the caller. */
function told(result: VerifyResult): string {
  if (result.ok) return result.data.id;
  return 'reason' in result.problem ? result.problem.reason : result.problem.code;
}

test('the tokens of users and services say who they are of', async () => {
  const verifier = service.verifier();
  await verifier.ready();
  const { userId, sessionId, token } = await service.signIn();
  expect(verifier.verify(`bearer  ${token}`)).toMatchObject({
    ok: true,
    data: {
      ...{ kind: 'user', id: userId, sessionId, scopes: [] },
      claims: { iss: 'http://service.test', aud: 'user-service', client_id: 'first-party' },
    },
  });
  const account = await service.serviceToken('users:read', 'events:read');
  expect(verifier.verify(account.token)).toMatchObject({
    ok: true,
    data: { kind: 'service', id: account.id, scopes: ['users:read', 'events:read'] },
  });
  expect(verifier.state()).toEqual({ keys: 'ready', revocations: 'fresh' });
});

test('a warm check returns the same claims at once, and nothing can change them', async () => {
  const verifier = service.verifier();
  await verifier.ready();
  const { token } = await service.signIn();
  const first = verifier.verify(token);
  expect(verifier.verify(`Bearer ${token}`)).toBe(first);
  if (first instanceof Promise || !first.ok) throw new Error('not verified');
  const { data } = first;
  expect(() => Object.assign(data.claims, { sub: 'other' })).toThrow(TypeError);
  expect(() => Object.assign(data, { id: 'other' })).toThrow(TypeError);
  expect(verifier.stats().tokens).toEqual({ cached: 1, hits: 1, signatures: 1 });
});

test('a check before anything is loaded waits for it', async () => {
  const { token, userId } = await service.signIn();
  expect(told(await service.verifier().verify(token))).toBe(userId);
});

test('what ends a session is refused: sign-out, all sessions of a user, and all users', async () => {
  const states: VerifierState[] = [];
  const verifier = service.verifier({ onChange: (state) => states.push(state) });
  await verifier.ready();
  const refused = async (token: string, what: string) =>
    eventually(async () => expect(told(await verifier.verify(token))).toBe('revoked'), { what });
  const one = await service.signIn();
  const other = await service.signIn();
  expect(told(await verifier.verify(one.token))).toBe(one.userId);
  await service.endSession(one.token);
  await refused(one.token, 'the end of a session');
  expect(told(await verifier.verify(other.token))).toBe(other.userId);

  const operator = await service.api.app.operator();
  const ended = await operator.inject({
    method: 'DELETE',
    url: `/v1/users/${other.userId}/sessions`,
  });
  expect(ended.statusCode).toBe(204);
  await refused(other.token, 'the end of all sessions of a user');

  const last = await service.signIn();
  expect(told(await verifier.verify(last.token))).toBe(last.userId);
  const all = await operator.inject({
    ...{ method: 'POST', url: '/v1/sessions/revoke-all', payload: { reason: 'Ticket 4711' } },
  });
  expect(all.statusCode).toBe(200);
  await refused(last.token, 'the end of all sessions');
  // A sign-in in the same second is not concerned.
  const next = await service.signIn();
  expect(told(await verifier.verify(next.token))).toBe(next.userId);
  expect(states.at(-1)).toEqual({ keys: 'ready', revocations: 'fresh' });
});

test('a key without the scope opens no feed, and no token is accepted', async () => {
  const { key } = await service.api.createService('users:read');
  const verifier = service.verifier({
    revocations: { http: { url: service.url, key: async () => key }, maxStalenessMs: 1_000 },
  });
  const { token } = await service.signIn();
  expect(await verifier.verify(token)).toMatchObject({
    ok: false,
    problem: { code: 'unavailable', status: 503, reason: 'revocations' },
  });
  await expect(verifier.ready(50)).rejects.toThrow('GET /v1/revocations answered 403');
});

describe('while the feed says nothing', () => {
  /** The service, but for its feed. */
  const withoutFeed: typeof fetch = async (input, init) =>
    String(input).includes('/v1/revocations')
      ? new Response('', { status: 502 })
      : await fetch(input, init);

  test.each([
    ['fail_closed', 'revocations', 'revocations'],
    ['allow_until_exp', 'its user', 'its user'],
    ['introspect', 'its user', 'revoked'],
  ] as const)('%s decides', async (onStale, before, after) => {
    const verifier = service.verifier({
      ...{ onStale, fetch: withoutFeed },
      revocations: { http: { url: service.url, key: service.key }, maxStalenessMs: 1_000 },
    });
    const { token, userId } = await service.signIn();
    const account = await service.serviceToken('users:read');
    const verdict = async () => told(await verifier.verify(token)).replace(userId, 'its user');
    expect(await verdict()).toBe(before);
    await service.endSession(token);
    expect(await verdict()).toBe(after);
    // No revocation concerns the token of a service.
    expect(told(await verifier.verify(account.token))).toBe(account.id);
  });
});

test('a new signing key is fetched when its first token comes', async () => {
  const { connectionOptions: connection } = await createTestDatabase();
  const rotating = await startRunningService({
    ...{ database: 'postgres', connection },
    env: { SECURITY_MASTER_KEY: createMasterKey(), TOKENS_ALGORITHM: 'ES256' },
  });
  try {
    // The clock of the pause between two fetches is not that of the tokens, so this one has to pass.
    const verifier = rotating.verifier();
    await verifier.ready();
    const { token, userId } = await rotating.signIn();
    expect(told(await verifier.verify(token))).toBe(userId);
    const operator = await rotating.api.app.operator();
    const rotated = await operator.inject({
      ...{ method: 'POST', url: '/v1/signing-keys/rotate', payload: { now: true } },
    });
    expect(rotated.statusCode, rotated.body).toBe(200);
    const next = await rotating.signIn();
    await eventually(
      async () => expect(told(await verifier.verify(next.token))).toBe(next.userId),
      { timeoutMs: 20_000, intervalMs: 200 },
    );
    expect(told(await verifier.verify(token))).toBe(userId);
  } finally {
    await rotating.stop();
  }
});

test('RS256 tokens are verified', async () => {
  const other = await startRunningService({ env: { TOKENS_ALGORITHM: 'RS256' } });
  try {
    const { token, userId } = await other.signIn();
    expect(told(await other.verifier().verify(token))).toBe(userId);
  } finally {
    await other.stop();
  }
});
