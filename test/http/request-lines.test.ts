import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createServiceLog } from '../../src/infrastructure/logging/service-log.ts';
import { ADA_TOKEN, ada } from './support/fake-use-cases.ts';
import { connectTo, listen, statusesIn, talk } from './support/raw-client.ts';
import type { TestServerOptions } from './support/test-server.ts';

const KEYS = '/.well-known/jwks.json';
const get = (path: string, ...more: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: x', ...more].join('\r\n')}\r\n\r\n`;

interface Write {
  readonly text: string;
  /** Bytes that the server had handed to the connections of its clients. */
  readonly answered: number;
}

/** A server with the log of production, which records what its clients had received at each write. */
async function serve(options: TestServerOptions = {}) {
  const writes: Write[] = [];
  const sockets: Socket[] = [];
  const { logger, requestLog } = createServiceLog({
    level: 'info',
    format: 'json',
    destination: {
      write(text) {
        const answered = sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
        writes.push({ text, answered });
      },
    },
  });
  const listening = await listen({ ...options, deps: { ...options.deps, logger, requestLog } });
  listening.server.server.on('connection', (socket: Socket) => sockets.push(socket));
  return { ...listening, writes };
}

describe('the line of a request', () => {
  test.each([
    ['a success', KEYS, 200],
    ['a rejection', '/v1/me', 401],
    ['an unknown path', '/v1/canary', 404],
    ['a target that is no URI', '/v1/%zz', 400],
  ])('is written before the response of %s leaves', async (_what, path, status) => {
    const { port, writes } = await serve();
    const received = await talk(port, get(path, 'Connection: close'));
    expect(statusesIn(received)).toEqual([status]);
    expect(writes.map(({ answered }) => answered)).toEqual([0]);
    expect(JSON.parse(writes[0]?.text ?? '')).toMatchObject({ message: 'request', status });
  });

  test('is written with those of the other requests that are ready in this turn', async () => {
    const waiting: (() => void)[] = [];
    const { port, writes } = await serve({
      useCases: {
        access: {
          publicKeys: () =>
            new Promise((resolve) => {
              waiting.push(() => resolve({ keys: [], isCurrent: true }));
              if (waiting.length === 5) for (const release of waiting) release();
            }),
        },
      },
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectTo(port)));
    const answers = clients.map((client) => once(client, 'data'));
    for (const client of clients) client.write(get(KEYS));
    const texts = (await Promise.all(answers)).map(([chunk]) => String(chunk));
    expect(texts.flatMap(statusesIn)).toEqual([200, 200, 200, 200, 200]);
    expect(writes.map(({ answered }) => answered)).toEqual([0]);
    const lines = writes[0]?.text.trimEnd().split('\n') ?? [];
    const logged = lines.map((line) => JSON.parse(line).request_id as string);
    const shown = texts.map((text) => /x-request-id: (\S+)/i.exec(text)?.[1] ?? '');
    expect(logged.sort()).toEqual(shown.sort());
    for (const client of clients) client.destroy();
  });

  test('is one, and the service goes on, when the response cannot be sent', async () => {
    const { port, writes } = await serve({
      useCases: { users: { register: async () => ({ user: { ...ada, id: 'not\r\na header' } }) } },
    });
    const body = JSON.stringify({
      first_name: 'Ada',
      last_name: 'L',
      email: 'ada@example.com',
      password: 'x'.repeat(15),
    });
    const head = `POST /v1/users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const failed = await talk(port, `${head}${body}`);
    expect(statusesIn(failed)).toEqual([500]);
    const lines = writes
      .flatMap(({ text }) => text.trimEnd().split('\n'))
      .map((line) => JSON.parse(line));
    expect(lines.map(({ message }) => message)).toEqual(['request', 'request failed']);
    expect(lines[0].request_id).toBe(lines[1].request_id);
    const next = await talk(
      port,
      get('/v1/me', `Authorization: Bearer ${ADA_TOKEN}`, 'Connection: close'),
    );
    expect(statusesIn(next)).toEqual([200]);
  });
});
