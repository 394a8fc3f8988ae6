import { type AddressInfo, connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createFakeUseCases } from './support/fake-use-cases.ts';
import { createTestServer, type TestServerOptions } from './support/test-server.ts';

/** Longer than the timeouts of the server and the interval between its checks. */
const RESPONSE_DEADLINE_MS = 8_000;

async function listen(options: TestServerOptions = {}) {
  const { server, lines } = await createTestServer(options);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return { port, lines, server };
}

/** Sends bytes and returns all received bytes when the server closes the connection. */
function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(RESPONSE_DEADLINE_MS, () => socket.destroy(new Error('no response in time')));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

function parse(response: string) {
  const [head = '', body = ''] = response.split('\r\n\r\n', 2);
  return {
    status: Number(head.split(' ', 2)[1]),
    head: head.toLowerCase(),
    problem: JSON.parse(body),
  };
}

describe('input that never becomes a request', () => {
  test.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['an unknown method', 'FOO /unknown HTTP/1.1\r\nHost: x\r\n\r\n', 404, 'not_found'],
    [
      'two lengths',
      'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
      400,
      'malformed_request',
    ],
    [
      'a length beside chunks',
      'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'malformed_request',
    ],
    [
      'headers beyond 16 KiB',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('%s gets a problem document', async (_name, bytes, status, code) => {
    const { port, lines } = await listen();
    const response = parse(await talk(port, bytes));
    expect([response.status, response.problem.status, response.problem.code]).toEqual([
      status,
      status,
      code,
    ]);
    expect(response.head).toContain('content-type: application/problem+json');
    expect(response.head).toContain(`x-request-id: ${response.problem.request_id}`);
    expect(response.head).toContain('connection: close');
    expect(lines.map(({ fields }) => fields.code)).toEqual([code]);
  });

  test('a request without Host is 400', async () => {
    const { port } = await listen();
    expect(await talk(port, 'GET /health/live HTTP/1.1\r\n\r\n')).toContain(' 400 ');
  });
});

describe('slow and long connections', () => {
  test('slow headers end in 408', async () => {
    const { port } = await listen({ settings: { headersTimeoutMs: 100, requestTimeoutMs: 5_000 } });
    const response = parse(await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n'));
    expect([response.status, response.problem.code]).toEqual([408, 'request_timeout']);
  });

  test('a body that never arrives ends in 408', async () => {
    const { port } = await listen({ settings: { headersTimeoutMs: 100, requestTimeoutMs: 300 } });
    const response = parse(
      await talk(
        port,
        'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      ),
    );
    expect([response.status, response.problem.code]).toEqual([408, 'request_timeout']);
  });

  test('connections beyond the limit are closed at once', async () => {
    const { port } = await listen({ settings: { maxConnections: 1 } });
    const first = connect(port, '127.0.0.1');
    await new Promise((resolve) => first.once('connect', resolve));
    const dropped = await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n').catch(
      () => '',
    );
    expect(dropped).toBe('');
    first.destroy();
  });

  test('while the server drains, an open connection gets its response and is closed', async () => {
    const { port } = await listen({ deps: { isDraining: () => true } });
    const response = await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(response).toContain(' 200 ');
    expect(response.toLowerCase()).toContain('connection: close');
  });

  test('a request in progress gets its response when the server closes', async () => {
    let reach = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let draining = false;
    const { port, server } = await listen({
      deps: { isDraining: () => draining },
      useCases: {
        checkHealth: async () => {
          reach();
          await released;
          return createFakeUseCases().checkHealth();
        },
      },
    });
    const received = talk(port, 'GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n');
    await reached;
    draining = true;
    const closed = server.close();
    release();
    const response = await received;
    expect(response).toContain(' 200 ');
    expect(response.toLowerCase()).toContain('connection: close');
    await closed;
  });

  test('a response that waits for its log line when the server closes ends its connection', async () => {
    let reach = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    let writeLine = () => {};
    let draining = false;
    const { port, server } = await listen({
      settings: { requestTimeoutMs: 2 * RESPONSE_DEADLINE_MS },
      deps: {
        isDraining: () => draining,
        requestLog: {
          write(_fields, answer) {
            writeLine = answer;
            reach();
          },
        },
      },
    });
    const received = talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await reached;
    draining = true;
    const closed = server.close();
    writeLine();
    const response = await received;
    expect(response).toContain(' 200 ');
    expect(response.toLowerCase()).toContain('connection: close');
    await closed;
  });
});
