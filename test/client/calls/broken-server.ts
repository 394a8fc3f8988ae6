import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, userService } from '@user-service/client';
import { onTestFinished } from 'vitest';

export type Handler = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

/** A server with these answers, one for each attempt; the last one repeats. It has received each request as a whole. */
export async function serve(...handlers: readonly [Handler, ...Handler[]]) {
  const received: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const attempt = received.push(request);
    request.resume();
    request.once('end', () => {
      (handlers[attempt - 1] ?? handlers.at(-1))?.(request, response, attempt);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  const pauses: number[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = {
    ...{ url, key: 'usk_key', random: () => 0 },
    sleep: async (ms: number) => void pauses.push(ms),
  };
  const open = (options: Partial<ClientOptions> = {}) => userService({ ...settings, ...options });
  return { received, pauses, url, settings, open };
}

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) =>
    response
      .writeHead(status, {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        ...headers,
      })
      .end(JSON.stringify(body));

export const problem = (
  status: number,
  code: string,
  headers?: Readonly<Record<string, string>>,
): Handler => json(status, { code, status, detail: `It is ${code}.`, request_id: 'r' }, headers);

/** Ends the connection without a response. */
export const cut: Handler = (request) => request.socket.destroy();
