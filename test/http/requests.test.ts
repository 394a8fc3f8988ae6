import { describe, expect, test } from 'vitest';
import type { Caller } from '../../src/application/access/caller.ts';
import type { ExpectedVersions } from '../../src/application/users/expected-versions.ts';
import type { UserSelection } from '../../src/application/users/list-users.ts';
import {
  ADA_ID,
  ADA_SESSION_ID,
  ADA_TOKEN,
  ada,
  adaText,
  SERVICE_KEY,
} from './support/fake-use-cases.ts';
import { createTestServer, type TestServerOptions } from './support/test-server.ts';

const asAda = { authorization: `Bearer ${ADA_TOKEN}` };
const asService = { authorization: `Bearer ${SERVICE_KEY}` };

async function callerOf(
  request: { headers?: Record<string, string>; remoteAddress?: string },
  options: TestServerOptions = {},
): Promise<Caller> {
  let seen: Caller | undefined;
  const { server } = await createTestServer({
    ...options,
    useCases: {
      users: {
        get: async (caller) => {
          seen = caller;
          return adaText;
        },
      },
    },
  });
  await server.inject({
    url: `/v1/users/${ADA_ID}`,
    ...request,
    headers: { ...asAda, ...request.headers },
  });
  if (seen === undefined) throw new Error('the use case was not reached');
  return seen;
}

