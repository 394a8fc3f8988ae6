import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { HttpDeps } from '../../src/interfaces/http/server/server.ts';
import { eventually } from '../support/eventually.ts';
import { createSilentLogger } from '../support/logger.ts';
import { ADA_ID, SERVICE_KEY } from './support/fake-use-cases.ts';
import { createTestServer, type TestServerOptions } from './support/test-server.ts';

type Tracer = NonNullable<HttpDeps['tracer']>;
type Began = Parameters<Tracer['begin']>[0];
type Ended = Parameters<ReturnType<Tracer['begin']>['end']>[0];

/** A server with a recording tracer. */
async function serve(options: TestServerOptions = {}) {
  const entered = new AsyncLocalStorage<Began>();
  const began: Began[] = [];
  const ended: Ended[] = [];
  const tracer: Tracer = {
    begin(request) {
      began.push(request);
      let isOpen = true;
      return {
        run: (work) => entered.run(request, work),
        end(outcome) {
          if (isOpen) ended.push(outcome);
          isOpen = false;
        },
      };
    },
  };
  const { server } = await createTestServer({ ...options, deps: { ...options.deps, tracer } });
  return { server, began, ended, entered };
}

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('the trace of a request', () => {
  test('has the route template and the status, and continues the trace of the caller', async () => {
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
    ['an unknown path', 'GET', '/v1/canary?canary=1', 'GET'],
    ['a path with another method', 'DELETE', '/v1/me', 'DELETE'],
    ['an unknown method', 'PROPFIND', '/v1/me', 'HTTP'],
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

  test('is a failure only if the service failed', async () => {
    const { server, ended } = await serve({
      useCases: { access: { publicKeys: () => Promise.reject(new Error('canary')) } },
    });
    await server.inject({ url: '/v1/me' });
    await server.inject({ url: '/.well-known/jwks.json' });
    expect(ended).toEqual([
      { attributes: { 'http.response.status_code': 401 } },
      { attributes: { 'http.response.status_code': 500 }, errorType: '500', failed: true },
    ]);
  });

  test('includes the use case of a late body, and the log line', async () => {
    const seen: (string | undefined)[] = [];
    const see = () => void seen.push(entered.getStore()?.name);
    const { server, began, entered } = await serve({
      useCases: { sessions: { signIn: async () => Promise.reject(see()) } },
      deps: { logger: { ...createSilentLogger(), info: see } },
    });
    const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const body = JSON.stringify({ email: 'ada@example.com', password: 'x'.repeat(15) });
    const socket = connect(Number(url.port), url.hostname);
    socket.write(
      `POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    await eventually(() => expect(began).toHaveLength(1));
    socket.write(body);
    await eventually(() => expect(seen).toEqual(['POST /v1/sessions', 'POST /v1/sessions']));
    socket.destroy();
  });

  test('includes its own log line among pipelined requests', async () => {
    const lines: unknown[] = [];
    let release = (): void => {};
    const { server, entered } = await serve({
      useCases: {
        access: {
          publicKeys: () =>
            new Promise((resolve) => {
              release = () => resolve({ keys: [], isCurrent: true });
            }),
        },
      },
      deps: {
        logger: {
          ...createSilentLogger(),
          info: (_message, fields) => void lines.push([fields?.route, entered.getStore()?.name]),
        },
      },
    });
    const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(url.port), url.hostname);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
    const keys = '/.well-known/jwks.json';
    socket.write(`${get(keys)}${get('/v1/me')}${get('/v1/sessions')}`);
    await eventually(() => {
      release();
      expect(lines).toHaveLength(3);
    });
    // The line is written when the response is ready, which is not the order of the requests.
    expect(lines).toHaveLength(3);
    expect(lines).toEqual(
      expect.arrayContaining([
        [keys, `GET ${keys}`],
        ['/v1/me', 'GET /v1/me'],
        ['/v1/sessions', 'GET /v1/sessions'],
      ]),
    );
    socket.destroy();
  });

  test('ends when the client disconnects', async () => {
    let arrived = false;
    const { server, ended } = await serve({
      useCases: {
        access: {
          publicKeys: () => {
            arrived = true;
            return new Promise(() => {});
          },
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
    'is absent for %s',
    async (url) => {
      const { server, began } = await serve();
      await server.inject({ url });
      expect(began).toEqual([]);
    },
  );

  test('is absent for the operator', async () => {
    const { server, began } = await serve({ deps: { operator: true } });
    await server.inject({ url: '/v1/service-accounts' });
    expect(began).toEqual([]);
  });
});
