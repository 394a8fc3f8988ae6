import { describe, expect, test } from 'vitest';
import { ADA_ID, ADA_TOKEN, SERVICE_KEY } from './support/fake-use-cases.ts';
import { createTestServer } from './support/test-server.ts';

const valid = { first_name: 'A', last_name: 'B', email: 'a@b.cc', password: 'long enough' };
const asAda = { authorization: `Bearer ${ADA_TOKEN}` };

async function post(contentType: string | undefined, payload: string | Buffer, url = '/v1/users') {
  const { server } = await createTestServer();
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  const answer = await server.inject({ method: 'POST', url, headers, payload });
  return answer;
}

describe('content types', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON ; charset="utf-8"',
  ])('%s is accepted', async (contentType) => {
    expect((await post(contentType, JSON.stringify(valid))).statusCode).toBe(201);
  });

  // The last ones skipped body validation in older versions of the framework.
  test.each([
    undefined,
    'text/plain',
    'application/json; charset=latin1',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
    'application/json\tx',
    ' application/json, text/plain',
    'application/json ;',
    'APPLICATION/JSON\t;a',
    'application//json',
    '*/*',
    '',
  ])('%j never carries a body past validation', async (contentType) => {
    let called = false;
    const { server } = await createTestServer({
      useCases: {
        users: {
          register: async () => {
            called = true;
            throw new Error('reached');
          },
        },
      },
    });
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    const payload = Buffer.from(JSON.stringify({ ...valid, role: 'admin' }));
    const answer = await server.inject({ method: 'POST', url: '/v1/users', headers, payload });
    expect([answer.statusCode, answer.json().code]).toSatisfy(
      ([status, code]) =>
        (status === 415 && code === 'unsupported_media_type') ||
        (status === 422 && code === 'validation_failed'),
    );
    expect(called).toBe(false);
  });

  test('a merge patch has two media types', async () => {
    const { server } = await createTestServer();
    for (const type of ['application/merge-patch+json', 'application/json']) {
      const answer = await server.inject({
        method: 'PATCH',
        url: `/v1/users/${ADA_ID}`,
        headers: { ...asAda, 'content-type': type },
        payload: '{"phone":null}',
      });
      expect(answer.statusCode).toBe(200);
    }
  });

  test('a compressed body is 415', async () => {
    const { server } = await createTestServer();
    const answer = await server.inject({
      method: 'POST',
      url: '/v1/users',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      payload: Buffer.from([0x1f, 0x8b]),
    });
    expect(answer.statusCode).toBe(415);
  });
});

