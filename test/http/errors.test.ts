import { describe, expect, test } from 'vitest';
import { DomainError, type DomainErrorCode } from '../../src/domain/errors.ts';
import type { RequestDeadline } from '../../src/domain/ports.ts';
import { PROBLEMS, type ProblemCode } from '../../src/interfaces/api/problem-table.ts';
import { ADA_ID, ADA_TOKEN, adaText } from './support/fake-use-cases.ts';
import { createTestServer } from './support/test-server.ts';

const asAda = { authorization: `Bearer ${ADA_TOKEN}` };

function domainCodes(): DomainErrorCode[] {
  const edgeOnly = new Set<ProblemCode>([
    'malformed_request',
    'not_found',
    'method_not_allowed',
    'request_timeout',
    'payload_too_large',
    'uri_too_long',
    'unsupported_media_type',
    'expectation_failed',
    'headers_too_large',
    'internal_error',
  ]);
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter(
    (code): code is DomainErrorCode => !edgeOnly.has(code),
  );
}

describe('problem documents', () => {
  test.each(domainCodes())('%s has its status and a complete document', async (code) => {
    const { server } = await createTestServer({
      useCases: {
        users: {
          get: async () => {
            throw new DomainError(code, 'A message.');
          },
        },
      },
    });
    const headers = { ...asAda, 'x-request-id': 'request-7' };
    const answer = await server.inject({ url: `/v1/users/${ADA_ID}`, headers });
    expect(answer.statusCode).toBe(PROBLEMS[code].status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toMatchObject({
      type: `urn:user-service:problem:${code}`,
      title: PROBLEMS[code].title,
      status: PROBLEMS[code].status,
      instance: 'urn:user-service:request:request-7',
      code,
      request_id: 'request-7',
    });
  });

  test('503 has Retry-After, from the domain or 1 second', async () => {
    const responses = await Promise.all(
      [7, undefined].map(async (seconds) => {
        const { server } = await createTestServer({
          useCases: {
            users: {
              get: async () => {
                const details = seconds === undefined ? {} : { retryAfterSeconds: seconds };
                throw new DomainError('overloaded', 'Too much.', details);
              },
            },
          },
        });
        return server.inject({ url: '/v1/me', headers: asAda });
      }),
    );
    expect(responses.map(({ headers }) => headers['retry-after'])).toEqual(['7', '1']);
  });

  test('401 has a bearer challenge, which differs for an invalid and a missing token (RFC 6750 §3)', async () => {
    const { server } = await createTestServer();
    const none = await server.inject({ url: '/v1/me' });
    const bad = await server.inject({ url: '/v1/me', headers: { authorization: 'Bearer nope' } });
    const basic = await server.inject({ url: '/v1/me', headers: { authorization: 'Basic YTpi' } });
    expect(none.headers['www-authenticate']).toBe('Bearer realm="user-service"');
    expect(none.json().code).toBe('unauthenticated');
    expect(bad.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(bad.json().code).toBe('invalid_token');
    expect(basic.json().code).toBe('unauthenticated');
  });

  test('field errors of the domain have a pointer into the body or the query', async () => {
    const { server } = await createTestServer({
      useCases: {
        users: {
          register: async () => {
            throw new DomainError('validation_failed', 'No.', {
              fields: [{ field: 'email', code: 'email_domain', message: 'Bad.' }],
            });
          },
          get: async () => adaText,
          list: async () => {
            throw new DomainError('validation_failed', 'No.', {
              fields: [{ field: 'q', code: 'search_length', message: 'Bad.' }],
            });
          },
        },
      },
    });
    const body = { first_name: 'A', last_name: 'B', email: 'a@b.cc', password: 'p' };
    const posted = await server.inject({ method: 'POST', url: '/v1/users', payload: body });
    const listed = await server.inject({ url: '/v1/users?q=x', headers: asAda });
    expect(posted.statusCode).toBe(422);
    expect(posted.json().errors).toEqual([
      { pointer: '/email', code: 'email_domain', message: 'Bad.' },
    ]);
    expect(listed.json().errors[0].pointer).toBe('/query/q');
  });

  test('an unexpected error is a 500 without details, and one error line with the request id', async () => {
    const { server, lines } = await createTestServer({
      useCases: {
        users: {
          get: async () => {
            throw new Error('select * from secrets: canary-detail');
          },
        },
      },
    });
    const headers = { ...asAda, 'x-request-id': 'request-8' };
    const answer = await server.inject({ url: '/v1/me', headers });
    expect(answer.statusCode).toBe(500);
    expect(answer.json().code).toBe('internal_error');
    expect(answer.body).not.toContain('canary');
    const errors = lines.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.fields).toMatchObject({ route: '/v1/me' });
    const requestLine = lines.find(({ message }) => message === 'request');
    expect(requestLine?.fields).toMatchObject({
      request_id: errors[0]?.fields.request_id,
      client_request_id: 'request-8',
    });
  });

  test('a late response is 503: outcome_unknown while a change is committed, else unavailable', async () => {
    const never = () => new Promise<never>(() => {});
    const deadlines: RequestDeadline[] = [];
    const { server } = await createTestServer({
      useCases: {
        users: {
          get: never,
          register({ deadline }) {
            if (deadline !== undefined) deadlines.push(deadline);
            return never();
          },
        },
        sessions: {
          signIn({ deadline }) {
            expect(deadline?.beginCommit()).toBe(true);
            return never();
          },
        },
      },
      settings: { requestDeadlineMs: 50 },
    });
    const read = await server.inject({ url: '/v1/me', headers: asAda });
    const body = { first_name: 'A', last_name: 'B', email: 'a@b.cc', password: 'p' };
    const early = await server.inject({ method: 'POST', url: '/v1/users', payload: body });
    const { email, password } = body;
    const payload = { email, password };
    const late = await server.inject({ method: 'POST', url: '/v1/sessions', payload });
    expect([read.statusCode, read.json().code]).toEqual([503, 'unavailable']);
    expect([early.statusCode, early.json().code]).toEqual([503, 'unavailable']);
    expect([late.statusCode, late.json().code]).toEqual([503, 'outcome_unknown']);
    expect(late.headers['retry-after']).toBe('1');
    // The caller knows that nothing was changed, so nothing may be changed any more.
    expect(deadlines.map((one) => [one.isOver(), one.beginCommit()])).toEqual([[true, false]]);
  });
});

describe('the response deadline', () => {
  test('starts at the arrival of each request', async () => {
    let firstTimedOut: () => void = () => {};
    const timeout = new Promise<void>((resolve) => {
      firstTimedOut = resolve;
    });
    const never = () => new Promise<never>(() => {});
    const { server } = await createTestServer({
      // The second request is answered when the first one times out, long before its own deadline.
      useCases: {
        users: { get: never },
        sessions: { listOwn: () => timeout.then(() => []) },
      },
      settings: { requestDeadlineMs: 600 },
    });
    const ask = (url: string) => server.inject({ url, headers: asAda });
    const began = performance.now();
    const first = ask('/v1/me').then(({ statusCode }) => {
      firstTimedOut();
      return statusCode;
    });
    while (performance.now() - began < 300) await ask('/health/live');
    const second = await ask('/v1/sessions');
    expect([await first, second.statusCode]).toEqual([503, 200]);
    expect((await ask('/v1/me')).statusCode).toBe(503);
  });
});

describe('paths and methods', () => {
  test('an unknown path is 404, an invalid URI 400, a long one 414', async () => {
    const { server } = await createTestServer();
    const codes = await Promise.all(
      ['/v2/users', '/v1/me/', '/%zz', `/v1/users?q=${'x'.repeat(8_000)}`].map(async (url) => {
        const answer = await server.inject({ url });
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(answer.headers['x-request-id']).toBe(answer.json().request_id);
        return [answer.statusCode, answer.json().code];
      }),
    );
    expect(codes).toEqual([
      [404, 'not_found'],
      [404, 'not_found'],
      [400, 'malformed_request'],
      [414, 'uri_too_long'],
    ]);
  });

  test.each([
    ['TRACE', '/v1/me', 'GET, HEAD'],
    ['OPTIONS', '/v1/users', 'GET, HEAD, POST'],
    ['PROPFIND', `/v1/users/${ADA_ID}`, 'DELETE, GET, HEAD, PATCH, PUT'],
    ['PUT', '/v1/sessions/current', 'DELETE'],
    ['POST', '/.well-known/jwks.json', 'GET, HEAD'],
  ])('%s %s is 405 and lists the supported methods', async (method, url, allow) => {
    const { server } = await createTestServer();
    const answer = await server.inject({ method: method as 'TRACE', url });
    expect([answer.statusCode, answer.json().code]).toEqual([405, 'method_not_allowed']);
    expect(answer.headers.allow).toBe(allow);
  });

  test('HEAD is GET without a body', async () => {
    const { server } = await createTestServer();
    const answer = await server.inject({ method: 'HEAD', url: '/v1/me', headers: asAda });
    expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([200, '', '"3"']);
  });
});
