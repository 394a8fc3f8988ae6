import { onTestFinished } from 'vitest';
import type { Answer, Api } from '../../support/api.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { cheapHashing } from '../support.ts';

/** The address of the proxy through which all clients of these tests come. */
const PROXY = '10.0.0.1';

/** A service with its limits, behind a proxy that names the client. */
export const limited = {
  ...cheapHashing,
  PASSWORD_HASHING_WAIT: '30s',
  SERVER_REQUEST_DEADLINE: '60s',
  SERVER_REQUEST_TIMEOUT: '60s',
  LIMITS_ENABLED: 'true',
  SERVER_TRUSTED_PROXIES: `${PROXY}/32`,
};

/** A private Redis that ends with the test. */
export async function useRedis(): Promise<RedisServer> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
}

export function redisEnvironment(server: Pick<RedisServer, 'host' | 'port'>) {
  return { REDIS_HOST: server.host, REDIS_PORT: String(server.port) };
}

/** Sends a request of a client that the proxy names. */
export function sendFrom(
  { app }: Pick<Api, 'app'>,
  address: string,
  path: string,
  payload: object,
): Promise<Answer> {
  return app.http.inject({
    method: 'POST',
    url: path,
    remoteAddress: PROXY,
    headers: { 'x-forwarded-for': address },
    payload,
  });
}

/** Addresses of different networks: no two share a /24 or a /48. */
export function addressOf(number: number): string {
  return number % 2 === 0
    ? `203.${number >> 8}.${number & 255}.9`
    : `2001:db8:${number.toString(16)}::9`;
}

/** Sends `count` requests, of which `parallel` are under way, and counts the answers by their status. */
export function startGuesses(
  count: number,
  parallel: number,
  send: (number: number) => Promise<Answer>,
) {
  const statuses = new Map<number, number>();
  let sent = 0;
  let answered = 0;
  let waiting: { readonly at: number; readonly resolve: () => void }[] = [];

  async function sendNext(): Promise<void> {
    while (sent < count) {
      sent += 1;
      const { statusCode } = await send(sent);
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
      answered += 1;
      for (const { at, resolve } of waiting) if (answered >= at) resolve();
      waiting = waiting.filter(({ at }) => answered < at);
    }
  }

  const done = Promise.all(Array.from({ length: parallel }, sendNext));
  return {
    statuses,
    done,
    /** Resolves when this many requests were answered. */
    answered: (number: number) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ at: Math.min(number, count), resolve });
        if (answered >= Math.min(number, count)) resolve();
        done.catch(reject);
      }),
  };
}
