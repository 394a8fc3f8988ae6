import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { type PreparedPassword, preparePassword } from '../../domain/user/password.ts';
import { createPwnedPasswords } from './pwned-passwords.ts';

const password = preparePassword('quiet otter sings at dawn 42') as PreparedPassword;
const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
const suffix = hash.slice(5);
const other = `${'0'.repeat(34)}A`;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server that records every byte it receives. */
async function useApi(handle: Handler, settings: { timeoutMs?: number; path?: string } = {}) {
  const wire: Buffer[] = [];
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handle(request, response);
  });
  server.on('connection', (socket) => {
    socket.on('data', (part: Buffer) => wire.push(part));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let nowMs = 0;
  const logger = createRecordingLogger();
  const passwords = createPwnedPasswords(
    {
      url: `http://127.0.0.1:${port}${settings.path ?? ''}`,
      timeoutMs: settings.timeoutMs ?? 5_000,
      failOpen: true,
    },
    { logger, monotonicMs: () => nowMs },
  );
  onTestFinished(async () => {
    await passwords.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    passwords,
    requests,
    logger,
    port,
    sent: () => Buffer.concat(wire).toString('latin1'),
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

function respondWith(body: string, status = 200): Handler {
  return (_request, response) => response.writeHead(status).end(body);
}

describe('the range API of breached passwords', () => {
  it('gets no request from warm, and serves the first look-up after it', async () => {
    const { passwords, requests } = await useApi(respondWith(`${suffix}:3\r\n`));
    passwords.warm();
    passwords.warm();
    expect(requests).toHaveLength(0);
    expect(await passwords.lookUp(password)).toEqual({ checked: true, count: 3 });
    expect(requests).toHaveLength(1);
  });

  it('gets a padding request with five hex digits of the hash: no whole hash, no password', async () => {
    const api = await useApi(respondWith(`${other}:1\r\n${suffix}:52\r\n`), { path: '/mirror/' });
    expect(await api.passwords.lookUp(password)).toEqual({ checked: true, count: 52 });
    expect(api.requests.map(({ method, url }) => [method, url])).toEqual([
      ['GET', `/mirror/range/${hash.slice(0, 5)}`],
    ]);
    expect(api.requests[0]?.headers['add-padding']).toBe('true');
    expect(api.sent()).not.toMatch(/[0-9a-f]{40}/i);
    expect(api.sent().toUpperCase()).not.toContain(suffix.slice(0, 6));
    expect(api.sent()).not.toMatch(/otter|quiet/);
  });

  it.each([
    ['is not in the response', `${other}:3\r\n`, 0],
    ['is padding, with the count 0', `${other}:3\r\n${suffix}:0\r\n`, 0],
    ['is listed in lower case, with line feeds only', `${suffix.toLowerCase()}:7\n${other}:3`, 7],
  ])('returns the count when the password %s', async (_what, body, count) => {
    const { passwords } = await useApi(respondWith(body));
    expect(await passwords.lookUp(password)).toEqual({ checked: true, count });
    const known = count > 0 ? 1 : 0;
    expect(passwords.lookUps()).toEqual({ known, unknown: 1 - known, unchecked: 0 });
  });

  const badResponses: [string, Handler][] = [
    ['has the status 500', respondWith('', 500)],
    ['has the status 429', respondWith('slow down', 429)],
    ['redirects', (_, response) => response.writeHead(302, { location: '/range/00000' }).end()],
    ['is a page of a proxy', respondWith('<html>Sign in to the network</html>')],
    ['is empty', respondWith('')],
    ['mixes valid and invalid lines', respondWith(`${suffix}:5\r\nnonsense\r\n`)],
    ['ends in the middle of a line', respondWith(`${other}:5\r\n${suffix.slice(0, 20)}`)],
    [
      'is endless',
      (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(`${other}:5\r\n`.repeat(1_000)));
        };
        response.on('drain', more);
        more();
      },
    ],
    [
      'breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100000' });
        response.write(`${other}:5\r\n`, () => response.destroy());
      },
    ],
    ['closes the connection', (request) => request.socket.destroy()],
    ['is not HTTP', (request) => request.socket.end('no HTTP at all\r\n\r\n')],
  ];

  it.each(badResponses)(
    'leaves the password unchecked when the response %s',
    async (_what, handle) => {
      const { passwords, logger, requests } = await useApi(handle);
      expect(await passwords.lookUp(password)).toEqual({ checked: false });
      expect(passwords.lookUps()).toEqual({ known: 0, unknown: 0, unchecked: 1 });
      expect(requests).toHaveLength(1);
      expect(logger.lines).toMatchObject([{ level: 'warn' }]);
      expect(JSON.stringify(logger.lines)).not.toContain(hash.slice(0, 5));
    },
  );

  it.each<[string, Handler]>([
    ['never begins', () => {}],
    ['never ends', (_, response) => void response.writeHead(200).write(`${suffix}:5\r\n`)],
  ])(
    'leaves the password unchecked at the deadline when the response %s',
    async (_what, handle) => {
      const { passwords } = await useApi(handle, { timeoutMs: 100 });
      expect(await passwords.lookUp(password)).toEqual({ checked: false });
    },
  );

  it('gets no request while the circuit breaker is open, and a probe after 5 s', async () => {
    let broken = true;
    const { passwords, requests, wait } = await useApi((request, response) =>
      respondWith(broken ? 'no' : `${suffix}:9`)(request, response),
    );
    for (let call = 0; call < 10; call += 1) await passwords.lookUp(password);
    expect(requests).toHaveLength(5);
    expect(passwords.breaker()).toBe('open');
    expect(passwords.lookUps()).toMatchObject({ unchecked: 10 });
    broken = false;
    wait(5_000);
    expect(await passwords.lookUp(password)).toEqual({ checked: true, count: 9 });
    expect(passwords.breaker()).toBe('closed');
  });
});
