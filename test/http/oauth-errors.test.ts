import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.ts';
import { createFakeUseCases, SERVICE_KEY } from './support/fake-use-cases.ts';
import { createTestServer } from './support/test-server.ts';

const FORM = 'application/x-www-form-urlencoded';
type Server = Awaited<ReturnType<typeof createTestServer>>['server'];

async function createServer(): Promise<Server> {
  return (await createTestServer({ useCases: createFakeUseCases() })).server;
}

async function post(
  path: 'token' | 'revoke',
  payload: string,
  headers: Readonly<Record<string, string>> = {},
  given?: Server,
) {
  const server = given ?? (await createServer());
  return server.inject({
    method: 'POST',
    url: `/v1/oauth/${path}`,
    headers: { 'content-type': FORM, ...headers },
    payload,
  });
}

const basic = (text: string) => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});
const grant = 'grant_type=client_credentials';
const key = encodeURIComponent(SERVICE_KEY);

describe('errors of the token endpoint', () => {
  test.each([
    ['no parameters', '', {}, 400, 'invalid_request'],
    [
      'an unknown grant',
      'grant_type=password&username=a&password=b',
      {},
      400,
      'unsupported_grant_type',
    ],
    ['a repeated parameter', `${grant}&scope=a&scope=b`, {}, 400, 'invalid_request'],
    ['a forbidden parameter', `${grant}&__proto__=a`, {}, 400, 'invalid_request'],
    ['no refresh token', 'grant_type=refresh_token', {}, 400, 'invalid_request'],
    [
      'an empty refresh token',
      'grant_type=refresh_token&refresh_token=',
      {},
      400,
      'invalid_request',
    ],
    [
      'a scope for a user',
      'grant_type=refresh_token&refresh_token=r&scope=x',
      {},
      400,
      'invalid_scope',
    ],
    [
      'another client of users',
      'grant_type=refresh_token&refresh_token=r&client_id=x',
      {},
      401,
      'invalid_client',
    ],
    [
      'a refresh by a service',
      'grant_type=refresh_token&refresh_token=r',
      basic(`billing:${key}`),
      400,
      'unauthorized_client',
    ],
    [
      'an audience that is not listed',
      'grant_type=refresh_token&refresh_token=r&audience=x',
      {},
      400,
      'invalid_target',
    ],
    [
      'a resource that is not listed',
      'grant_type=refresh_token&refresh_token=r&resource=x',
      {},
      400,
      'invalid_target',
    ],
    ['no client', grant, {}, 401, 'invalid_client'],
    ['the client of users', `${grant}&client_id=first-party`, {}, 401, 'invalid_client'],
    ['a client without its key', `${grant}&client_id=billing`, {}, 401, 'invalid_client'],
    ['a key without a client', `${grant}&client_secret=${key}`, {}, 400, 'invalid_request'],
    ['a wrong key', `${grant}&client_id=billing&client_secret=usk_x`, {}, 401, 'invalid_client'],
    ['a wrong key in the header', grant, basic('billing:usk_x'), 401, 'invalid_client'],
    ['a header without a colon', grant, basic('billing'), 401, 'invalid_client'],
    ['a header that is no base64', grant, { authorization: 'Basic ?' }, 401, 'invalid_client'],
    ['a bad escape in the header', grant, basic('billing:%zz'), 401, 'invalid_client'],
    [
      'two methods',
      `${grant}&client_secret=${key}`,
      basic(`billing:${key}`),
      400,
      'invalid_request',
    ],
    ['two clients', `${grant}&client_id=else`, basic(`billing:${key}`), 400, 'invalid_request'],
    [
      'a scope of another account',
      `${grant}&scope=users:admin`,
      basic(`billing:${key}`),
      400,
      'invalid_scope',
    ],
    [
      'an unknown scope',
      `${grant}&scope=users:read+all`,
      basic(`billing:${key}`),
      400,
      'invalid_scope',
    ],
    ['a scope of spaces', `${grant}&scope=++`, basic(`billing:${key}`), 400, 'invalid_scope'],
    ['another type', '{}', { 'content-type': 'application/json' }, 400, 'invalid_request'],
    ['no type', 'a=b', { 'content-type': '' }, 400, 'invalid_request'],
    [
      'bytes that are not UTF-8',
      Buffer.from([0xff]) as unknown as string,
      {},
      400,
      'invalid_request',
    ],
    ['a long body', 'x'.repeat(20_000), {}, 413, 'invalid_request'],
  ])('%s', async (_what, payload, headers, status, error) => {
    const answer = await post('token', payload, headers as Record<string, string>);
    expect([answer.statusCode, answer.json().error], answer.body).toEqual([status, error]);
    expect(Object.keys(answer.json())).toEqual(['error', 'error_description']);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    expect(answer.headers['www-authenticate']).toBe(
      status === 401 ? 'Basic realm="user-service"' : undefined,
    );
  });

  test('a refused refresh token has no challenge: libraries would take it for one of the client', async () => {
    const refresh = async () => {
      throw new DomainError('invalid_grant', 'The refresh token is not valid.');
    };
    const { server } = await createTestServer({
      useCases: createFakeUseCases({ sessions: { refresh } }),
    });
    const answer = await post('token', 'grant_type=refresh_token&refresh_token=r', {}, server);
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'The refresh token is not valid.' },
    ]);
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  test('a token that a client sends by default does not prevent a refresh', async () => {
    const headers = { authorization: 'Bearer expired' };
    const answer = await post('token', 'grant_type=refresh_token&refresh_token=r', headers);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
  });

  test('the response to a service has exactly the members of RFC 6749, and no refresh token', async () => {
    for (const [payload, headers] of [
      [grant, basic(`billing:${key}`)],
      [`${grant}&client_id=billing&client_secret=${key}`, {}],
      [
        `${grant}&scope=users:read&audience=user-service&resource=user-service`,
        basic(`billing:${key}`),
      ],
    ] as const) {
      const answer = await post('token', payload, headers);
      expect(answer.json()).toEqual({
        access_token: 'service.access.token',
        token_type: 'Bearer',
        expires_in: 600,
        scope: 'users:read',
      });
    }
  });
});