describe('request ids', () => {
  test.each(['a', 'A.b_c-9', 'x'.repeat(128)])('%s is used from a trusted proxy', async (id) => {
    const options = { settings: { trustedProxies: ['10.0.0.0/8'] } };
    const request = { headers: { 'x-request-id': id }, remoteAddress: '10.1.2.3' };
    expect((await callerOf(request, options)).requestId).toBe(id);
  });

  test('two requests with one id of an untrusted caller have ids of their own, and both ids are logged', async () => {
    const { server, lines } = await createTestServer();
    const headers = { 'x-request-id': 'mine' };
    for (const url of ['/v2', '/v2']) {
      const answer = await server.inject({ url, headers });
      expect([answer.headers['x-request-id'], answer.json().request_id]).toEqual(['mine', 'mine']);
    }
    const logged = lines.map(({ fields }) => fields);
    expect(logged.map(({ client_request_id }) => client_request_id)).toEqual(['mine', 'mine']);
    expect(new Set([...logged.map(({ request_id }) => request_id), 'mine']).size).toBe(3);
  });

  test.each(['', 'x'.repeat(129), 'a b', 'a\u00e9', 'a"b', '{}'])(
    '%j is replaced by a new id',
    async (id) => {
      const { requestId } = await callerOf({ headers: { 'x-request-id': id } });
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('client addresses', () => {
  const forwarded = { 'x-forwarded-for': '198.51.100.7' };

  test('forwarded addresses from an untrusted peer are ignored', async () => {
    const request = { headers: forwarded, remoteAddress: '203.0.113.9' };
    expect((await callerOf(request)).ip).toBe('203.0.113.9');
    const trusting = { settings: { trustedProxies: ['10.0.0.0/8'] } };
    expect((await callerOf(request, trusting)).ip).toBe('203.0.113.9');
  });

  test('a trusted proxy is trusted up to the first untrusted hop', async () => {
    const options = { settings: { trustedProxies: ['10.0.0.0/8'] } };
    const peer = { remoteAddress: '10.1.2.3' };
    expect((await callerOf({ ...peer, headers: forwarded }, options)).ip).toBe('198.51.100.7');
    const spoofed = { 'x-forwarded-for': '192.0.2.1, 198.51.100.7, 10.9.9.9' };
    expect((await callerOf({ ...peer, headers: spoofed }, options)).ip).toBe('198.51.100.7');
  });

  test('a forwarded value that is not an address becomes null', async () => {
    const options = { settings: { trustedProxies: ['10.0.0.0/8'] } };
    const request = { remoteAddress: '10.1.2.3', headers: { 'x-forwarded-for': "x'; drop" } };
    expect((await callerOf(request, options)).ip).toBeNull();
  });

  test('IPv4 in IPv6 becomes IPv4', async () => {
    expect((await callerOf({ remoteAddress: '::ffff:192.0.2.4' })).ip).toBe('192.0.2.4');
  });

  test('the zone of an address is removed', async () => {
    const remoteAddress = `fe80::1%${'x'.repeat(60)}`;
    expect((await callerOf({ remoteAddress })).ip).toBe('fe80::1');
  });
});

describe('callers', () => {
  test('an access token gives its user and session; the scheme is case-insensitive', async () => {
    const { principal } = await callerOf({ headers: { authorization: `bEARER ${ADA_TOKEN}` } });
    expect(principal).toEqual({
      ...{ kind: 'user', userId: ADA_ID, sessionId: ADA_SESSION_ID },
      authenticatedAt: 1_700_000_000,
    });
  });

  test('a service key gives its account', async () => {
    const { principal } = await callerOf({ headers: asService });
    expect(principal.kind).toBe('service');
  });

  test('public routes ignore credentials: an expired token cannot prevent a sign-in', async () => {
    const { server } = await createTestServer();
    const answer = await server.inject({
      method: 'POST',
      url: '/v1/sessions',
      headers: { authorization: 'Bearer expired' },
      payload: { email: 'a@b.cc', password: 'p' },
    });
    expect(answer.statusCode).toBe(201);
  });

  test('anonymous callers are rejected before their body is received', async () => {
    const { server } = await createTestServer();
    const answer = await server.inject({
      method: 'PUT',
      url: `/v1/users/${ADA_ID}`,
      headers: { 'content-type': 'application/json' },
      payload: 'x'.repeat(100_000),
    });
    expect(answer.statusCode).toBe(401);
  });
});

describe('ids in paths', () => {
  test('UUIDs of any version and case are accepted', async () => {
    const { server } = await createTestServer();
    const answer = await server.inject({
      url: `/v1/users/${ADA_ID.toUpperCase()}`,
      headers: asAda,
    });
    expect(answer.statusCode).toBe(200);
  });

  test.each(['1', 'me', `${ADA_ID}0`, `%7B${ADA_ID}%7D`, '%00', 'x'.repeat(3_000)])(
    '%s is 422',
    async (id) => {
      const { server } = await createTestServer();
      const answer = await server.inject({ url: `/v1/users/${id}`, headers: asAda });
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors).toEqual([
        { pointer: '/path/id', code: 'wrong_format', message: 'Must be a UUID.' },
      ]);
    },
  );
});

describe('versions', () => {
  const replacement = { first_name: 'A', last_name: 'B', email: 'a@b.cc', phone: null };

  async function write(method: 'PUT' | 'PATCH', ifMatch: string | undefined) {
    let expected: ExpectedVersions | undefined;
    const { server } = await createTestServer({
      useCases: {
        users: {
          update: async (_caller, _id, _input, versions) => {
            expected = versions;
            return ada;
          },
        },
      },
    });
    const answer = await server.inject({
      method,
      url: `/v1/users/${ADA_ID}`,
      headers: { ...asAda, ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) },
      payload: replacement,
    });
    return { answer, expected };
  }

  test('PUT without If-Match is 428, PATCH without it is for any version', async () => {
    const { answer } = await write('PUT', undefined);
    expect([answer.statusCode, answer.json().code]).toEqual([428, 'version_required']);
    expect((await write('PATCH', undefined)).expected).toBe('any');
  });

  test.each([
    ['"3"', [3]],
    ['"3", "4" ,"5"', [3, 4, 5]],
    ['*', 'any'],
    ['"three", "03", "0", "9999999999999999"', []],
    ['W/"3", "4"', [3, 4]],
    ['""', []],
  ])('If-Match %s is for versions %j', async (header, versions) => {
    expect((await write('PUT', header)).expected).toEqual(versions);
  });

  test.each(['3', '"3', 'w/"3"', '"3" "4"', '*, "3"', ''])(
    'If-Match %j is malformed',
    async (header) => {
      const { answer } = await write('PUT', header);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed_request']);
    },
  );

  test.each([
    ['"3"', 304],
    ['W/"3"', 304],
    ['"1", "3"', 304],
    ['*', 304],
    ['"4"', 200],
  ])('If-None-Match %s gives %i', async (header, status) => {
    const { server } = await createTestServer();
    const headers = { ...asAda, 'if-none-match': header };
    const answer = await server.inject({ url: `/v1/users/${ADA_ID}`, headers });
    expect([answer.statusCode, answer.headers.etag]).toEqual([status, '"3"']);
    if (status === 304) expect(answer.body).toBe('');
  });
});

describe('lists', () => {
  async function list(query: string) {
    let selection: UserSelection | undefined;
    const { server } = await createTestServer({
      useCases: {
        users: {
          list: async (_caller, selected) => {
            selection = selected;
            return { users: [ada], nextAfterId: ADA_ID };
          },
        },
      },
    });
    const answer = await server.inject({ url: `/v1/users${query}`, headers: asService });
    return { answer, selection, cursor: answer.json().next_cursor as string };
  }

  test('pages have 50 users by default', async () => {
    const page = { afterId: null, limit: 50 };
    expect((await list('')).selection).toEqual({ kind: 'all', page });
    expect((await list('?limit=200')).selection).toMatchObject({ page: { limit: 200 } });
    expect((await list('?q=Ada%20L')).selection).toEqual({ kind: 'search', text: 'Ada L', page });
    expect((await list('?email=a%2Bb@c.dd')).selection).toEqual({
      kind: 'email',
      email: 'a+b@c.dd',
    });
  });

  test('a cursor continues its own list', async () => {
    const { cursor } = await list('?q=Ada');
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect((await list(`?q=Ada&cursor=${cursor}`)).selection).toMatchObject({
      kind: 'search',
      page: { afterId: ADA_ID },
    });
  });

  test('a cursor of another list is rejected', async () => {
    const { cursor } = await list('?q=Ada');
    const { cursor: all } = await list('');
    for (const query of [`?q=Bob&cursor=${cursor}`, `?cursor=${cursor}`, `?q=Ada&cursor=${all}`]) {
      const { answer } = await list(query);
      expect(answer.json().errors).toMatchObject([
        { pointer: '/query/cursor', code: 'cursor_of_other_list' },
      ]);
    }
  });

  test.each([
    ['limit=0', '/query/limit out_of_range'],
    ['limit=201', '/query/limit out_of_range'],
    ['limit=1.5', '/query/limit wrong_type'],
    ['limit=01', '/query/limit wrong_type'],
    ['limit=-1', '/query/limit wrong_type'],
    ['limit=', '/query/limit wrong_type'],
    ['limit=1&limit=2', '/query/limit wrong_type'],
    ['q=a&q=b', '/query/q wrong_type'],
    ['offset=3', '/query/offset unknown_field'],
    ['__proto__=1', '/query/__proto__ unknown_field'],
    ['cursor=', '/query/cursor cursor_invalid'],
    ['cursor=e30', '/query/cursor cursor_invalid'],
    ['cursor=bnVsbA', '/query/cursor cursor_invalid'],
    ['cursor=%F0%9F', '/query/cursor cursor_invalid'],
    [`cursor=${'a'.repeat(3_000)}`, '/query/cursor cursor_invalid'],
    ['email=a@b.cc&q=x', '/query/email excludes_others'],
    ['email=a@b.cc&cursor=x', '/query/email excludes_others'],
  ])('?%s is 422', async (query, fault) => {
    const { answer, selection } = await list(`?${query}`);
    expect(answer.statusCode).toBe(422);
    const fieldErrors = answer.json().errors as { pointer: string; code: string }[];
    expect(fieldErrors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([fault]);
    expect(selection).toBeUndefined();
  });
});
