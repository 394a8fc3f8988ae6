import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type ClientOptions, userService } from '@user-service/client';
import { build } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A client of a server that only this test has. Its pauses are short. */
async function clientOf(listener: RequestListener, options: Partial<ClientOptions> = {}) {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return userService({ url: `http://127.0.0.1:${port}`, firstDelayMs: 1, ...options });
}

const REGISTRATION = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  password: 'correct horse battery staple 7',
};

describe('a connection that ends', () => {
  test('after the work was done: the repetition has the key, and the user exists once', async () => {
    const answers = new Map<string, string>();
    const client = await clientOf((request, response) => {
      const key = String(request.headers['idempotency-key']);
      const replayed = answers.has(key);
      const body = answers.get(key) ?? JSON.stringify({ id: `user-${answers.size}` });
      answers.set(key, body);
      if (!replayed) return request.socket.destroy();
      response.writeHead(201, {
        'content-type': 'application/json',
        'idempotent-replayed': 'true',
      });
      response.end(body);
    });
    expect(await client.users.register(REGISTRATION)).toMatchObject({
      ok: true,
      data: { id: 'user-0' },
      info: { attempts: 2, replayed: true, maybeRepeated: true },
    });
    expect(answers.size).toBe(1);
  });

  test('in the middle of the body is no response', async () => {
    let requests = 0;
    const client = await clientOf((request, response) => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":', () => request.socket.destroy());
    });
    expect(await client.me.get({ retries: 1 })).toMatchObject({
      problem: { code: 'network_error' },
    });
    expect(requests).toBe(2);
  });
});

test('a body that stops ends at the deadline of the whole call', async () => {
  const client = await clientOf((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"id":');
  });
  expect(await client.me.get({ timeoutMs: 100 })).toMatchObject({
    ok: false,
    problem: { code: 'deadline_exceeded' },
  });
});

test('a redirect is not followed: it would carry the key to another server', async () => {
  const paths: (string | undefined)[] = [];
  const client = await clientOf(
    ({ url }, response) => {
      paths.push(url);
      response.writeHead(307, { location: '/elsewhere' });
      response.end();
    },
    { key: 'usk_test' },
  );
  expect(await client.me.get()).toMatchObject({
    problem: { code: 'invalid_response', status: 307 },
  });
  expect(paths).toEqual(['/v1/me']);
});

test('the page of a proxy with status 503 is repeated where that is safe', async () => {
  let requests = 0;
  const client = await clientOf((_request, response) => {
    requests += 1;
    if (requests === 1) {
      response.writeHead(503, { 'content-type': 'text/html' });
      return response.end('<h1>503 Service Unavailable</h1>');
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"id":"u"}');
  });
  expect(await client.me.get()).toMatchObject({ ok: true, data: { id: 'u' } });
});

test('a server that is away: nothing was sent', async () => {
  const client = await clientOf(() => {});
  for (const cleanup of cleanups.splice(0)) cleanup();
  expect(await client.me.get({ retries: 1 })).toMatchObject({
    problem: { code: 'network_error', status: 0 },
    info: { attempts: 2, maybeRepeated: false },
  });
});

test('the entry is for every runtime: a bundle for browsers has no module of Node.js', async () => {
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../../../packages/client/src/index.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.length).toBeGreaterThan(5);
  expect(inputs.filter((path) => !path.includes('packages/client/src/'))).toEqual([]);
});