describe('revocation', () => {
  test.each([
    ['no token', 'token_type_hint=access_token', {}, 400, 'invalid_request'],
    ['an unknown client', 'token=t&client_id=else', {}, 401, 'invalid_client'],
    [
      'a service, which has no tokens of users',
      'token=t',
      basic(`billing:${key}`),
      400,
      'unauthorized_client',
    ],
    ['a service key', `token=${key}`, {}, 400, 'unsupported_token_type'],
    ['JSON', '{"token":"t"}', { 'content-type': 'application/json' }, 400, 'invalid_request'],
  ])('refuses %s', async (_what, payload, headers, status, error) => {
    const answer = await post('revoke', payload, headers as Record<string, string>);
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
  });
});

test('any form gets an OAuth response, never a failure of the server', async () => {
  const server = await createServer();
  const name = fc.constantFrom(
    ...['grant_type', 'refresh_token', 'scope', 'audience', 'resource', 'client_id'],
    ...['client_secret', 'token', 'token_type_hint', '__proto__', 'constructor', ''],
  );
  const value = fc.oneof(
    fc.constantFrom('refresh_token', 'client_credentials', 'billing', SERVICE_KEY, 'users:read'),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
  );
  const header = fc.oneof(
    fc.constant(undefined),
    fc.string({ maxLength: 40 }).map((text) => basic(text).authorization),
    fc.stringMatching(/^[!-~]{1,40}$/),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('token' as const, 'revoke' as const),
      fc.array(fc.tuple(name, value), { maxLength: 8 }),
      header,
      async (path, fields, authorization) => {
        const payload = new URLSearchParams(fields).toString();
        const answer = await post(
          path,
          payload,
          authorization === undefined ? {} : { authorization },
          server,
        );
        expect([200, 400, 401]).toContain(answer.statusCode);
        if (answer.statusCode === 200) return;
        expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
        const { error, error_description } = answer.json();
        expect(error).toMatch(/^[a-z_]+$/);
        expect(error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
      },
    ),
    { numRuns: 300 },
  );
});
