import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { HttpDeps } from '../../src/interfaces/http/server.ts';
import { eventually } from '../support/eventually.ts';
import { ADA_ID, SERVICE_KEY } from './support/fake-use-cases.ts';
import { createTestServer, type TestServerOptions } from './support/test-server.ts';

type Tracer = NonNullable<HttpDeps['tracer']>;
type Began = Parameters<Tracer['begin']>[0];
type Ended = Parameters<ReturnType<Tracer['begin']>['end']>[0];

/** A server whose tracer keeps what it is told. */
async function serve(options: TestServerOptions = {}) {
  const began: Began[] = [];
  const ended: Ended[] = [];
  const tracer: Tracer = {
    begin(request) {
      began.push(request);
      let isOpen = true;
      return {
        run: (work) => work(),
        end(outcome) {
          if (isOpen) ended.push(outcome);
          isOpen = false;
        },
      };
    },
  };
  const { server } = await createTestServer({ ...options, deps: { ...options.deps, tracer } });
  return { server, began, ended };
}

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('the trace of a request', () => {
  test('has the route’s template and the status, and continues that of the caller', async () => {
    const { server, began, ended } = await serve();
    const headers = { authorization: `Bearer ${SERVICE_KEY}`, traceparent };
    await server.inject({ url: `/v1/users/${ADA_ID}?canary=1`, headers });
    expect(began).toEqual([
      {
        name: 'GET /v1/users/{id}',
        attributes: { 'http.request.method': 'GET', 'http.route': '/v1/users/{id}' },
        traceparent,
      },
    ]);
    expect(ended).toEqual([{ attributes: { 'http.response.status_code': 200 } }]);
  });

  test.each([
    ['a path that nothing serves', 'GET', '/v1/canary?canary=1', 'GET'],
    ['a path that another method serves', 'DELETE', '/v1/me', 'DELETE'],
    ['a method that nothing serves', 'PROPFIND', '/v1/me', 'HTTP'],
  ])('names no route for %s', async (_what, method, url, name) => {
    const { server, began, ended } = await serve();
    await server.inject({ method: method as 'GET', url });
    expect(began.map((request) => request.name)).toEqual([name]);
    expect(JSON.stringify(began)).not.toContain('canary');
    expect(began[0]?.attributes).toEqual({
      'http.request.method': name === 'HTTP' ? '_OTHER' : method,
    });
    expect(ended).toHaveLength(1);
  });

  test('is that of a failure only where the service failed', async () => {
    const { server, ended } = await serve({
      useCases: { publicKeys: () => Promise.reject(new Error('canary')) },
    });
    await server.inject({ url: '/v1/me' });
    await server.inject({ url: '/.well-known/jwks.json' });
    expect(ended).toEqual([
      { attributes: { 'http.response.status_code': 401 } },
      { attributes: { 'http.response.status_code': 500 }, errorType: '500', failed: true },
    ]);
  });

  test('ends with the connection of a client who did not wait', async () => {
    let arrived = false;
    const { server, ended } = await serve({
      useCases: {
        publicKeys: () => {
          arrived = true;
          return new Promise(() => {});
        },
      },
    });
    const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(url.port), url.hostname);
    socket.write('GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually(() => expect(arrived).toBe(true));
    socket.destroy();
    await eventually(() => expect(ended).toEqual([{ errorType: 'connection_closed' }]));
  });

  test.each(['/health/live', '/health/ready', '/health', '/metrics'])(
    'is not there for %s',
    async (url) => {
      const { server, began } = await serve();
      await server.inject({ url });
      expect(began).toEqual([]);
    },
  );

  test('is not there for the operator', async () => {
    const { server, began } = await serve({ deps: { operator: true } });
    await server.inject({ url: '/v1/service-accounts' });
    expect(began).toEqual([]);
  });
});
