import type { LookupAddress } from 'node:dns';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCertificates } from '../../../test/support/certificates.ts';
import { createHttpTransport, type TransportSettings } from './http-transport.ts';
import { createReceiverAddresses } from './receiver-addresses.ts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const clock = { now: () => new Date('2026-11-05T09:30:00Z') };
const TIMEOUT_MS = 400;

function createTransport(settings: Partial<TransportSettings> & { networks?: string[] } = {}) {
  const { networks = LOOPBACK, ...rest } = settings;
  const addresses = createReceiverAddresses(networks);
  const transport = createHttpTransport({
    ...{ addresses, allowHttp: true, timeoutMs: 5_000, clock },
    ...rest,
  });
  onTestFinished(() => transport.close());
  return (url: string, timeoutMs = 5_000) =>
    transport.send(
      { url, headers: { 'webhook-id': 'x' }, body: '{}' },
      AbortSignal.timeout(timeoutMs),
    );
}

/** @returns the port, and how many connections came */
async function listen(onRequest: RequestListener) {
  const server = createServer(onRequest);
  let count = 0;
  server.on('connection', () => {
    count += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => count };
}

/** A receiver that speaks bytes instead of HTTP. */
async function listenRaw(onSocket: (socket: Socket, bytes: Buffer) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', (bytes: Buffer) => onSocket(socket, bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const resolvesTo =
  (...answers: LookupAddress[][]) =>
  (_name: string, _options: unknown, done: (error: null, found: LookupAddress[]) => void) =>
    done(null, answers.length > 1 ? (answers.shift() ?? []) : (answers[0] ?? []));
const asLookup = (lookup: ReturnType<typeof resolvesTo>) =>
  lookup as unknown as NonNullable<TransportSettings['lookup']>;
const v4 = (address: string): LookupAddress => ({ address, family: 4 });

describe('where requests go', () => {
  test.each([
    ...['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '0', '[::1]', '[::]'],
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', 'localhost'],
  ])('no connection is opened to %s', async (host) => {
    const { port, connections } = await listen((_, response) => response.end());
    const send = createTransport({ networks: [] });
    await expect(send(`http://${host}:${port}/`)).rejects.toThrow('not of the public internet');
    expect(connections()).toBe(0);
  });

  test('a name with one internal address among others is refused', async () => {
    const { port, connections } = await listen((_, response) => response.end());
    const lookup = asLookup(resolvesTo([v4('127.0.0.1'), v4('10.0.0.1')]));
    const send = createTransport({ networks: ['127.0.0.1/32'], lookup });
    await expect(send(`http://hooks.example.com:${port}/`)).rejects.toThrow('public internet');
    expect(connections()).toBe(0);
  });

  test('a name that has an internal address the next time is refused then', async () => {
    const { port, connections } = await listen((_, response) =>
      response.writeHead(200, { connection: 'close' }).end(),
    );
    const lookup = asLookup(resolvesTo([v4('127.0.0.1')], [v4('127.0.0.2')]));
    const send = createTransport({ networks: ['127.0.0.1/32'], lookup });
    const url = `http://rebinding.example.com:${port}/`;
    expect((await send(url)).status).toBe(200);
    await expect(send(url)).rejects.toThrow('public internet');
    expect(connections()).toBe(1);
  });

  test('a port that is not usual is for listed networks', async () => {
    const lookup = asLookup(resolvesTo([v4('1.1.1.1')]));
    const send = createTransport({ lookup });
    await expect(send('https://hooks.example.com:9200/')).rejects.toThrow('port of the receiver');
  });

  test('http needs its setting, also for an endpoint that was created with it', async () => {
    const { port, connections } = await listen((_, response) => response.end());
    const send = createTransport({ allowHttp: false });
    await expect(send(`http://127.0.0.1:${port}/`)).rejects.toThrow('webhooks.allow_http');
    expect(connections()).toBe(0);
  });

  test('a redirect is a response like any other', async () => {
    const target = await listen((_, response) => response.end());
    const { port } = await listen((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end(),
    );
    expect((await createTransport()(`http://127.0.0.1:${port}/`)).status).toBe(302);
    expect(target.connections()).toBe(0);
  });

  test('a receiver without TLS gets no request', async () => {
    let firstBytes = '';
    const port = await listenRaw((socket, bytes) => {
      firstBytes = bytes.toString('latin1');
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    await expect(createTransport()(`https://127.0.0.1:${port}/`)).rejects.toThrow('TLS handshake');
    expect(firstBytes).not.toContain('webhook-id');
  });
});

test('https reaches a receiver by its name, and refuses the certificate of another', async () => {
  const { ca, server, serverOfOtherHost, remove } = await createCertificates();
  onTestFinished(remove);
  const portOf = async ({ certificate, privateKey }: typeof server) => {
    const receiver = createTlsServer({ cert: certificate, key: privateKey }, (_, response) =>
      response.end('seen'),
    );
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    return (receiver.address() as AddressInfo).port;
  };
  const send = createTransport({ ca: ca.certificate });
  const [right, wrong] = [await portOf(server), await portOf(serverOfOtherHost)];
  for (const host of ['localhost', '127.0.0.1']) {
    expect(await send(`https://${host}:${right}/`)).toMatchObject({ status: 200, excerpt: 'seen' });
    await expect(send(`https://${host}:${wrong}/`)).rejects.toThrow('TLS handshake');
  }
  const untrusting = createTransport();
  await expect(untrusting(`https://localhost:${right}/`)).rejects.toThrow('TLS handshake');
});

describe('what a receiver answers', () => {
  test('the status, the start of the body without control characters, and Retry-After', async () => {
    const { port } = await listen((_, response) =>
      response.writeHead(503, { 'retry-after': '120' }).end(`a\u0000b\r\n${'c'.repeat(5_000)}`),
    );
    const answer = await createTransport()(`http://127.0.0.1:${port}/`);
    expect(answer).toMatchObject({ status: 503, retryAfterMs: 120_000 });
    expect(answer.excerpt).toMatch(/^a b c+$/);
    expect(answer.excerpt.length).toBeLessThanOrEqual(1_024);
  });

  test('Retry-After may be a date', async () => {
    const at = new Date(clock.now().getTime() + 90_000).toUTCString();
    const { port } = await listen((_, response) =>
      response.writeHead(429, { 'retry-after': at }).end(),
    );
    expect((await createTransport()(`http://127.0.0.1:${port}/`)).retryAfterMs).toBe(90_000);
  });

  test('an endless body is left after its bound', async () => {
    let sent = 0;
    const { port } = await listen((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => {
        sent += 16_384;
        response.write('x'.repeat(16_384));
      }, 1);
      response.on('close', () => clearInterval(timer));
    });
    expect((await createTransport()(`http://127.0.0.1:${port}/`)).status).toBe(200);
    expect(sent).toBeLessThan(4 * 1024 * 1024);
  });

  test('a complete response counts although the connection stays open', async () => {
    const port = await listenRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok');
    });
    expect(await createTransport()(`http://127.0.0.1:${port}/`)).toMatchObject({
      ...{ status: 200, excerpt: 'ok' },
    });
  });

  test.each([
    ['that never answers', () => {}],
    ['that sends its headers byte by byte', drip('HTTP/1.1 200 OK\r\nx-slow: 1234567890\r\n\r\n')],
    [
      'that sends its body byte by byte',
      drip('', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n'),
    ],
  ] as const)('a receiver %s is left at the end of the time', async (_, onSocket) => {
    const port = await listenRaw(onSocket);
    await expect(createTransport()(`http://127.0.0.1:${port}/`, TIMEOUT_MS)).rejects.toThrow();
  });
});

/** Sends one byte each 30 ms: no pause is as long as a timeout between bytes. */
function drip(text: string, first = '') {
  return (socket: Socket): void => {
    if (first !== '') socket.write(first);
    let place = 0;
    const timer = setInterval(() => {
      socket.write(text[place] ?? 'x');
      place += 1;
    }, 30);
    socket.on('close', () => clearInterval(timer));
  };
}
