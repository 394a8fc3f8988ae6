import { type AddressInfo, connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createFakeUseCases } from './support/fake-use-cases.ts';
import { createTestServer, type TestServerOptions } from './support/test-server.ts';

/** Longer than the server's own timeouts and the interval at which it looks at them. */
const ANSWER_DEADLINE_MS = 8_000;

async function listen(options: TestServerOptions = {}) {
  const { server, lines } = await createTestServer(options);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return { port, lines, server };
}

/** Sends bytes and gives everything that comes back until the server closes. */
function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(ANSWER_DEADLINE_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

function parse(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return {
    status: Number(head.split(' ', 2)[1]),
    head: head.toLowerCase(),
    problem: JSON.parse(body),
  };
}

describe('what never becomes a request', () => {
  test.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['a method that is none', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed_request'],
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
  ])('%s is answered with a problem document', async (_name, bytes, status, code) => {
    const { port, lines } = await listen();
    const answer = parse(await talk(port, bytes));
    expect([answer.status, answer.problem.status, answer.problem.code]).toEqual([
      status,
      status,
      code,
    ]);
    expect(answer.head).toContain('content-type: application/problem+json');
    expect(answer.head).toContain(`x-request-id: ${answer.problem.request_id}`);
    expect(answer.head).toContain('connection: close');
    expect(lines.map(({ fields }) => fields.code)).toEqual([code]);
  });

  test('a request without Host is 400', async () => {
    const { port } = await listen();
    expect(await talk(port, 'GET /health/live HTTP/1.1\r\n\r\n')).toContain(' 400 ');
  });
});

describe('slow and long connections', () => {
  test('headers that trickle end in 408', async () => {
    const { port } = await listen({ settings: { headersTimeoutMs: 100, requestTimeoutMs: 5_000 } });
    const answer = parse(await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n'));
    expect([answer.status, answer.problem.code]).toEqual([408, 'request_timeout']);
  });

  test('a body that never comes ends in 408', async () => {
    const { port } = await listen({ settings: { headersTimeoutMs: 100, requestTimeoutMs: 300 } });
    const answer = parse(
      await talk(
        port,
        'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      ),
    );
    expect([answer.status, answer.problem.code]).toEqual([408, 'request_timeout']);
  });

  test('connections beyond the cap are closed at once', async () => {
    const { port } = await listen({ settings: { maxConnections: 1 } });
    const first = connect(port, '127.0.0.1');
    await new Promise((resolve) => first.once('connect', resolve));
    const dropped = await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n').catch(
      () => '',
    );
    expect(dropped).toBe('');
    first.destroy();
  });

  test('while it drains, an open connection gets its answer and is closed', async () => {
    const { port } = await listen({ deps: { isDraining: () => true } });
    const answer = await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toContain(' 200 ');
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  test('a request that is under way when the server closes gets its answer', async () => {
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
    const answered = talk(port, 'GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n');
    await reached;
    draining = true;
    const closed = server.close();
    release();
    const answer = await answered;
    expect(answer).toContain(' 200 ');
    expect(answer.toLowerCase()).toContain('connection: close');
    await closed;
  });
});
