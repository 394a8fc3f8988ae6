import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startFakeUserService } from '../../../test/support/fake-user-service.ts';
import { findFreePort } from '../../../test/support/free-port.ts';
import { createTemporaryDirectory } from '../../../test/support/temp-directory.ts';
import { createHttpClient } from './http-client.ts';
import { UsageError } from './io.ts';
import { type OperatorClient, reaching } from './operator-client.ts';

/** As the client package sends requests. */
function send(client: OperatorClient, path = '/health', init: RequestInit = {}) {
  return client.fetch(`${reaching(client).url}${path}`, { method: 'GET', ...init });
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function client(options: Parameters<typeof createHttpClient>[0]): OperatorClient {
  const created = createHttpClient(options);
  cleanups.push(() => created.close());
  return created;
}

async function fake(options: Parameters<typeof startFakeUserService>[0] = {}) {
  const service = await startFakeUserService(options);
  cleanups.push(() => service.stop());
  return service;
}

/** Starts a TCP server that the test controls. */
async function rawServer(onConnection: Parameters<typeof createServer>[1]): Promise<string> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describe('a request', () => {
  test('carries the key and JSON under the prefix of the URL, and returns any response', async () => {
    const service = await fake({
      answer: () => ({ status: 418, body: { a: 1 }, headers: { 'X-Some': 'thing' } }),
    });
    const key = `usk_${'k'.repeat(49)}`;
    const http = client({ url: `${service.url}/prefix/`, key });
    const answer = await send(http, '/v1/users', {
      ...{ method: 'POST', body: JSON.stringify({ b: 'ü' }) },
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(418);
    expect(answer.headers.get('x-some')).toBe('thing');
    expect(await answer.json()).toEqual({ a: 1 });
    expect(service.requests[0]).toMatchObject({
      path: '/prefix/v1/users',
      body: { b: 'ü' },
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    expect(http.describe()).toBe(`${service.url}/prefix`);
  });

  test('goes over a Unix socket', async () => {
    const directory = createTemporaryDirectory('http');
    cleanups.push(() => directory.remove());
    const socketPath = join(directory.path, 'control.sock');
    await fake({ socketPath, answer: () => ({ status: 204 }) });
    const http = client({ socketPath });
    const answer = await send(http);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    expect(http.describe()).toBe(`control socket ${socketPath}`);
  });

  test('follows no redirect', async () => {
    const service = await fake({
      answer: () => ({ status: 307, headers: { location: '/elsewhere' } }),
    });
    expect((await send(client({ url: service.url }))).status).toBe(307);
    expect(service.requests).toHaveLength(1);
  });
});

describe('no response', () => {
  test('reports that nothing listens and that nothing was sent', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    await expect(send(client({ url }))).rejects.toMatchObject({
      message: `Cannot reach ${url}: nothing listens there. Is the service running? \`user-service serve\` starts it.`,
      maybeSent: false,
    });
    const socketPath = '/nonexistent/control.sock';
    await expect(send(client({ socketPath }))).rejects.toMatchObject({
      message: expect.stringContaining(`control socket ${socketPath}: the socket does not exist`),
      maybeSent: false,
    });
  });

  test('reports a service that is too slow after the timeout', async () => {
    const url = await rawServer(() => {});
    await expect(send(client({ url, requestTimeoutMs: 30 }))).rejects.toMatchObject({
      message: `Cannot reach ${url}: no answer within 30 ms.`,
      maybeSent: true,
    });
  });

  test('reports a lost connection: the request may have been performed', async () => {
    const url = await rawServer((socket) => socket.once('data', () => socket.destroy()));
    await expect(send(client({ url }))).rejects.toMatchObject({
      message: expect.stringContaining('the connection was lost'),
      maybeSent: true,
    });
  });

  test('reports a server that does not speak HTTP', async () => {
    const url = await rawServer((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')),
    );
    await expect(send(client({ url }))).rejects.toThrow('the response is not from a user service');
    const https = url.replace('http:', 'https:');
    await expect(send(client({ url: https }))).rejects.toThrow(`Cannot reach ${https}: `);
  });
});

describe('a URL', () => {
  test.each(['nonsense', 'ftp://host', 'http://host/?a=b', 'http://host/#c', '127.0.0.1:8080'])(
    '%s is wrong usage',
    (url) => {
      expect(() => createHttpClient({ url })).toThrow(UsageError);
    },
  );

  test('with credentials is refused without repeating them', () => {
    expect(() => createHttpClient({ url: 'http://me:canary@host' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });
});