describe('JSON bodies', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test.each([
    ['an empty body', ''],
    ['white space', ' \n'],
    ['broken JSON', '{"a":'],
    ['two values', '{}{}'],
    ['two byte order marks', '\uFEFF\uFEFF{}'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['__proto__', '{"__proto__":{"role":"admin"}}'],
    ['a nested __proto__', '{"a":[{"__proto__":null}]}'],
    ['a key twice', '{"email":"a@b.cc","email":"c@d.ee"}'],
    ['nesting beyond the limit', nested(33)],
    ['absurd nesting', nested(8_000)],
  ])('%s is 400', async (_name, payload) => {
    const answer = await post('application/json', payload);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed_request']);
  });

  test.each([
    ['null', 'null'],
    ['an array', '[]'],
    ['a number', '1'],
    ['a string', '"x"'],
    ['nesting at the limit', nested(32)],
  ])('%s instead of an object is 422 for the whole body', async (_name, payload) => {
    const answer = await post('application/json', payload);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors).toEqual([
      { pointer: '', code: 'wrong_type', message: 'Must be an object.' },
    ]);
  });

  test('a missing body is 400', async () => {
    const { server } = await createTestServer();
    const answer = await server.inject({ method: 'POST', url: '/v1/users' });
    expect(answer.json().code).toBe('malformed_request');
  });

  test('one response lists all field errors by pointer, without the input', async () => {
    const payload = JSON.stringify({
      first_name: 7,
      last_name: null,
      email: ['canary'],
      role: 'canary',
      constructor: { prototype: { admin: 'canary' } },
      'canary with space': 1,
    });
    const answer = await post('application/json', payload);
    expect(answer.statusCode).toBe(422);
    const { errors } = answer.json<{ errors: { pointer: string; code: string }[] }>();
    const found = errors.map(({ pointer, code }) => `${pointer} ${code}`).sort();
    expect(found).toEqual(
      [
        ' unknown_field',
        '/constructor unknown_field',
        '/email wrong_type',
        '/first_name wrong_type',
        '/last_name wrong_type',
        '/password required',
        '/role unknown_field',
      ].sort(),
    );
    expect(answer.body).not.toContain('canary');
  });

  test.each(['id', 'role', 'status', 'email_verified', 'version', 'password_hash', 'constructor'])(
    '%s cannot be set',
    async (field) => {
      const answer = await post('application/json', JSON.stringify({ ...valid, [field]: 1 }));
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors[0].pointer).toBe(`/${field}`);
    },
  );

  test('values are not coerced', async () => {
    const answer = await post('application/json', JSON.stringify({ ...valid, phone: 33142685300 }));
    expect(answer.json().errors).toEqual([
      { pointer: '/phone', code: 'wrong_type', message: 'Must be a string or null.' },
    ]);
  });

  test('a body beyond 16 KiB is 413, and 500 ids fit into the limit of their route', async () => {
    const long = await post(
      'application/json',
      JSON.stringify({ ...valid, a: 'x'.repeat(16_384) }),
    );
    expect([long.statusCode, long.json().code]).toEqual([413, 'payload_too_large']);
    const { server } = await createTestServer();
    const profiles = (count: number) =>
      server.inject({
        method: 'POST',
        url: '/v1/public-profiles',
        headers: asAda,
        payload: { ids: Array.from({ length: count }, () => ADA_ID) },
      });
    expect((await profiles(500)).statusCode).toBe(200);
    expect((await profiles(501)).json().errors[0]).toMatchObject({
      pointer: '/ids',
      code: 'wrong_count',
    });
    expect((await profiles(0)).statusCode).toBe(422);
  });

  test('a body on a route without one is 400; an empty body with a content type is accepted', async () => {
    const { server } = await createTestServer();
    const request = { method: 'DELETE', url: '/v1/sessions/current' } as const;
    const json = { ...asAda, 'content-type': 'application/json' };
    const full = await server.inject({ ...request, headers: json, payload: '{}' });
    const empty = await server.inject({ ...request, headers: json });
    expect([full.statusCode, empty.statusCode]).toEqual([400, 204]);
  });
});

describe('introspection', () => {
  const introspect = async (contentType: string, payload: string) => {
    const { server } = await createTestServer();
    return server.inject({
      method: 'POST',
      url: '/v1/tokens/introspect',
      headers: { authorization: `Bearer ${SERVICE_KEY}`, 'content-type': contentType },
      payload,
    });
  };
  const form = 'application/x-www-form-urlencoded';

  test('accepts form encoding and JSON, and returns the RFC 7662 fields of a valid token', async () => {
    const responses = [
      await introspect(form, `token=${ADA_TOKEN}&token_type_hint=access_token`),
      await introspect('application/json', JSON.stringify({ token: ADA_TOKEN })),
    ];
    for (const answer of responses) {
      expect(answer.json()).toEqual({
        active: true,
        client_id: 'first-party',
        token_type: 'Bearer',
        exp: 1_700_000_600,
        iat: 1_700_000_000,
        auth_time: 1_700_000_000,
        sub: ADA_ID,
        aud: 'user-service',
        iss: 'http://127.0.0.1:8080',
        jti: 'token-1',
        sid: '0198c0de-0000-7000-8000-0000000000aa',
      });
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  test('returns nothing about an invalid token', async () => {
    expect((await introspect(form, 'token=else')).json()).toEqual({ active: false });
  });

  test.each([
    ['token=a&token=b', 400],
    ['__proto__=a', 400],
    ['', 422],
    ['token=a&scope=b', 200],
  ])('the form %j is %i', async (payload, status) => {
    expect((await introspect(form, payload)).statusCode).toBe(status);
  });
});
